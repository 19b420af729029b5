"""Where nobody logs in by password (CUPBEARER_PASSWORD_LOG_IN=off): what is refused, and how programs sign people up (EN-3)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.accounts.provisioning import Newcomer
from chalicelib.accounts.sign_up import Profile
from chalicelib.users.user import User, new_user
from cupbearer.soft_authenticator import SoftAuthenticator
from cupbearer.testing import SOURCE, AppUnderTest, Client, Reply
from tests.support import mailed
from tests.support.watching import AWAY, watched

ADDRESS, PHRASE = "zoe@example.com", "another long phrase"


@pytest.fixture
def cupbearer_settings() -> Mapping[str, str]:
    return {
        "CUPBEARER_MAIL": "console:",
        "CUPBEARER_EMAIL_LOG_IN": "on",
        "CUPBEARER_PASSWORD_LOG_IN": "off",
    }


def asked(client: Client, **wanted: Any) -> Reply:
    return client.post("/users/email", json={"username": "zoe", "email": ADDRESS, **wanted})


def cookie_of(reply: Reply) -> dict[str, str]:
    return {"Cookie": (reply.header("Set-Cookie") or "").partition(";")[0]}


def by_code(client: Client, code: str, cookie: Mapping[str, str]) -> Reply:
    return client.put("/sessions/email", json={"code": code}, headers=dict(cookie))


def by_link(client: Client, ticket: str) -> Reply:
    return client.put("/sessions/email", json={"ticket": ticket})


def user_of(cupbearer: AppUnderTest, login: str) -> User | None:
    return cupbearer.services.accounts.users.find(login)


def member(cupbearer: AppUnderTest, client: Client, **wanted: Any) -> Client:
    """Somebody who has signed up by mail."""
    asked(client, **wanted)
    made = by_link(client, mailed.last(cupbearer.services, "sign_up").ticket).json
    return Client(cupbearer, made["access_token"], made["refresh_token"], made["session_id"])


class TestSignUp:
    def test_the_code_makes_the_account_in_the_browser_that_asked_and_in_no_other(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        reply = asked(client, name="Zo\u00eb")
        assert (reply.status, reply.json) == (202, {})
        assert user_of(cupbearer, "zoe") is None, "nothing is made before the proof"
        code = mailed.last(cupbearer.services, "sign_up", ADDRESS).code
        other = cookie_of(asked(client, username="ben", email="ben@example.com"))
        assert by_code(client, code, other).code == "wrong_code"
        assert by_code(client, code, {}).code == "wrong_code"
        done = by_code(client, code, cookie_of(reply))
        assert done.status == 201
        me = Client(cupbearer, done.json["access_token"]).get("/users/me").json["user"]
        assert (me["username"], me["name"]) == ("zoe", "Zo\u00eb")
        assert (me["email"], me["email_verified"], me["scopes"]) == (ADDRESS, True, ["get:profile"])
        assert by_code(client, code, cookie_of(reply)).code == "wrong_code"

    def test_the_link_makes_it_once(self, cupbearer: AppUnderTest, client: Client) -> None:
        asked(client)
        ticket = mailed.last(cupbearer.services, "sign_up").ticket
        assert by_link(client, ticket).status == 201
        assert by_link(client, ticket).code == "invalid_ticket"
        user = user_of(cupbearer, ADDRESS)
        assert user is not None
        assert (user.password, user.username_is_given) == (None, False)

    def test_an_address_that_has_an_account_is_sent_a_log_in_and_answered_alike(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        """EN-3."""
        user_id = member(cupbearer, client).get("/users/me").json["user"]["user_id"]
        known, unknown = asked(client, username="ben"), asked(client, username="cleo", email="c@example.com")
        assert (known.status, known.body) == (unknown.status, unknown.body)
        assert {name.lower() for name in known.headers} == {name.lower() for name in unknown.headers}
        again = by_link(client, mailed.last(cupbearer.services, "log_in", ADDRESS).ticket)
        assert (
            Client(cupbearer, again.json["access_token"]).get("/users/me").json["user"]["user_id"] == user_id
        )
        assert user_of(cupbearer, "ben") is None

    def test_both_cost_the_same(self, cupbearer: AppUnderTest, client: Client) -> None:
        """EN-3: also past the cap of an address."""
        member(cupbearer, client)
        seen, found = watched(cupbearer), set()
        for address in (ADDRESS, "nobody@example.com"):
            prices = []
            for turn in range(7):
                seen.line.requests, seen.line.writes = 0, []
                seen.services.ways_back.email_sign_up.ask(
                    username=f"cleo{turn}", profile=Profile(address), browser="a browser", source=AWAY
                )
                prices.append((seen.line.requests, tuple(seen.line.writes)))
            found.add(tuple(prices))
        assert len(found) == 1

    def test_an_address_that_gets_an_account_meanwhile_ends_the_link(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        asked(client)
        ticket = mailed.last(cupbearer.services, "sign_up").ticket
        newcomer = Newcomer(new_user(username="ann", email=ADDRESS), frozenset(), email_verified=True)
        cupbearer.services.accounts.provisioning.make(newcomer, password=None, source=SOURCE)
        assert by_link(client, ticket).code == "invalid_ticket"
        assert user_of(cupbearer, "zoe") is None

    def test_a_name_that_is_taken_is_said_and_one_that_is_taken_meanwhile_is_made_another(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        asked(client, email="z@example.com")
        ticket = mailed.last(cupbearer.services, "sign_up", "z@example.com").ticket
        member(cupbearer, client)
        assert asked(client, email="x@example.com").code == "username_taken"
        assert by_link(client, ticket).status == 201
        user = user_of(cupbearer, "z@example.com")
        assert user is not None
        assert user.username.startswith("zoe-")
        assert user.username_is_given, "it may be changed once"

    def test_without_a_name_one_is_made_of_the_address(self, cupbearer: AppUnderTest, client: Client) -> None:
        assert client.post("/users/email", json={"email": ADDRESS}).status == 202
        by_link(client, mailed.last(cupbearer.services, "sign_up").ticket)
        user = user_of(cupbearer, ADDRESS)
        assert user is not None
        assert (user.username, user.username_is_given) == ("zoe", True)

    def test_whoever_asks_for_a_log_in_without_an_account_is_sent_nothing(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        client.post("/sessions/email", json={"email": ADDRESS})
        assert mailed.mails(cupbearer.services) == []

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [({"email": None}, "email"), ({"email": "nowhere"}, "email"), ({"username": "a@b"}, "username")],
    )
    def test_what_cannot_be_is_said(self, client: Client, wanted: dict[str, Any], field: str) -> None:
        reply = asked(client, **wanted)
        assert (reply.status, list(reply.json["errors"])) == (400, [field])

    def test_an_address_is_not_flooded(self, cupbearer: AppUnderTest, client: Client) -> None:
        """TH-6."""
        for number in range(7):
            assert asked(client, username=f"zoe{number}").status == 202
        assert len([mail for mail in mailed.lines(cupbearer.services) if mail.to]) == 5


class TestRefused:
    """Each says why, and nothing is looked up, hashed or sent for it."""

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/users", {"username": "zoe", "password": PHRASE, "email": ADDRESS}),
            ("POST", "/sessions", {"username": "zoe", "password": PHRASE}),
            ("POST", "/password-resets", {"login": "zoe"}),
            ("PUT", "/password-resets", {"ticket": "any", "new_password": PHRASE}),
        ],
    )
    def test_whatever_is_done_by_a_password(
        self, cupbearer: AppUnderTest, client: Client, method: str, path: str, body: dict[str, str]
    ) -> None:
        reply = client.request(method, path, json=body)
        assert (reply.status, reply.code) == (403, "password_log_in_off")
        assert mailed.lines(cupbearer.services) == []

    def test_a_first_password_of_ones_own(self, cupbearer: AppUnderTest, client: Client) -> None:
        zoe = member(cupbearer, client)
        reply = zoe.put("/users/me/password", json={"new_password": PHRASE})
        assert (reply.status, reply.code) == (403, "password_log_in_off")

    def test_a_password_of_before_proves_nothing(self, cupbearer: AppUnderTest, client: Client) -> None:
        """Of an account that was made while there were passwords."""
        zoe = member(cupbearer, client)
        user, hashed = user_of(cupbearer, "zoe"), cupbearer.services.credentials.passwords.hash(PHRASE)
        assert user is not None
        cupbearer.services.accounts.users.change(
            user.user_id, lambda before: replace(before, password=hashed)
        )
        assert client.post("/sessions", json={"username": "zoe", "password": PHRASE}).status == 403
        cupbearer.clock.advance(6 * 60)
        zoe.refresh()
        refused = zoe.delete("/users/me", json={"password": PHRASE})
        assert (refused.status, refused.code) == (403, "reauthentication_required")
        assert user_of(cupbearer, "zoe") is not None


class TestLastWayIn:
    def test_the_address_that_one_logs_in_by_is_not_given_up(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        zoe = member(cupbearer, client)
        refused = zoe.patch("/users/me", json={"email": None})
        assert (refused.status, refused.code) == (403, "last_way_to_log_in")
        assert user_of(cupbearer, ADDRESS) is not None

    def test_a_passkey_can_be_removed_by_who_logs_in_by_mail(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        zoe = member(cupbearer, client)
        device = SoftAuthenticator(cupbearer.settings.issuer)
        options = zoe.post("/users/me/factors/passkeys/options").json["options"]
        answer = {"passkey": device.create(options), "name": "Laptop"}
        assert zoe.post("/users/me/factors/passkeys", json=answer).status == 201
        (factor,) = zoe.get("/users/me/factors").json["factors"]
        assert zoe.delete(f"/users/me/factors/{factor['factor_id']}").status == 204


def test_mails_advise_nobody_to_choose_a_password(cupbearer: AppUnderTest, client: Client) -> None:
    member(cupbearer, client).delete("/users/me")
    member(cupbearer, client, username="ann", email="ann@example.com")
    for what in ("new_device", "factor_added", "account_closed", "factors_reset"):
        user = user_of(cupbearer, "ann")
        assert user is not None
        facts = {"factor": "A passkey", "until": "soon"}
        notices = cupbearer.services.ways_back.notices
        cupbearer.services.store.commit(*notices.telling(user, what, source=SOURCE, **facts))
        assert (
            "password"
            not in mailed.last(cupbearer.services, "notice", "ann@example.com").mail.values["advice"]
        )
