"""A browser's session: what counts as a use of it, what ends it, and what cannot push it out (SE-8, BR-2, DS-3)."""

import json
from collections.abc import Callable

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.sessions.session import SessionRequest
from chalicelib.web.cookies.browser_session import BROWSER
from tests.conftest import Clock
from tests.oauth.server import ISSUER, PASSWORD, SOURCE, App, Browser, Server

DAY = 24 * 60 * 60


def sessions_of(server: Server, zoe: LogInResult, client_id: str = "cupbearer") -> list[str]:
    """Return the live sessions of a client, the last used first."""
    live = server.services.authentication.sessions.live(zoe.user.user_id)
    return [session.session_id for session in live if session.client_id == client_id]


def session_of(browser: Browser) -> str:
    found = browser.server.services.authentication.browser_sessions.find(
        browser.cookies["__Host-cupbearer_session"]
    )
    assert found is not None
    return found.session.session_id


def test_a_session_that_authorize_requests_use_is_in_use(
    server: Server, shop: App, browser: Browser, clock: Clock, zoe: LogInResult
) -> None:
    """It neither goes idle nor is it the first to give way."""
    shop.code(browser)
    for _ in range(30):
        clock.advance(DAY)
        assert "code" in browser.go(shop.authorize_url(prompt="none")).parameters
    assert sessions_of(server, zoe)[0] == session_of(browser)


def test_a_use_is_written_down_once_an_hour(
    server: Server, shop: App, browser: Browser, clock: Clock, zoe: LogInResult
) -> None:
    """The design's section 8: no write more on the way of each request."""
    shop.code(browser)

    def used_at() -> float:
        _, session = server.services.authentication.sessions.read(zoe.user.user_id, session_of(browser))
        assert session is not None
        return session.last_used_at

    first = used_at()
    seen = []
    for _ in range(12):
        clock.advance(10 * 60)
        assert "code" in browser.go(shop.authorize_url(prompt="none")).parameters
        seen.append(used_at() - first)
    assert sorted(set(seen)) == [0, 3600, 7200]


def test_a_session_ends_unused_and_at_its_greatest_age_all_the_same(
    server: Server, shop: App, browser: Browser, clock: Clock
) -> None:
    """SE-4."""
    shop.code(browser)
    clock.advance(13 * DAY)
    assert "code" in browser.go(shop.authorize_url(prompt="none")).parameters
    clock.advance(14 * DAY)
    assert browser.go(shop.authorize_url(prompt="none")).parameters["error"] == "login_required"
    browser.log_in()
    for _ in range(9):
        clock.advance(10 * DAY)
        reply = browser.go(shop.authorize_url(prompt="none"))
    assert reply.parameters["error"] == "login_required"


def test_an_application_pushes_out_nobodys_session_but_its_own(
    server: Server, shop: App, browser: Browser, clock: Clock, zoe: LogInResult
) -> None:
    """DS-3: the browser's session is the oldest of all."""
    other = server.client()
    kept = other.redeem(other.code(browser)).json["refresh_token"]
    tokens = []
    for _ in range(53):
        clock.advance(1)
        tokens.append(shop.redeem(shop.code(browser)).json["refresh_token"])
    assert session_of(browser) in sessions_of(server, zoe)
    assert zoe.session_id in sessions_of(server, zoe)
    assert other.refresh(kept).status == 200
    alive = [shop.refresh(token).status == 200 for token in tokens]
    assert alive == [False] * 33 + [True] * 20


def test_a_new_application_takes_the_place_of_whoever_has_most(
    server: Server, shop: App, browser: Browser, clock: Clock, zoe: LogInResult
) -> None:
    """DS-3: where all 50 places are taken."""
    shop.code(browser)
    few = shop.redeem(shop.code(browser)).json["refresh_token"]
    for _ in range(60):
        clock.advance(1)
        account = server.services.authentication.sessions.read_account(zoe.user.user_id)
        server.services.authentication.log_in.start(account, SessionRequest(SOURCE, ("pwd",)))
    assert shop.refresh(few).status == 200
    browser.log_in()
    new = server.client()
    assert new.redeem(new.code(browser)).status == 200
    assert shop.refresh(shop.redeem(shop.code(browser)).json["refresh_token"]).status == 200
    assert len(server.services.authentication.sessions.live(zoe.user.user_id)) == 50


WAYS: dict[str, Callable[[Browser], object]] = {
    "form": lambda browser: browser.log_in(),
    "JSON": lambda browser: log_in_by_json(browser, "/sessions", username="zoe"),
    "JSON sign-up": lambda browser: log_in_by_json(browser, "/users", username="amy", log_in=True),
}


def log_in_by_json(browser: Browser, path: str, **fields: object) -> None:
    body = json.dumps({**fields, "password": PASSWORD, "cookie": True}).encode()
    headers = {"Content-Type": "application/json", "Origin": ISSUER.removesuffix("/api")}
    assert browser.ask("POST", path, body=body, headers=headers).status == 201


@pytest.mark.parametrize("way", WAYS)
def test_a_log_in_ends_the_browsers_earlier_session_and_renews_its_name(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, way: str
) -> None:
    """SE-8, BR-2: by one doorway, whichever way; what was begun before counts for nothing."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    earlier, name = session_of(browser), browser.cookies[BROWSER]
    WAYS[way](browser)
    assert earlier not in sessions_of(server, zoe)
    assert browser.cookies[BROWSER] != name
    assert session_of(browser) != earlier
    assert browser.consent(page).status == 400
