"""Whoever asks for their data gets everything that is kept of them, and nothing that is secret or another's."""

import json
from typing import Any

import pytest

from chalicelib.store import Insert, Key, owned_partitions
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest, Client
from tests.support.factor_people import person


def test_it_holds_a_part_for_every_kind_of_record_that_a_person_owns(
    cupbearer: AppUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feature that keeps something new of people cannot forget to show it to them."""
    made = cupbearer.services.accounts.own_data
    assert {"user", *made.readers} == set(owned_partitions.KINDS)
    del cupbearer.services.accounts.__dict__["own_data"]
    monkeypatch.setitem(owned_partitions.KINDS, "keepsakes", "what a later feature keeps")
    with pytest.raises(ValueError, match="keepsakes"):
        _ = cupbearer.services.accounts.own_data


def test_everything_that_is_there_is_in_it(cupbearer: AppUnderTest, client: Client) -> None:
    ann = person(cupbearer, username="ann", name="Ann")
    services = cupbearer.services
    _add_address(services, ann.user_id, "ann@example.com")
    ann.with_passkey("Laptop")
    ann.recovery_codes()
    caller = Client(cupbearer, access_token=ann.signed_in.access_token, session_id=ann.signed_in.session_id)
    caller.user_id = ann.user_id
    caller.through_app(["get:profile"], name="a shop")
    bob = client.as_user(username="bob")
    _add_address(services, bob.user_id or "", "bob@example.com")
    bob.put(
        "/users/me/password", json={"current_password": bob.password, "new_password": "another long phrase"}
    )
    given = caller.get("/users/me/data")
    assert given.status == 200, given.json
    said: dict[str, Any] = given.json
    assert said["profile"]["email"] == "ann@example.com"
    assert {each["client_id"] for each in said["sessions"]} > {"cupbearer"}
    assert [each["current"] for each in said["sessions"]].count(True) == 1
    assert [each["name"] for each in said["second_factors"]["factors"]] == ["Laptop"]
    assert [each["client"] for each in said["consents"]] == ["a shop"]
    assert {"sign_up", "factor_added", "consent_given"} <= {
        each["event"] for each in said["activity"]["events"]
    }
    assert {(mail["kind"], mail["to"]) for mail in said["mails"]} == {("notice", "ann@example.com")}
    assert given.header("Content-Disposition") == 'attachment; filename="cupbearer-data.json"'
    assert str(bob.user_id) not in given.body.decode()
    assert ann.user_id not in json.dumps(bob.get("/users/me/data").json)


def _add_address(services: Services, user_id: str, address: str) -> None:
    services.ways_back.email_verification.set_by_operator(user_id, address=address, source=SOURCE)


def test_no_secret_is_in_it(cupbearer: AppUnderTest) -> None:
    """M9: whatever is kept in the person's partition as a hash, wrapped or in clear."""
    ann = person(cupbearer, username="ann").with_totp()
    codes = ann.recovery_codes()
    ann.with_passkey()
    ann.finish(ann.pending(), remember=True, totp=ann.next_code())
    caller = Client(cupbearer, access_token=ann.signed_in.access_token)
    body = caller.post("/users/me/data", json={"totp": ann.next_code()}).body.decode()
    assert "second_factors" in body
    stored = json.dumps(
        [dict(each.data) for each in cupbearer.services.store.list(f"user#{ann.user_id}").records]
    )
    for kept in ("secret", "secret_hash", "hashes", "public_key", "password", "credential_id"):
        assert f'"{kept}"' in stored
        assert f'"{kept}"' not in body
    assert not any(code in body for code in (*codes, ann.secret, ann.password))


class TestProof:
    def test_a_log_in_of_the_last_five_minutes_is_one_and_an_older_one_not(self, client: Client) -> None:
        """MF-3."""
        ann = client.as_user()
        assert ann.get("/users/me/data").status == 200
        client.clock.advance(5 * 60 + 1)
        ann.refresh()
        assert ann.get("/users/me/data").status == 400
        assert ann.post("/users/me/data", json={"password": ann.password}).status == 200
        assert (
            ann.post("/users/me/data", json={"password": "a wrong but long phrase"}).code == "wrong_password"
        )

    def test_of_who_has_a_second_factor_it_is_asked_for(self, cupbearer: AppUnderTest) -> None:
        ann = person(cupbearer, username="ann").with_totp()
        cupbearer.clock.advance(4 * 60)  # the app was shown when it was added
        caller = Client(cupbearer, access_token=ann.signed_in.access_token)
        assert caller.get("/users/me/data").status == 200
        cupbearer.clock.advance(61)
        refreshed = cupbearer.services.authentication.log_in.refresh(
            ann.signed_in.refresh_token, source=SOURCE
        )
        caller.hold(refreshed.access_token, None)
        assert caller.get("/users/me/data").code == "second_factor_required"
        assert caller.post("/users/me/data", json={"password": ann.password}).code == "second_factor_required"
        assert caller.post("/users/me/data", json={"totp": ann.next_code()}).status == 200

    def test_another_program_of_the_person_gets_nothing(self, client: Client) -> None:
        app = client.as_user().through_app(["get:profile"])
        assert app.get("/users/me/data").status == 403


def test_its_size_is_bounded_and_the_rest_of_the_trail_is_a_page_away(
    cupbearer: AppUnderTest, client: Client
) -> None:
    ann = client.as_user()
    services = cupbearer.services
    for number in range(3):
        writes = [
            services.audit.write("log_in_failed", target=ann.user_id or "", source=SOURCE) for _ in range(90)
        ]
        services.store.commit(*writes, Insert(Key("count", str(number)), {}))
    said = ann.get("/users/me/data").json["activity"]
    assert len(said["events"]) == 200
    rest = ann.get(f"/users/me/activity?cursor={said['next_cursor']}&limit=100").json
    assert len(rest["events"]) == 270 + 1 - 200  # and the sign-up
