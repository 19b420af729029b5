"""A closed account as programs and browsers meet it."""

import re

import pytest

from cupbearer.testing import Client

DAYS = 7 * 24 * 3600


@pytest.fixture
def cupbearer_settings() -> dict[str, str]:
    return {"CUPBEARER_DELETION_GRACE_DAYS": "7"}


def test_a_program_closes_is_told_and_takes_back(client: Client) -> None:
    ann = client.as_user(username="ann")
    closed = ann.delete("/users/me")
    assert (closed.status, closed.json) == (202, {"deletes_at": int(client.clock.now) + DAYS})
    assert ann.get("/users/me").status == 401
    refused = ann.log_in()
    assert (refused.status, refused.code) == (403, "account_closed")
    assert refused.json["deletes_at"] == closed.json["deletes_at"]
    assert "22 Jan 2027" in refused.json["detail"]
    token = {"restore_token": refused.json["restore_token"]}
    assert client.post("/account-restorations", json=token).status == 204
    assert client.post("/account-restorations", json=token).code == "invalid_restore_token"
    assert ann.log_in().status == 201
    assert "deletes_at" not in ann.get("/users/me").json["user"]


def test_a_browser_is_shown_until_when_and_a_button(client: Client) -> None:
    """Without script: the button's form holds the token, and no URL does (BR-1)."""
    ann = client.as_user(username="ann")
    ann.delete("/users/me")
    token = ann.log_in().json["restore_token"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    shown = client.post("/restore-account", body=f"restore_token={token}".encode(), headers=form)
    page = shown.body.decode()
    assert shown.status == 403
    assert "22 Jan 2027" in page
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert client.post("/restore-account", body=b"keep=yes&restore_token=x", headers=form).status == 400
    assert ann.log_in().code == "account_closed"
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    done = client.post("/restore-account", body=body.encode(), headers=form)
    assert (done.status, "open again" in done.body.decode()) == (200, True)
    assert ann.log_in().status == 201


def test_operators_see_a_closed_account_and_close_one(client: Client) -> None:
    boss, ann = client.as_user(["users:read", "users:write"]), client.as_user(username="ann")
    closed = boss.delete(f"/users/{ann.user_id}")
    assert (closed.status, closed.json) == (202, {"deletes_at": int(client.clock.now) + DAYS})
    shown = boss.get(f"/users/{ann.user_id}").json["user"]
    listed = next(each for each in boss.get("/users").json["users"] if each["user_id"] == ann.user_id)
    assert shown == listed
    assert (shown["disabled"], shown["deletes_at"]) == (True, closed.json["deletes_at"])
    assert ann.log_in().code == "invalid_credentials"  # not the person's to take back
