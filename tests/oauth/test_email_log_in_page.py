"""Log-in by mail at the page: on the way to a client too, by a code in this browser or a link in any (SE-8, BR-2, EN-3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.store import Store
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.factors import ASKED, levels_of, person_of, show
from tests.oauth.server import ISSUER, SOURCE, App, Browser, Reply, Server, open_server, services
from tests.support import mailed

ADDRESS = "zoe@example.com"


@pytest.fixture
def server(store: Store, world: World, tmp_path: Path) -> Iterator[Server]:
    with open_server(services(store, world, tmp_path, MAIL="console:", EMAIL_LOG_IN="on")) as server:
        zoe = server.person("zoe")
        verification = server.services.ways_back.email_verification
        verification.set_by_operator(zoe.user.user_id, address=ADDRESS, source=SOURCE)
        yield server


@pytest.fixture
def shop(server: Server) -> App:
    return server.client()


@pytest.fixture
def browser(server: Server) -> Browser:
    return server.browser()


def ask(browser: Browser, path: str = "/email-login", email: str = ADDRESS) -> Reply:
    """Return the page that wants the code."""
    return browser.send("/email-login", {**browser.go(path).form, "email": email})


def code(server: Server) -> str:
    return mailed.last(server.services, "log_in").code


def link(server: Server) -> str:
    return mailed.last(server.services, "log_in").said["link"].removeprefix(ISSUER)


def test_it_is_offered_at_the_log_in_page_and_leads_on_to_the_client(
    server: Server, shop: App, browser: Browser
) -> None:
    page = browser.go(shop.authorize_url())
    path = page.text.partition('href="/api/email-login?request=')[2].partition('"')[0]
    page = ask(browser, f"/email-login?request={path}")
    page = browser.send("/email-login", {**page.form, "code": code(server)})
    assert 'value="allow"' in page.text
    assert "code" in browser.consent(page).parameters


def test_who_has_a_second_factor_shows_it_then_and_the_request_goes_on(
    server: Server, shop: App, browser: Browser, clock: Clock
) -> None:
    """MF-2, TH-4: a mail alone is one factor."""
    token = "__Host-cupbearer_session"
    browser.log_in()
    pat = person_of(
        server, clock, server.services.authentication.browser_sessions.find(browser.cookies[token])
    )
    pat.with_totp()
    browser.cookies.pop(token)
    request = browser.go(shop.authorize_url()).form["request"]
    page = ask(browser, f"/email-login?request={request}")
    page = browser.send("/email-login", {**page.form, "code": code(server)})
    assert (ASKED in page.text, token in browser.cookies) == (True, False)
    reply = browser.consent(show(browser, page, totp=pat.code()))
    assert levels_of(shop, reply) == ("urn:cupbearer:2", ["email", "otp", "mfa"])


def test_the_code_is_for_the_browser_that_asked(server: Server, browser: Browser) -> None:
    """SE-8."""
    page, other = ask(browser), server.browser()
    there = other.go("/email-login")
    refused = other.send("/email-login", {**there.form, "code": code(server)})
    assert (refused.status, "This code is wrong" in refused.text) == (400, True)
    done = browser.ask("POST", "/email-login", form={**page.form, "code": code(server).lower()})
    assert (done.status, done.location) == (303, f"{ISSUER}/account")
    assert "__Host-cupbearer_session" in browser.cookies


def test_the_link_asks_first_and_works_in_any_browser_once(server: Server, browser: Browser) -> None:
    """PW-7, BR-2: another site cannot log a browser in by it."""
    ask(browser)
    path, other = link(server), server.browser()
    for _ in range(3):
        page = other.go(path)
        assert (page.status, "zoe" in page.text) == (200, True)
    foreign = {"Origin": "https://evil.example"}
    assert other.ask("POST", "/email-login", form=page.form, headers=foreign).status == 400
    assert other.ask("POST", "/email-login", form=page.form).status == 303
    again = browser.go(path)
    assert (again.status, "This link opens nothing" in again.text) == (400, True)


def test_an_unknown_address_is_answered_alike(server: Server, browser: Browser) -> None:
    """EN-3."""
    known, unknown = (ask(server.browser(), email=email) for email in (ADDRESS, "nobody@example.com"))
    assert known.status == unknown.status == 200
    assert set(known.headers) == set(unknown.headers)
    assert "nobody@example.com" not in unknown.text
    wrong = browser.send("/email-login", {**ask(browser, email="no@where").form, "email": "no@where"})
    assert (wrong.status, wrong.form["email"]) == (400, "no@where")


def test_where_it_is_off_there_is_no_such_page_and_no_link_to_one(
    store: Store, world: World, tmp_path: Path
) -> None:
    with open_server(services(store, world, tmp_path, MAIL="console:")) as server:
        browser = server.browser()
        assert browser.go("/email-login").status == 403
        assert "/email-login" not in browser.go("/login").text
