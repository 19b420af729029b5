"""The forms to come in, sent by the page's own script: it is told where to go or what is wrong, and keeps what was typed."""

import pytest

from tests.conftest import Clock
from tests.oauth.server import ISSUER, PASSWORD, App, Browser, Reply, Server

BY_SCRIPT = {
    "Accept": "application/json",
    "Origin": ISSUER.removesuffix("/api"),
    "Sec-Fetch-Site": "same-origin",
}


def _sent(browser: Browser, path: str, fields: dict[str, str], **headers: str) -> Reply:
    return browser.ask("POST", path, form=fields, headers={**BY_SCRIPT, **headers})


def test_a_log_in_is_told_where_it_leads_and_sets_the_same_cookies(server: Server, browser: Browser) -> None:
    by_form = server.browser()
    by_form.send("/login", {**by_form.go("/login").form, "username": "zoe", "password": PASSWORD})
    reply = _sent(browser, "/login", {**browser.go("/login").form, "username": "zoe", "password": PASSWORD})
    assert (reply.status, reply.json) == (200, {"location": f"{ISSUER}/account"})
    assert "Location" not in reply.headers
    assert set(browser.cookies) == set(by_form.cookies)


def test_a_log_in_for_an_application_leads_on_to_its_consent(shop: App, browser: Browser) -> None:
    page = browser.go(shop.authorize_url())
    reply = _sent(browser, "/login", {**page.form, "username": "zoe", "password": PASSWORD})
    assert 'value="allow"' in browser.go(reply.json["location"]).text


def test_what_is_wrong_is_a_problem_document_and_logs_nobody_in(browser: Browser) -> None:
    page = browser.go("/login")
    reply = _sent(browser, "/login", {**page.form, "username": "zoe", "password": "wrong wrong"})
    assert (reply.status, reply.json["code"]) == (401, "invalid_credentials")
    assert set(browser.cookies) == {"__Host-cupbearer_browser"}
    assert "wrong wrong" not in reply.text


def test_a_newcomer_is_told_every_fault_at_once(browser: Browser) -> None:
    wrong = {"username": "a@b", "password": "password1", "email": "nowhere"}
    reply = _sent(browser, "/signup", {**browser.go("/signup").form, **wrong})
    assert (reply.status, set(reply.json["errors"])) == (400, set(wrong))


@pytest.mark.parametrize("path", ["/login", "/signup"])
@pytest.mark.parametrize(
    "forged", [{"csrf": "x"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_that_is_not_ours_is_refused_a_script_too(
    browser: Browser, path: str, forged: dict[str, str]
) -> None:
    """BR-2."""
    fields = {**browser.go(path).form, "username": "zoe", "password": PASSWORD}
    fields |= {name: value for name, value in forged.items() if name in fields}
    headers = {name: value for name, value in forged.items() if name not in fields}
    reply = _sent(browser, path, fields, **headers)
    assert (reply.status, reply.json["code"]) == (400, "invalid_request")
    assert "Set-Cookie" not in reply.headers


def test_a_request_that_was_begun_in_another_browser_is_refused_in_words(
    server: Server, shop: App, browser: Browser
) -> None:
    """OP-7."""
    elsewhere = server.browser().go(shop.authorize_url()).form["request"]
    fields = {**browser.go("/login").form, "request": elsewhere, "username": "zoe", "password": PASSWORD}
    reply = _sent(browser, "/login", fields)
    assert reply.status == 400
    assert "another browser" in reply.json["detail"]


def test_who_is_logged_in_is_told_so_and_may_go_on_change_or_log_out(browser: Browser) -> None:
    browser.log_in()
    page = browser.go("/login")
    assert "You are logged in" in page.text
    assert "as <strong>Zoë</strong>." in page.text
    assert f'href="{ISSUER.removeprefix("https://auth.example.com")}/account"' in page.text
    assert "Log in as somebody else" in page.text
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    left = browser.ask("POST", "/oauth/logout", form=_log_out_fields(page), headers=own)
    assert "You are logged out" in left.text
    assert "__Host-cupbearer_session" not in browser.cookies
    assert "You are logged in" not in browser.go("/login").text


def test_who_is_logged_in_and_has_to_log_in_again_is_told_for_which_application(
    shop: App, browser: Browser, clock: Clock
) -> None:
    browser.log_in()
    clock.advance(11)
    page = browser.go(shop.authorize_url(prompt="login"))
    assert "To go on to <strong>Shop</strong>, log in again below." in page.text
    assert "Go on to your account" not in page.text


def _log_out_fields(page: Reply) -> dict[str, str]:
    """Return the fields of the first form of the page."""
    return Reply(page.status, {}, page.text.partition("</form>")[0]).form
