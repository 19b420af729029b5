"""The authorization code flow from the first redirect to the tokens (OP-2, OP-3, OP-7, OP-9)."""

import base64
import hashlib

import pytest

from chalicelib.authentication.log_in import LogInResult
from tests.conftest import Clock
from tests.oauth.server import CALLBACK, ISSUER, SOURCE, App, Browser, Server, payload_of


def test_a_person_logs_in_consents_and_the_client_gets_tokens(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    page = browser.go(shop.authorize_url())
    assert "Log in" in page.text
    page = browser.log_in(page)
    assert "May <strong>Shop</strong> do this?" in page.text
    reply = browser.consent(page)
    assert reply.location.startswith(f"{CALLBACK}?")
    assert reply.parameters["state"] == "the state"
    assert reply.parameters["iss"] == ISSUER
    answer = shop.redeem(reply.parameters["code"])
    assert answer.status == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "email openid profile"
    assert tokens["refresh_token"].startswith("cbr_")
    access, identity = payload_of(tokens["access_token"]), payload_of(tokens["id_token"])
    assert (access["sub"], access["client_id"]) == (zoe.user.user_id, shop.client_id)
    assert identity["aud"] == shop.client_id
    assert identity["nonce"] == "the nonce"
    assert identity["sid"] == access["sid"]
    assert identity["auth_time"] == access["auth_time"] == int(server.services.world.now())
    assert identity["amr"] == ["pwd"]
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert identity["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")


def test_userinfo_tells_what_the_scopes_let_the_client_know(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    for method in ("GET", "POST"):
        answer = server.ask(
            method, "/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
        )
        assert answer.json == {
            "sub": zoe.user.user_id,
            "name": "Zoë",
            "preferred_username": "zoe",
            "email": "zoe@example.com",
            "email_verified": False,
        }
    less = shop.redeem(shop.code(browser, scope="openid")).json
    bearer = {"Authorization": f"Bearer {less['access_token']}"}
    assert server.ask("GET", "/oauth/userinfo", headers=bearer).json == {"sub": zoe.user.user_id}


def test_a_token_without_openid_opens_no_userinfo(server: Server, zoe: LogInResult) -> None:
    """SC-5."""
    answer = server.ask("GET", "/oauth/userinfo", headers={"Authorization": f"Bearer {zoe.access_token}"})
    assert answer.status == 403
    assert 'scope="openid"' in answer.headers["WWW-Authenticate"]


def test_consent_is_remembered_for_what_was_consented_to(shop: App, browser: Browser) -> None:
    shop.code(browser, scope="openid")
    assert browser.go(shop.authorize_url(scope="openid")).status == 303
    assert 'value="allow"' in browser.go(shop.authorize_url(scope="openid email")).text


def test_a_refresh_gives_the_next_tokens_and_an_id_token_without_nonce(shop: App, browser: Browser) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    again = shop.refresh(tokens["refresh_token"])
    assert again.status == 200, again.text
    first, second = payload_of(tokens["id_token"]), payload_of(again.json["id_token"])
    assert "nonce" not in second
    assert {second[name] for name in ("sub", "sid", "aud")} == {first[name] for name in ("sub", "sid", "aud")}
    assert again.json["refresh_token"] != tokens["refresh_token"]


def test_a_refresh_may_narrow_and_never_widen(shop: App, browser: Browser) -> None:
    """SE-4, RFC 6749 section 6."""
    tokens = shop.redeem(shop.code(browser, scope="openid email")).json
    assert shop.refresh(tokens["refresh_token"], scope="openid profile").error == "invalid_scope"
    narrowed = shop.refresh(tokens["refresh_token"], scope="openid").json
    assert narrowed["scope"] == "openid"
    assert shop.refresh(narrowed["refresh_token"]).json["scope"] == "email openid"


def test_a_code_used_twice_revokes_what_the_first_use_gave(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    """OP-2, RFC 6749 section 4.1.2."""
    code = shop.code(browser)
    tokens = shop.redeem(code).json
    again = shop.redeem(code)
    assert (again.status, again.error, again.json["reason"]) == (400, "invalid_grant", "reused")
    assert shop.refresh(tokens["refresh_token"]).json["reason"] == "revoked"
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert server.ask("GET", "/oauth/userinfo", headers=bearer).status == 401
    assert shop.redeem(code).error == "invalid_grant"
    assert server.events(zoe.user.user_id).count("code_reused") == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": "v" * 42}, "invalid_request"),
        ({"code_verifier": "v" * 129}, "invalid_request"),
        ({"code_verifier": "v" * 42 + "+"}, "invalid_request"),
        ({"code": None}, "invalid_request"),
        ({"code": "cbc_" + "x" * 43}, "invalid_grant"),
        ({"code": "x"}, "invalid_grant"),
    ],
)
def test_each_binding_of_a_code_is_checked(
    shop: App, browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    """OP-2, OP-3. A refused try does not use the code up for the one who can redeem it."""
    code = shop.code(browser)
    refused = shop.redeem(**{"code": code, **changes})  # type: ignore[arg-type]
    assert (refused.status, refused.error) == (400, error)
    assert shop.redeem(code).status == 200


def test_another_client_cannot_redeem_a_code(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    code = shop.code(browser)
    assert server.client().redeem(code).error == "invalid_grant"
    assert "code_refused" in server.events(zoe.user.user_id)
    assert shop.redeem(code).status == 200


def test_a_code_lives_a_minute(shop: App, browser: Browser, clock: Clock) -> None:
    code, late = shop.code(browser), shop.code(browser)
    clock.advance(59)
    assert shop.redeem(code).status == 200
    clock.advance(1)
    assert shop.redeem(late).error == "invalid_grant"


def test_a_log_out_between_code_and_token_leaves_nothing(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    """OP-2: the code is bound to the log-in it came from."""
    code = shop.code(browser)
    for session in server.services.authentication.sessions.live(zoe.user.user_id):
        server.services.authentication.sessions.end(zoe.user.user_id, session.session_id, source=SOURCE)
    assert shop.redeem(code).error == "invalid_grant"


def test_scopes_are_requested_allowed_and_the_persons_all_three(server: Server, browser: Browser) -> None:
    """SC-2."""
    shop = server.client(scopes="openid get:profile pangolins")
    asked = "openid get:profile pangolins users:write"
    assert shop.redeem(shop.code(browser, scope=asked)).json["scope"] == "get:profile openid"


def test_a_public_client_needs_no_secret_but_pkce(server: Server, browser: Browser) -> None:
    app = server.client(public=True)
    answer = app.redeem(app.code(browser))
    assert answer.status == 200
    assert app.refresh(answer.json["refresh_token"]).status == 200


def test_a_clients_refresh_token_is_nobody_elses(server: Server, shop: App, browser: Browser) -> None:
    """SE-4: neither another client's nor our own pages'."""
    tokens = shop.redeem(shop.code(browser)).json
    assert server.client().refresh(tokens["refresh_token"]).error == "invalid_grant"
    body = b'{"refresh_token": "%s"}' % tokens["refresh_token"].encode()
    answer = server.ask("POST", "/sessions/refresh", body=body, headers={"Content-Type": "application/json"})
    assert answer.status == 401
    assert shop.refresh(tokens["refresh_token"]).status == 200


def test_a_clients_token_opens_no_account_route_and_its_session_is_listed(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    for path in ("/users/me", "/sessions", "/users/me/consents"):
        assert server.ask("GET", path, headers=bearer).status == 403
    own = {"Authorization": f"Bearer {zoe.access_token}"}
    listed = server.ask("GET", "/sessions", headers=own).json["sessions"]
    assert shop.client_id in {session["client_id"] for session in listed}


def test_withdrawing_a_consent_ends_the_clients_sessions(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    waiting = shop.code(browser)
    own = {"Authorization": f"Bearer {zoe.access_token}"}
    (consent,) = server.ask("GET", "/users/me/consents", headers=own).json["consents"]
    assert (consent["client"], consent["scopes"]) == ("Shop", ["email", "openid", "profile"])
    path = f"/users/me/consents/{shop.client_id}"
    assert server.ask("DELETE", path, headers=own).status == 204
    assert server.ask("DELETE", path, headers=own).status == 404
    assert shop.refresh(tokens["refresh_token"]).error == "invalid_grant"
    assert shop.redeem(waiting).error == "invalid_grant"
    assert 'value="allow"' in browser.go(shop.authorize_url()).text


def test_a_step_back_of_the_clock_prolongs_no_code(shop: App, browser: Browser, clock: Clock) -> None:
    """AV-4, OP-2: what was made in the future was not made within the last minute."""
    code = shop.code(browser)
    clock.advance(-300)
    assert shop.redeem(code).error == "invalid_grant"
