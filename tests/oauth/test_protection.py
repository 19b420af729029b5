"""What protects a browser at our pages, stated here: the policy of each page, the cookies, the name of the browser (BR)."""

import pytest

from tests.conftest import Clock
from tests.oauth.server import PASSWORD, App, Browser, Reply

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NAME = "__Host-cupbearer_browser"
OF_THE_BROWSER = {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
COOKIES = {
    NAME: OF_THE_BROWSER,
    "__Host-cupbearer_session": OF_THE_BROWSER | {"Max-Age=7776000"},
    "__Host-cupbearer_refresh": {"Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=1209600"},
}


def policy_of(reply: Reply) -> dict[str, str]:
    parts = (part.split(" ", 1) for part in reply.headers["Content-Security-Policy"].split("; "))
    return {name: sources for name, sources in parts if name}


def pages(shop: App, browser: Browser) -> dict[str, Reply]:
    """Every page there is, and whether it is a refusal."""
    found = {path: browser.ask("GET", path) for path in ("/", "/account", "/login", "/signup")}
    found["refused"] = browser.ask("GET", shop.authorize_url(redirect_uri="https://evil.example/"))
    found["wrong password"] = browser.log_in(password="not this one at all")
    found["consent"] = browser.log_in(browser.go(shop.authorize_url()))
    found["device"] = browser.ask("GET", "/device")
    found["log-out"] = browser.ask("GET", "/oauth/logout")
    return found


def test_the_policy_of_every_page_is_this_one(shop: App, browser: Browser) -> None:
    """BR-4: nothing inline, no other base for its links, no frame around it; a consent leads to its client as well."""
    found = pages(shop, browser)
    assert {name: reply.status for name, reply in found.items() if reply.status != 200} == {
        "refused": 400,
        "wrong password": 400,
    }
    for name, reply in found.items():
        more = {"form-action": "'self' https://shop.example"} if name == "consent" else {}
        assert policy_of(reply) == POLICY | more, name
        assert {header: reply.headers.get(header) for header in HEADERS} == HEADERS, name


def test_what_is_a_persons_own_is_kept_by_no_cache(shop: App, browser: Browser) -> None:
    for name, reply in pages(shop, browser).items():
        wanted = "no-cache" if name in ("/", "/account") else "no-store"  # those two hold nobody's data
        assert reply.headers["Cache-Control"] == wanted, name


def cookies_of(browser: Browser) -> dict[str, set[str]]:
    lines = [line.split("; ") for line in browser.set_cookies]
    return {first.partition("=")[0]: set(rest) for first, *rest in lines}


@pytest.mark.parametrize("path", ["/login", "/signup"])
def test_each_cookie_of_a_log_in_is_kept_from_scripts_and_from_other_sites(
    browser: Browser, path: str
) -> None:
    """BR-1: the prefix makes browsers demand Secure and Path=/ and refuse a Domain."""
    name = {"/login": "zoe", "/signup": "amy"}[path]
    browser.send(path, {**browser.go(path).form, "username": name, "password": PASSWORD})
    assert cookies_of(browser) == COOKIES


@pytest.mark.parametrize("path", ["/login", "/signup"])
@pytest.mark.parametrize("pending", [False, True])
def test_the_browser_has_a_new_name_after_each_way_in(
    shop: App, browser: Browser, path: str, *, pending: bool
) -> None:
    """SE-8: who planted the name before the log-in does not know it afterwards."""
    page = browser.go(shop.authorize_url() if pending else "/login")
    page = browser.go(path + (f"?request={page.form['request']}" if pending else ""))
    before = browser.cookies[NAME]
    name = {"/login": "zoe", "/signup": "amy"}[path]
    browser.send(path, {**page.form, "username": name, "password": PASSWORD})
    assert "__Host-cupbearer_session" in browser.cookies
    assert browser.cookies[NAME] != before


def test_a_form_of_one_kind_is_no_form_of_another(browser: Browser) -> None:
    """BR-2: the proof in a form is for one purpose, one browser and, where it acts for somebody, one log-in."""
    login, signup = browser.go("/login").form["csrf"], browser.go("/signup").form["csrf"]
    sent = {"username": "zoe", "password": PASSWORD}
    assert browser.send("/login", {"csrf": signup, **sent}).status == 400
    assert browser.send("/signup", {"csrf": login, "username": "amy", "password": PASSWORD}).status == 400
    browser.log_in()
    out = browser.go("/oauth/logout")
    assert browser.send("/oauth/logout", {**out.form, "csrf": login}).status == 400
    browser.log_in()  # another session at the same browser
    assert browser.send("/oauth/logout", out.form).status == 400


@pytest.mark.parametrize("planted", ["x", "a" * 25, "a" * 27, "A" * 26, "a" * 25 + "1", "a b " + "c" * 22])
def test_a_name_that_we_never_gave_a_browser_is_replaced(browser: Browser, planted: str) -> None:
    """SE-8: what is bound to the browser is bound to a name of chance."""
    browser.cookies[NAME] = planted
    browser.go("/login")
    assert browser.cookies[NAME] != planted


def test_a_form_is_good_for_an_hour(browser: Browser, clock: Clock) -> None:
    """BR-2: what somebody finds later in a copy of a page sends nothing."""
    early, late = browser.go("/login"), browser.go("/login")
    clock.advance(59 * 60)
    assert browser.log_in(early, password="not this one at all").form["csrf"]
    clock.advance(2 * 60)
    refused = browser.log_in(late)
    assert (refused.status, "too old" in refused.text) == (400, True)
