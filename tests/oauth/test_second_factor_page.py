"""The second factor of a log-in at our pages: bound to its browser, its token in no URL and no page (MF-1, MF-2, SE-8, BR-2)."""

import re

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.authentication.pending_log_in import PREFIX
from tests.conftest import Clock
from tests.oauth.factors import ASKED, PAGE, PENDING, levels_of, passkey, show, with_totp
from tests.oauth.server import ISSUER, PASSWORD, App, Browser, Server
from tests.support.factor_people import Person

SESSION = "__Host-cupbearer_session"


@pytest.fixture
def pat(server: Server, clock: Clock, zoe: LogInResult) -> Person:
    return with_totp(server, clock, zoe)


def test_a_right_password_leads_to_the_page_and_logs_nobody_in(browser: Browser, pat: Person) -> None:
    """MF-2, BR-1."""
    form = browser.go("/login").form
    reply = browser.ask("POST", "/login", form={**form, "username": pat.username, "password": PASSWORD})
    assert (reply.status, reply.location) == (303, f"{ISSUER}{PAGE}")
    assert SESSION not in browser.cookies
    assert browser.cookies[PENDING].startswith(PREFIX)
    (line,) = (line for line in browser.set_cookies if line.startswith(PENDING))
    assert set(line.split("; ")[1:]) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=300"}
    page = browser.go(reply.location)
    assert (page.status, ASKED in page.text, PREFIX in page.text) == (200, True, False)


def test_a_code_ends_the_log_in_under_a_new_name_of_the_browser(browser: Browser, pat: Person) -> None:
    """SE-8."""
    page = browser.log_in()
    name = browser.cookies["__Host-cupbearer_browser"]
    reply = browser.ask("POST", PAGE, form={"csrf": page.form["csrf"], "totp": pat.code()})
    assert (reply.status, reply.location) == (303, f"{ISSUER}/account")
    assert {SESSION, "__Host-cupbearer_refresh"} < set(browser.cookies)
    assert (PENDING in browser.cookies, browser.cookies["__Host-cupbearer_browser"] == name) == (False, False)


def test_a_recovery_code_ends_it_as_well(browser: Browser, pat: Person) -> None:
    (code, *_) = pat.recovery_codes()
    show(browser, browser.log_in(), recovery_code=code)
    assert SESSION in browser.cookies


def test_so_does_a_passkey(browser: Browser, shop: App, pat: Person) -> None:
    device = pat.with_passkey()
    page = browser.log_in(browser.go(shop.authorize_url()))
    page = show(browser, page, passkey=passkey(browser, device))
    assert levels_of(shop, browser.consent(page))[1] == ["pwd", "hwk", "user", "mfa"]


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "[" * 5000])
def test_a_passkey_that_is_no_object_is_refused(browser: Browser, pat: Person, text: str) -> None:
    assert show(browser, browser.log_in(), passkey=text).status == 400
    assert SESSION not in browser.cookies


@pytest.mark.parametrize(
    "shown", [{"totp": "000000x"}, {"recovery_code": "x"}, {}, {"totp": "1", "recovery_code": "2"}]
)
def test_a_wrong_answer_shows_the_form_again_and_the_right_one_still_counts(
    browser: Browser, pat: Person, shown: dict[str, str]
) -> None:
    page = show(browser, browser.log_in(), **shown)
    assert (page.status, ASKED in page.text, SESSION in browser.cookies) == (400, True, False)
    show(browser, page, totp=pat.code())
    assert SESSION in browser.cookies


def test_too_many_wrong_codes_have_to_wait(browser: Browser, pat: Person) -> None:
    """TH-1."""
    page = browser.log_in()
    replies = [show(browser, page, totp="000000x") for _ in range(8)]
    assert replies[-1].status == 429
    assert int(replies[-1].headers["Retry-After"]) > 0
    assert show(browser, page, totp=pat.code()).status == 429


def test_a_code_counts_once(server: Server, browser: Browser, pat: Person) -> None:
    """MF-1."""
    code = pat.code()
    show(browser, browser.log_in(), totp=code)
    other = server.browser()
    assert show(other, other.log_in(), totp=code).status == 400
    assert SESSION not in other.cookies


def test_a_request_of_an_application_is_not_lost_on_the_way(browser: Browser, shop: App, pat: Person) -> None:
    """OP-9, MF-4: and its ID token tells the truth."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    assert "<strong>Shop</strong>" in page.text
    page = show(browser, show(browser, page, totp="000000x"), totp=pat.code())
    assert levels_of(shop, browser.consent(page)) == ("urn:cupbearer:2", ["pwd", "otp", "mfa"])


def test_the_page_may_lead_to_the_application(browser: Browser, shop: App, pat: Person) -> None:
    """BR-4: browsers hold redirects after a form to ``form-action``; where consent was given they lead there at once."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    assert "form-action 'self' https://shop.example;" in page.headers["Content-Security-Policy"] + ";"


def test_after_five_minutes_the_log_in_is_over_and_the_request_is_not(
    browser: Browser, shop: App, clock: Clock, pat: Person
) -> None:
    """MF-2."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    clock.advance(301)
    late = show(browser, page, totp=pat.code())
    assert (late.status, "log in again" in late.text, SESSION in browser.cookies) == (400, True, False)
    again = re.search(r'href="([^"]+/login\?request=[^"]+)"', late.text)
    assert again is not None
    page = browser.log_in(browser.go(again[1]))
    assert 'value="allow"' in show(browser, page, totp=pat.code()).text


def test_without_a_log_in_the_page_leads_to_one(server: Server) -> None:
    assert 'name="password"' in server.browser().go(PAGE).text


def test_the_token_is_worth_nothing_in_another_browser(server: Server, browser: Browser, pat: Person) -> None:
    """SE-8."""
    browser.log_in()
    thief = server.browser()
    thief.go("/login")
    thief.cookies[PENDING] = browser.cookies[PENDING]
    assert ASKED not in thief.go(PAGE).text


def test_a_form_of_one_log_in_is_none_of_another(browser: Browser, pat: Person) -> None:
    """BR-2: what was typed for one person proves nothing of the next."""
    page = browser.log_in()
    browser.log_in()
    assert show(browser, page, totp=pat.code()).status == 400
    assert SESSION not in browser.cookies


def test_a_form_from_another_site_is_refused(browser: Browser, pat: Person) -> None:
    """BR-2."""
    fields = {"csrf": browser.log_in().form["csrf"], "totp": pat.code()}
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.ask("POST", PAGE, form=fields, headers=foreign).status == 400
    assert browser.ask("POST", PAGE, form={"totp": pat.code()}).status == 400
    assert SESSION not in browser.cookies


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_it_leads_back_to_nowhere_but_here(browser: Browser, pat: Person, path: str) -> None:
    """BR-6."""
    fields = {"csrf": browser.log_in().form["csrf"], "totp": pat.code(), "return_to": path}
    reply = browser.ask("POST", PAGE, form=fields)
    assert (reply.status, reply.headers.get("Location")) == (400, None)


def test_a_remembered_browser_shows_the_password_alone(browser: Browser, shop: App, pat: Person) -> None:
    """MF-4: and says no more than that."""
    page = show(browser, browser.log_in(browser.go(shop.authorize_url())), totp=pat.code(), remember="yes")
    browser.consent(page)
    pat.under_test.clock.advance(1)
    reply = browser.log_in(browser.go(shop.authorize_url(prompt="login")))
    assert levels_of(shop, reply) == ("urn:cupbearer:1", ["pwd"])


@pytest.mark.parametrize(
    ("flags", "wished", "told"),
    [
        (5, "phr", "phr"),
        (29, "phrh phr", "phr"),
        (5, "phrh", "urn:cupbearer:2"),
        (5, None, "urn:cupbearer:2"),
    ],
)
def test_a_passkey_alone_at_the_log_in_page_is_enough(
    browser: Browser, shop: App, pat: Person, flags: int, wished: str | None, told: str
) -> None:
    """MF-4: ``phrh`` is never said, as nobody attests where a key is kept."""
    device = pat.with_passkey(flags=flags)
    page = browser.go(shop.authorize_url(acr_values=wished))
    page = browser.send("/passkey", {**page.form, "passkey": passkey(browser, device, alone=True)})
    assert levels_of(shop, browser.consent(page))[0] == told


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "1" * 70_000, '{"a":' * 3000])
def test_what_is_no_passkey_is_no_log_in(browser: Browser, text: str) -> None:
    page = browser.go("/login")
    assert browser.send("/passkey", {**page.form, "passkey": text}).status in (400, 401)
