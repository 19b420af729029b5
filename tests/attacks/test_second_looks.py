"""Ways in that a second look found: each was open once."""

from dataclasses import replace

import pytest

from chalicelib.accounts.administration import Authority
from chalicelib.sessions.session import AccountRecords, SessionRequest
from chalicelib.store import StoreUnavailable, Write
from cupbearer.testing import SOURCE, AppUnderTest, Client

WRONG = "not the pass phrase"


def test_a_disabled_operator_cannot_undo_it_with_the_token_that_lives_on(client: Client) -> None:
    """TK-6, M8: the handler that acts looks whether the person goes on."""
    operator = client.as_user(scopes=["users:read", "users:write"])
    client.services.accounts.administration.administer(
        operator.user_id or "", disabled=True, source=SOURCE, by=Authority(force=True)
    )
    assert operator.patch(f"/users/{operator.user_id}", json={"disabled": False}).status == 401
    assert operator.delete(f"/users/{client.as_user().user_id}").status == 401


def test_an_operator_who_lost_the_scope_stops_at_once(client: Client) -> None:
    """M8, SC-2."""
    operator = client.as_user(scopes=["users:write"])
    client.services.accounts.administration.administer(
        operator.user_id or "", granted=frozenset({"get:profile"}), source=SOURCE, by=Authority(force=True)
    )
    reply = operator.patch(f"/users/{operator.user_id}", json={"scopes": ["users:write"]})
    assert (reply.status, reply.code) == (403, "insufficient_scope")


def test_a_clients_token_gives_nobody_a_scope_that_it_does_not_carry(client: Client) -> None:
    """SC-2, SC-3."""
    person = client.as_user(scopes=["users:write"])
    app, ann = person.through_app(["users:write"]), client.as_user()
    assert app.patch(f"/users/{person.user_id}", json={"scopes": ["users:write", "pangolins"]}).status == 403
    assert app.patch(f"/users/{person.user_id}", json={"name": "Mia"}).status == 200
    machine = client.as_machine(["users:write"])
    assert machine.patch(f"/users/{ann.user_id}", json={"scopes": ["pangolins"]}).status == 403
    assert machine.patch(f"/users/{ann.user_id}", json={"scopes": []}).status == 200


@pytest.mark.parametrize("limit", ["00019999", "000150", "0", "101", "1" * 5000, "+5", "٣"])
def test_a_limit_is_one_to_a_hundred_however_it_is_spelled(client: Client, limit: str) -> None:
    """IN-2."""
    assert client.as_user().get(f"/users/me/activity?limit={limit}").status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/sessions/{}"),
        ("GET", "/users/{}"),
        ("PATCH", "/users/{}"),
        ("DELETE", "/users/{}"),
        ("DELETE", "/users/me/consents/{}"),
    ],
)
def test_a_name_longer_than_any_of_ours_is_not_found(client: Client, method: str, path: str) -> None:
    """IN-2, ST-6."""
    operator = client.as_user(scopes=["users:read", "users:write"])
    body = {"name": "Mia"} if method == "PATCH" else None
    assert operator.request(method, path.format("x" * 2100), json=body).status == 404


def test_all_names_of_an_account_share_one_budget(client: Client) -> None:
    """TH-4: guesses by user name and by verified e-mail are guesses of one password; the eleventh is not looked at."""
    ann = client.as_user()
    client.services.accounts.users.change(
        ann.user_id or "", lambda user: replace(user, email="ann@example.com", email_verified=True)
    )
    tries = [
        client.post("/sessions", json={"username": name, "password": WRONG}).status for name in names(ann)
    ]
    assert tries == [401] * 12, "429 here would tell whose the address is"
    right = {"username": ann.username, "password": ann.password}
    assert client.post("/sessions", json=right).status == 401
    client.clock.advance(60)
    assert client.post("/sessions", json=right).status == 201


def names(person: Client) -> list[str]:
    return [person.username or "", "ann@example.com"] * 6


def test_trying_on_while_throttled_does_not_grow_the_trail(client: Client) -> None:
    """DS-3, LG-1: it is told once an hour."""
    ann = client.as_user()
    for _ in range(30):
        client.post("/sessions", json={"username": ann.username, "password": WRONG})
    events, _ = client.services.audit.of(ann.user_id or "", limit=100)
    assert [event.event for event in events].count("log_in_throttled") == 1


def test_trouble_of_ours_does_not_lock_the_right_person_out(
    cupbearer: AppUnderTest, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TH-2, AV-2: a right password whose commit failed weighs nothing."""
    ann = client.as_user()
    store = client.services.store

    def fail(*_: Write) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as trouble:
        trouble.setattr(store, "commit", fail)
        assert {ann.log_in().status for _ in range(12)} == {503}
    assert ann.log_in().status == 201


def test_an_account_with_more_sessions_than_a_commit_holds_can_be_deleted(client: Client) -> None:
    """SE-6, DL-2."""
    ann = client.as_user()
    user = client.services.accounts.users.require(ann.user_id or "")
    for _ in range(105):
        client.services.authentication.log_in.start(AccountRecords(user), SessionRequest(SOURCE, ("pwd",)))
    assert ann.delete("/users/me", json={"password": ann.password}).status == 204
    assert client.services.store.list(f"user#{user.user_id}").records == ()


def test_a_verified_address_is_changed_only_on_a_fresh_proof(client: Client) -> None:
    """MF-3: one logs in by it."""
    ann = client.as_user()
    services = client.services
    services.accounts.users.change(
        ann.user_id or "", lambda user: replace(user, email="ann@example.com", email_verified=True)
    )
    client.clock.advance(290)
    assert ann.refresh().status == 200
    client.clock.advance(290)
    assert ann.patch("/users/me", json={"email": "eve@example.com"}).status == 400
    reply = ann.patch("/users/me", json={"email": "eve@example.com", "password": WRONG})
    assert (reply.status, reply.code) == (403, "wrong_password")
    assert ann.patch("/users/me", json={"email": "eve@example.com", "password": ann.password}).status == 200


def test_posting_without_end_is_slowed_down(client: Client) -> None:
    """DS-3."""
    ann = client.as_user()
    assert {ann.post("/messages", json={"text": "again"}).status for _ in range(121)} == {201, 429}
