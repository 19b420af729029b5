"""Log-in through an honest provider: both forms of the answer, what it leaves alone (FD-1, BR-1)."""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from chalice.test import Client

from chalicelib.store import Store
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.conftest import Clock
from tests.federation import in_process, issuer
from tests.federation.in_process import ISSUER, PASSWORD, Browser, parameters_of
from tests.federation.issuer import Issuer
from tests.federation.visits import log_in, user_of


def test_the_start_redirects_to_the_provider_with_everything_it_needs(
    browser: Browser, elsewhere: Issuer
) -> None:
    reply = browser.ask("GET", "/login/elsewhere", Accept="text/html,application/xhtml+xml")
    assert reply.status == 302
    asked = parameters_of(reply.location)
    assert reply.location.startswith(f"{elsewhere.url}/authorize?")
    assert asked["redirect_uri"] == f"{ISSUER}/login/elsewhere/callback"
    assert asked["scope"] == "openid profile email"
    for secret in (asked["state"], asked["nonce"], asked["code_challenge"]):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)  # 256 bits
    (cookie,) = reply.set_cookies
    assert cookie.startswith("__Host-cupbearer_login=")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))


def test_the_start_as_json_says_where_to_go_and_sets_the_cookie_as_well(browser: Browser) -> None:
    reply = browser.ask("GET", "/login/elsewhere", Accept="application/json")
    assert reply.status == 200
    assert set(reply.json) == {"message", "url"}
    assert len(reply.set_cookies) == 1


def test_no_two_beginnings_share_a_secret(browser: Browser) -> None:
    """FD-1: state, nonce, verifier and the browser's own secret are new each time (SE-8: a planted one is worth nothing)."""
    first, first_cookie = parameters_of(browser.begin()), dict(browser.cookies)
    second, second_cookie = parameters_of(browser.begin()), dict(browser.cookies)
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))
    assert first_cookie != second_cookie


def test_the_first_log_in_makes_an_account_and_the_second_finds_it(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    first = log_in(browser, elsewhere)
    assert set(first.json) == {
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "scope",
        "session_id",
    }
    assert first.json["scope"] == "get:profile"
    user = user_of(browser, first)
    assert (user["username"], user["name"]) == ("pat", "Pat Pending")
    assert (user["email"], user["email_verified"]) == ("pat@example.com", True)
    assert user_of(browser, log_in(browser, elsewhere))["user_id"] == user["user_id"]
    assert len(services.accounts.users.page()[0]) == 1


def test_the_session_says_that_a_provider_vouched(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    token = log_in(browser, elsewhere).json["access_token"]
    assert services.tokens.jwt.verify(token).amr == ("fed",)


def test_a_refresh_goes_on_as_after_any_other_log_in(browser: Browser, elsewhere: Issuer) -> None:
    tokens = log_in(browser, elsewhere).json
    reply = browser.ask("POST", "/sessions/refresh", {"refresh_token": tokens["refresh_token"]})
    assert reply.status == 200


def test_with_return_to_the_browser_gets_cookies_and_goes_back(browser: Browser, elsewhere: Issuer) -> None:
    reply = log_in(browser, elsewhere, return_to="/account?tab=1")
    assert reply.status == 302
    assert reply.location == f"{ISSUER}/account?tab=1"
    assert reply.text == ""
    assert set(browser.cookies) >= {"__Host-cupbearer_refresh"}
    assert "__Host-cupbearer_login" not in browser.cookies
    assert browser.ask("POST", "/sessions/refresh", {}, Origin=ISSUER).status == 200


def test_the_trail_says_by_which_provider(browser: Browser, elsewhere: Issuer) -> None:
    """LG-1: sign-up, link and log-in, each with the provider."""
    token = log_in(browser, elsewhere).json["access_token"]
    events = browser.ask("GET", "/users/me/activity", token=token).json["events"]
    answered = {event["event"]: event["detail"].get("provider") for event in events}
    assert answered == {"sign_up": "elsewhere", "identity_linked": "elsewhere", "log_in": "elsewhere"}


def test_a_password_log_in_is_untouched_by_all_this(browser: Browser, client: Client) -> None:
    browser.sign_up("pat")
    assert Browser(client).ask("POST", "/sessions", {"username": "pat", "password": PASSWORD}).status == 201


def test_a_federated_account_without_a_password_answers_a_password_as_any_wrong_one(
    browser: Browser, elsewhere: Issuer, client: Client
) -> None:
    """EN-1."""
    log_in(browser, elsewhere)
    replies = [
        Browser(client).ask("POST", "/sessions", {"username": name, "password": PASSWORD})
        for name in ("pat", "nobody")
    ]
    assert {(reply.status, reply.json["code"]) for reply in replies} == {(401, "invalid_credentials")}


def test_a_flow_lives_ten_minutes(browser: Browser, elsewhere: Issuer, clock: Clock) -> None:
    back = elsewhere.authorize(browser.begin())
    clock.advance(599)
    assert browser.come_back(back).status == 200
    back = elsewhere.authorize(browser.begin())
    clock.advance(600)
    assert browser.come_back(back).json["code"] == "invalid_state"


def test_a_person_is_told_of_a_refusal_by_a_page_and_a_program_by_a_document(
    browser: Browser, elsewhere: Issuer
) -> None:
    """BR-4, BR-5."""
    html = "text/html,application/xhtml+xml,*/*;q=0.8"
    page = browser.come_back({"state": "<b>", "code": "c"}, Accept=html)
    assert (page.status, page.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "begin it again" in page.text
    assert "<b>" not in page.text
    elsewhere.discovery["issuer"] = "https://another.example.com"
    page = browser.ask("GET", "/login/elsewhere", Accept=html)
    assert page.status == 503
    assert "elsewhere cannot be reached" in page.text
    assert int(page.headers["Retry-After"]) >= 1
    assert browser.come_back({"state": "x", "code": "c"}).json["code"] == "invalid_state"


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"]
)
def test_nobody_is_sent_back_elsewhere(browser: Browser, path: str) -> None:
    """BR-6: refused before anything begins, by link and by hand."""
    reply = browser.ask("GET", f"/login/elsewhere?{urlencode({'return_to': path})}")
    assert (reply.status, reply.json["errors"].keys()) == (400, {"return_to"})
    token = browser.sign_up("somebody")["access_token"]
    reply = browser.ask("POST", "/users/me/identities/elsewhere", {"return_to": path}, token=token)
    assert (reply.status, reply.json["errors"].keys()) == (400, {"return_to"})


def test_behind_a_stage_every_link_has_its_prefix(
    store: Store, world: World, tmp_path: Path, elsewhere: Issuer
) -> None:
    """IN-5: callback and way back are of the issuer, whatever the request said."""
    base = "https://api.example.com/stage"
    providers = {"elsewhere": issuer.setting(elsewhere)}
    chosen = in_process.services(store, world, tmp_path, ISSUER=base, PROVIDERS=providers)
    with in_process.open_app(chosen) as client:
        browser = Browser(client)
        url = browser.begin(return_to="/account")
        assert parameters_of(url)["redirect_uri"] == f"{base}/login/elsewhere/callback"
        assert browser.come_back(elsewhere.authorize(url), Host="evil.example").location == f"{base}/account"
