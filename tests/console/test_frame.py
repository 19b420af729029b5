"""Who may come into the console, and whose forms change anything (CO-1, CO-2)."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest

from chalicelib.accounts.administration import Authority
from chalicelib.authentication.log_in import LogInResult
from chalicelib.store import Store
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth import factors
from tests.oauth.server import ISSUER, PASSWORD, SOURCE, Browser, Server, open_server, services

PATH = "/console"
HOUR = 60 * 60


def test_a_stranger_logs_in_first_and_comes_back(browser: Browser, ada: LogInResult) -> None:
    """CO-1."""
    page = browser.go(f"{PATH}?after=000")
    assert 'name="password"' in page.text
    fields = {**page.form, "username": "ada", "password": PASSWORD}
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert browser.ask("POST", "/login", form=fields, headers=own).location == f"{ISSUER}{PATH}?after=000"
    assert "<h1>People</h1>" in browser.go(PATH).text


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil", "https://evil.example/"])
def test_a_log_in_leads_to_our_own_paths_only(browser: Browser, path: str) -> None:
    """BR-6."""
    assert browser.ask("GET", f"/login?return_to={path}").status == 400


def test_who_lacks_the_scope_is_told_so_and_sees_nobody(browser: Browser, zoe: LogInResult) -> None:
    """CO-1."""
    browser.log_in()
    reply = browser.go(PATH)
    assert reply.status == 403
    assert "users:read" in reply.text
    assert "<h1>People</h1>" not in reply.text


def test_a_scope_that_is_taken_away_closes_it_at_once(
    server: Server, browser: Browser, ada: LogInResult
) -> None:
    """CO-1: the session goes on, and opens it no more."""
    browser.log_in(username="ada")
    assert browser.go(PATH).status == 200
    server.services.accounts.administration.administer(
        ada.user.user_id, granted=frozenset(), source=SOURCE, by=Authority(force=True)
    )
    assert browser.go(PATH).status == 403


def test_a_second_factor_of_the_last_hour_is_asked_for_and_leads_back(
    server: Server, browser: Browser, ada: LogInResult, clock: Clock
) -> None:
    """CO-1."""
    person = factors.with_totp(server, clock, ada)
    factors.show(browser, browser.log_in(username="ada"), totp=person.code())
    assert browser.go(PATH).status == 200
    clock.advance(HOUR + 61)
    asked = browser.go(f"{PATH}?after=000")
    assert "Now show your second factor" in asked.text
    done = factors.show(browser, asked, totp=person.code())
    assert "<h1>People</h1>" in done.text


def test_a_form_that_comes_when_the_hour_is_over_is_told_that_nothing_was_done(
    server: Server, browser: Browser, ada: LogInResult, zoe: LogInResult, clock: Clock
) -> None:
    """CO-1."""
    person = factors.with_totp(server, clock, ada)
    factors.show(browser, browser.log_in(username="ada"), totp=person.code())
    address = f"{PATH}/people/{zoe.user.user_id}"
    typed = browser.go(address).form | {"act": "disable"}
    clock.advance(HOUR + 61)
    late = browser.send(address, typed)
    assert (late.status, "<h1>Nothing has been done</h1>" in late.text) == (403, True)
    asked = browser.go(unescape(re.findall(r'href="/api(/login/second-factor[^"]*)"', late.text)[0]))
    assert not server.services.accounts.users.require(zoe.user.user_id).disabled
    back = factors.show(browser, asked, totp=person.code())
    assert browser.send(address, back.form | {"act": "disable"}).status == 200
    assert server.services.accounts.users.require(zoe.user.user_id).disabled


def test_a_form_that_comes_when_the_log_in_is_over_is_told_that_nothing_was_done(
    browser: Browser, ada: LogInResult, zoe: LogInResult, clock: Clock
) -> None:
    browser.log_in(username="ada")
    address = f"{PATH}/people/{zoe.user.user_id}"
    typed = browser.go(address).form | {"act": "disable"}
    clock.advance(400 * 24 * HOUR)
    late = browser.send(address, typed)
    assert late.status == 403
    assert f'href="/api/login?return_to={quote(address, safe="")}"' in late.text


def test_where_its_scope_takes_a_second_factor_who_has_none_is_told_so_and_sees_nobody(
    store: Store, world: World, tmp_path: Path
) -> None:
    """CO-1: there is none to ask for, and the log-in does not hold the scope."""
    with open_server(services(store, world, tmp_path, SECOND_FACTOR_SCOPES="users:read")) as server:
        server.person("ada", granted="users:read users:write")
        browser = server.browser()
        browser.log_in(username="ada")
        page = browser.go(PATH)
    assert (page.status, "<h1>People</h1>" in page.text) == (403, False)
    assert "It takes a second factor. Add one to your account" in page.text


@pytest.mark.parametrize(("scopes", "shown"), [("get:profile", False), ("users:read", True)])
def test_the_account_page_leads_operators_to_it(
    server: Server, browser: Browser, scopes: str, shown: bool
) -> None:
    server.person("eve", granted=scopes)
    browser.log_in(username="eve")
    assert ('href="/api/console"' in browser.go("/account/plain").text) is shown
