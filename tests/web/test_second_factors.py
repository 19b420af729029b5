"""The JSON routes of second factors, end to end: what a program sends and gets (MF-1 to MF-4, SE-8)."""

import re
from typing import Any

import pytest

from cupbearer.soft_authenticator import SoftAuthenticator
from cupbearer.testing import SOURCE, Client, Reply
from tests.support.factor_people import STEP, code_of

ISSUER = "http://localhost:8000"
DEVICE = "__Host-cupbearer_device"
FACTORS = "/users/me/factors"


@pytest.fixture
def zoe(client: Client) -> Client:
    return client.as_user()


def add_app(person: Client) -> str:
    """Add an authenticator app and return its secret; its first code is spent."""
    secret = str(person.post(f"{FACTORS}/totp").json["secret"])
    assert person.put(f"{FACTORS}/totp", json={"totp": code_of(secret, person.clock.now)}).status == 204
    person.clock.advance(STEP)
    return secret


def add_passkey(person: Client, **kind: Any) -> SoftAuthenticator:
    device = SoftAuthenticator(ISSUER, **kind)
    options = person.post(f"{FACTORS}/passkeys/options").json["options"]
    made = person.post(f"{FACTORS}/passkeys", json={"passkey": device.create(options), "name": "Laptop"})
    assert (made.status, made.json["name"]) == (201, "Laptop")
    return device


def begin(person: Client, **more: Any) -> Reply:
    body = {"username": person.username, "password": person.password}
    return person.anonymous().post("/sessions", json=body | more)


def finish(person: Client, token: str, **answer: Any) -> Reply:
    return person.anonymous().post("/sessions/second-factor", json={"pending_token": token, **answer})


def cookies(reply: Reply) -> dict[str, str]:
    pairs = (text.partition(";")[0].partition("=") for text in reply.all("Set-Cookie"))
    return {name: value for name, _, value in pairs}


class TestLogIn:
    def test_it_is_asked_for_and_then_shown(self, zoe: Client) -> None:
        """MF-2."""
        secret = add_app(zoe)
        asked = begin(zoe)
        assert (asked.status, asked.code) == (401, "second_factor_required")
        assert asked.json["factors"] == ["totp"]
        token = asked.json["pending_token"]
        assert re.fullmatch(r"cbm_[A-Za-z0-9_-]{43}", token)
        wrong = finish(zoe, token, totp="000000")
        assert (wrong.status, wrong.code) == (401, "invalid_second_factor")
        right = finish(zoe, token, totp=code_of(secret, zoe.clock.now))
        assert right.status == 201
        assert {"access_token", "refresh_token", "session_id", "scope"} <= set(right.json)
        assert finish(zoe, token, totp="000000").code == "log_in_over"

    @pytest.mark.parametrize(
        "answer", [{}, {"totp": "1", "recovery_code": "2"}, {"passkey": {}, "totp": "1"}, {"sms": "123456"}]
    )
    def test_one_of_three_is_shown(self, zoe: Client, answer: dict[str, Any]) -> None:
        """IN-2."""
        add_app(zoe)
        assert finish(zoe, begin(zoe).json["pending_token"], **answer).status == 400

    def test_the_pending_token_opens_no_route(self, zoe: Client) -> None:
        """MF-2, TK-7."""
        add_app(zoe)
        thief = zoe.anonymous()
        thief.access_token = begin(zoe).json["pending_token"]
        assert thief.get("/users/me").status == 401
        body = {"refresh_token": thief.access_token}
        assert thief.anonymous().post("/sessions/refresh", json=body).code == "invalid_token"

    def test_a_browser_goes_on_and_no_other(self, zoe: Client) -> None:
        """SE-8: by its own name, which the first answer gives it."""
        secret = add_app(zoe)
        asked = begin(zoe, cookie=True)
        name = cookies(asked)["__Host-cupbearer_browser"]
        body = {"pending_token": asked.json["pending_token"], "totp": code_of(secret, zoe.clock.now)}
        stranger = zoe.anonymous().post("/sessions/second-factor", json=body)
        assert stranger.code == "log_in_over"
        own = {"Cookie": f"__Host-cupbearer_browser={name}"}
        done = zoe.anonymous().post("/sessions/second-factor", json={**body, "cookie": True}, headers=own)
        assert done.status == 201
        assert "refresh_token" not in done.json
        assert cookies(done)["__Host-cupbearer_browser"] != name
        assert "__Host-cupbearer_session" in cookies(done)

    def test_another_site_cannot_finish_it_with_cookies(self, zoe: Client) -> None:
        """BR-2."""
        add_app(zoe)
        foreign = {"Origin": "https://evil.example"}
        for body in ({"cookie": True}, {"remember": True}):
            answer = zoe.anonymous().post(
                "/sessions/second-factor", json={"pending_token": "x", "totp": "1", **body}, headers=foreign
            )
            assert answer.code == "foreign_origin"

    def test_a_remembered_browser_is_not_asked_again(self, zoe: Client) -> None:
        secret = add_app(zoe)
        token = begin(zoe).json["pending_token"]
        done = finish(zoe, token, totp=code_of(secret, zoe.clock.now), remember=True)
        (kept,) = (text for text in done.all("Set-Cookie") if text.startswith(DEVICE))
        assert re.fullmatch(
            rf"{DEVICE}=cbd_[a-z2-7]+\.[\w-]+; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Lax", kept
        )
        body = {"username": zoe.username, "password": zoe.password}
        own = {"Cookie": kept.partition(";")[0]}
        assert zoe.anonymous().post("/sessions", json=body, headers=own).status == 201
        assert begin(zoe).status == 401

    def test_a_passkey_alone_is_enough(self, zoe: Client) -> None:
        device = add_passkey(zoe)
        nobody = zoe.anonymous()
        options = nobody.post("/sessions/passkey/options").json["options"]
        assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
        answer = device.get(options)
        done = nobody.post("/sessions/passkey", json={"passkey": answer})
        assert done.status == 201
        again = nobody.post("/sessions/passkey", json={"passkey": answer})
        assert (again.status, again.code) == (401, "invalid_second_factor")

    def test_and_beside_a_password_it_need_not_ask_who_one_is(self, zoe: Client) -> None:
        device = add_passkey(zoe, flags=1)
        token = begin(zoe).json["pending_token"]
        asked = zoe.anonymous().post("/sessions/passkey/options", json={"second_factor": True})
        assert asked.json["options"]["userVerification"] == "preferred"
        assert finish(zoe, token, passkey=device.get(asked.json["options"])).status == 201


class TestOwnFactors:
    def test_what_there_is_is_listed_and_no_secret_with_it(self, zoe: Client) -> None:
        """MF-4: a seed is shown once."""
        secret = add_app(zoe)
        add_passkey(zoe)
        codes = zoe.post(f"{FACTORS}/recovery-codes").json["codes"]
        answer = zoe.get(FACTORS)
        assert [(each["kind"], each.get("name")) for each in answer.json["factors"]] == [
            ("passkey", "Laptop"),
            ("totp", None),
        ]
        assert answer.json["recovery_codes_left"] == 10
        text = answer.body.decode()
        assert secret not in text
        assert not any(code in text for code in codes)

    def test_a_new_app_is_shown_as_text_as_uri_and_as_a_picture(self, zoe: Client) -> None:
        answer = zoe.post(f"{FACTORS}/totp").json
        assert answer["uri"].startswith("otpauth://totp/localhost:")
        assert f"secret={answer['secret']}" in answer["uri"]
        assert answer["qr"].startswith("<svg ")

    def test_the_recovery_codes_log_one_in(self, zoe: Client) -> None:
        add_app(zoe)
        codes = zoe.post(f"{FACTORS}/recovery-codes").json["codes"]
        token = begin(zoe).json["pending_token"]
        assert finish(zoe, token, recovery_code=codes[0]).status == 201
        assert zoe.get(FACTORS).json["recovery_codes_left"] == 9

    def test_each_is_removed_by_its_id(self, zoe: Client) -> None:
        add_app(zoe)
        add_passkey(zoe)
        zoe.post(f"{FACTORS}/recovery-codes")
        listed = zoe.get(FACTORS).json["factors"]
        assert zoe.delete(f"{FACTORS}/recovery-codes").status == 204
        for factor in listed:
            assert zoe.delete(f"{FACTORS}/{factor['factor_id']}").status == 204
        assert zoe.get(FACTORS).json["factors"] == []
        assert zoe.delete(f"{FACTORS}/totp").status == 404
        assert begin(zoe).status == 201

    def test_a_remembered_browser_is_forgotten_by_its_id(self, zoe: Client) -> None:
        secret = add_app(zoe)
        finish(zoe, begin(zoe).json["pending_token"], totp=code_of(secret, zoe.clock.now), remember=True)
        (device,) = zoe.get(FACTORS).json["devices"]
        assert zoe.delete(f"{FACTORS}/{device['factor_id']}").status == 204
        assert zoe.get(FACTORS).json["devices"] == []

    ACTS = (
        ("POST", f"{FACTORS}/totp"),
        ("POST", f"{FACTORS}/passkeys/options"),
        ("POST", f"{FACTORS}/recovery-codes"),
        ("DELETE", f"{FACTORS}/totp"),
        ("DELETE", f"{FACTORS}/recovery-codes"),
        ("DELETE", f"{FACTORS}/some-passkey"),
        ("DELETE", f"{FACTORS}/reset"),
        ("DELETE", "/users/me"),
        ("DELETE", "/users/me/identities/some-id"),
    )

    @pytest.mark.parametrize(("method", "path"), ACTS)
    def test_each_wants_a_factor_of_the_last_five_minutes(self, zoe: Client, method: str, path: str) -> None:
        """MF-3: whoever holds the token and the password has not enough; what was shown counts five minutes more."""
        secret = add_app(zoe)
        zoe.clock.advance(301)
        assert zoe.refresh().status == 200
        for body in ({}, {"password": zoe.password}):
            refused = zoe.request(method, path, json=body)
            assert (refused.status, refused.code) == (403, "second_factor_required")
        wrong = zoe.request(method, path, json={"totp": "000000"})
        assert (wrong.status, wrong.code) == (403, "invalid_second_factor")
        shown = zoe.request(method, path, json={"totp": code_of(secret, zoe.clock.now)})
        assert shown.code not in ("second_factor_required", "invalid_second_factor")

    def test_a_passkey_can_be_shown_with_an_act(self, zoe: Client) -> None:
        device = add_passkey(zoe)
        zoe.clock.advance(301)
        zoe.refresh()
        options = zoe.post("/sessions/passkey/options", json={"second_factor": True}).json["options"]
        assert zoe.post(f"{FACTORS}/recovery-codes", json={"passkey": device.get(options)}).status == 201

    def test_the_first_one_wants_the_password_or_a_fresh_log_in(self, zoe: Client) -> None:
        zoe.clock.advance(301)
        zoe.refresh()
        assert zoe.post(f"{FACTORS}/totp").status == 400
        assert zoe.post(f"{FACTORS}/totp", json={"password": "wrong but long"}).code == "wrong_password"
        assert zoe.post(f"{FACTORS}/totp", json={"password": zoe.password}).status == 200


class TestPolicy:
    @pytest.fixture
    def cupbearer_settings(self) -> dict[str, str]:
        return {"CUPBEARER_SECOND_FACTOR_SCOPES": "users:write"}

    def test_a_guarded_scope_is_in_a_token_only_after_a_second_factor(self, client: Client) -> None:
        """MF-2, SC-4: at the log-in, at the refresh, and for what a remembered browser stands for."""
        ann = client.as_user(["get:profile", "users:write"])
        assert begin(ann).json["scope"] == "get:profile"
        secret = add_app(ann)
        assert ann.refresh().json["scope"] == "get:profile"
        token = begin(ann).json["pending_token"]
        done = finish(ann, token, totp=code_of(secret, ann.clock.now), remember=True)
        assert done.json["scope"] == "get:profile users:write"
        ann.hold(done.json["access_token"], done.json["refresh_token"])
        assert ann.refresh().json["scope"] == "get:profile users:write"
        own = {"Cookie": f"{DEVICE}={cookies(done)[DEVICE]}"}
        body = {"username": ann.username, "password": ann.password}
        assert ann.anonymous().post("/sessions", json=body, headers=own).json["scope"] == "get:profile"


class TestRequired:
    @pytest.fixture
    def cupbearer_settings(self) -> dict[str, str]:
        return {"CUPBEARER_SECOND_FACTOR": "required"}

    def test_who_has_none_gets_no_scopes_until_one_is_added(self, client: Client) -> None:
        ann = client.as_user()
        assert begin(ann).json["scope"] == ""
        assert ann.refresh().json["scope"] == ""
        secret = add_app(ann)
        assert ann.refresh().json["scope"] == "get:profile"
        done = finish(ann, begin(ann).json["pending_token"], totp=code_of(secret, ann.clock.now))
        assert done.json["scope"] == "get:profile"

    def test_the_last_one_stays(self, client: Client) -> None:
        ann = client.as_user()
        add_app(ann)
        refused = ann.delete(f"{FACTORS}/totp")
        assert (refused.status, refused.code) == (403, "last_second_factor")


class TestForgetful:
    @pytest.fixture
    def cupbearer_settings(self) -> dict[str, str]:
        return {"CUPBEARER_REMEMBER_DEVICE_DAYS": "0"}

    def test_where_it_is_not_allowed_nothing_is_remembered(self, zoe: Client) -> None:
        secret = add_app(zoe)
        token = begin(zoe).json["pending_token"]
        done = finish(zoe, token, totp=code_of(secret, zoe.clock.now), remember=True)
        assert done.status == 201
        assert DEVICE not in cookies(done)


def test_an_operators_reset_is_shown_and_can_be_taken_back(zoe: Client) -> None:
    add_app(zoe)
    zoe.services.second_factors.reset.ask(zoe.user_id or "", source=SOURCE)
    assert zoe.get(FACTORS).json["reset_at"] == int(zoe.clock.now) + 86_400
    assert zoe.delete(f"{FACTORS}/reset").status == 204
    assert zoe.get(FACTORS).json["reset_at"] is None
    assert zoe.delete(f"{FACTORS}/reset").status == 404
