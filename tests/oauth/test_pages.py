"""Log-in, sign-up, consent: bound to the browser, safe from other sites, leading only back (BR-1, BR-2, OP-7, SE-8)."""

import pytest

from chalicelib.authentication.log_in import LogInResult
from tests.conftest import Clock
from tests.oauth.server import ISSUER, PASSWORD, App, Browser, Server


def test_a_plain_log_in_leads_to_the_account_and_sets_safe_cookies(browser: Browser) -> None:
    """BR-1."""
    page = browser.go("/login")
    reply = browser.ask("POST", "/login", form={**page.form, "username": "zoe", "password": PASSWORD})
    assert (reply.status, reply.location) == (303, f"{ISSUER}/account")
    assert set(browser.cookies) == {
        "__Host-cupbearer_session",
        "__Host-cupbearer_browser",
        "__Host-cupbearer_refresh",
    }
    for line in browser.set_cookies:
        assert {"Path=/", "Secure", "HttpOnly"} <= set(line.split("; "))
        assert "SameSite=Lax" in line or "SameSite=Strict" in line
        assert "Domain" not in line


def test_a_sign_up_at_the_page_logs_in(server: Server, shop: App) -> None:
    browser = server.browser()
    page = browser.go("/signup?request=" + browser.go(shop.authorize_url()).form["request"])
    page = browser.send("/signup", {**page.form, "username": "newcomer", "password": PASSWORD})
    assert 'value="allow"' in page.text
    assert "code" in browser.consent(page).parameters


def test_a_sign_up_that_is_sent_twice_is_one_sign_up(server: Server, shop: App) -> None:
    """A double click, or a second try after the answer was lost: the browser has the cookies of before."""
    browser = server.browser()
    page = browser.go("/signup?request=" + browser.go(shop.authorize_url()).form["request"])
    fields, before = {**page.form, "username": "newcomer", "password": PASSWORD}, dict(browser.cookies)
    browser.send("/signup", fields)
    browser.cookies = dict(before)
    page = browser.send("/signup", fields)
    assert 'value="allow"' in page.text
    assert "code" in browser.consent(page).parameters


def test_each_sign_up_form_makes_an_account_of_its_own(server: Server) -> None:
    browser = server.browser()
    for name in ("one", "two"):
        page = browser.go("/signup")
        browser.send("/signup", {**page.form, "username": name, "password": PASSWORD})
        assert server.services.accounts.users.id_of(name)
    again = server.browser()
    reply = again.send("/signup", {**again.go("/signup").form, "username": "one", "password": PASSWORD})
    assert (reply.status, "This user name is taken." in reply.text) == (409, True)


@pytest.mark.parametrize("field", ["username", "password"])
def test_a_wrong_log_in_shows_the_form_again_and_sets_nothing(browser: Browser, field: str) -> None:
    page = browser.go("/login")
    fields = {**page.form, "username": "zoe", "password": PASSWORD, field: "wrong wrong"}
    reply = browser.send("/login", fields)
    assert reply.status == 400
    assert "The user name or the password is wrong." in reply.text
    assert "wrong wrong" not in reply.text or field == "username"
    assert reply.form["password"] == ""
    assert set(browser.cookies) == {"__Host-cupbearer_browser"}


def test_a_taken_name_is_told_at_the_form(browser: Browser) -> None:
    page = browser.go("/signup")
    reply = browser.send("/signup", {**page.form, "username": "zoe", "password": PASSWORD})
    assert (reply.status, "This user name is taken." in reply.text) == (409, True)


@pytest.mark.parametrize("path", ["/login", "/signup"])
@pytest.mark.parametrize(
    "tampered",
    [
        {"csrf": ""},
        {"csrf": "x"},
        {"Cookie": ""},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_that_is_not_ours_is_refused(
    server: Server, browser: Browser, path: str, tampered: dict[str, str]
) -> None:
    """BR-2: log-in included."""
    page = browser.go(path)
    fields = {**page.form, "username": "zoe", "password": PASSWORD}
    fields |= {name: value for name, value in tampered.items() if name in fields}
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {"Cookie": cookie, **{name: value for name, value in tampered.items() if name not in fields}}
    reply = server.ask("POST", path, form=fields, headers=headers)
    assert reply.status == 400
    assert "Set-Cookie" not in reply.headers
    assert "Location" not in reply.headers


def test_a_form_given_to_another_browser_is_refused(server: Server, browser: Browser) -> None:
    other = server.browser()
    page = other.go("/login")
    browser.go("/login")
    assert browser.log_in(page).status == 400


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
def test_another_content_type_is_no_form(browser: Browser, kind: str) -> None:
    page = browser.go("/login")
    assert browser.ask("POST", "/login", form=page.form, headers={"Content-Type": kind}).status == 400


def test_another_browsers_link_is_refused(server: Server, shop: App, browser: Browser) -> None:
    """OP-7: what one browser began no other goes on with."""
    link = browser.ask("GET", shop.authorize_url()).location
    other = server.browser()
    other.log_in()
    for path in (link, link.replace("/login?", "/consent?"), link.replace("/login?", "/continue?")):
        assert other.go(path).status == 400
    assert browser.go(link).status == 200


def test_a_link_begun_before_a_log_in_counts_no_more_after_it(shop: App, browser: Browser) -> None:
    """SE-8: the browser gets a new name when somebody logs in."""
    link = browser.ask("GET", shop.authorize_url()).location
    before = browser.cookies["__Host-cupbearer_browser"]
    browser.log_in()
    assert browser.cookies["__Host-cupbearer_browser"] != before
    assert browser.go(link).status == 400


def test_a_link_lives_half_an_hour(shop: App, browser: Browser, clock: Clock) -> None:
    link = browser.ask("GET", shop.authorize_url()).location
    clock.advance(30 * 60)
    assert browser.go(link).status == 400


@pytest.mark.parametrize(
    "value", ["x", "a.1.e30.00", "https://evil.example", "//evil.example", "/\\evil.example"]
)
@pytest.mark.parametrize("path", ["/login", "/signup", "/consent", "/continue"])
def test_nothing_but_a_sealed_request_leads_anywhere(browser: Browser, path: str, value: str) -> None:
    """BR-6."""
    reply = browser.ask("GET", f"{path}?request={value}")
    assert (reply.status, "Location" in reply.headers) == (400, False)


def test_a_tampered_request_is_refused(shop: App, browser: Browser) -> None:
    """OP-4: every character of it counts."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    text = page.form["request"]
    for place in range(0, len(text), 37):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert browser.send("/consent", {**page.form, "request": changed, "decision": "allow"}).status == 400


def test_consent_needs_its_own_proof_person_and_request(server: Server, shop: App, browser: Browser) -> None:
    """OP-7: not another request's, not another person's, not a log-in form's."""
    login = browser.go("/login").form["csrf"]
    page = browser.log_in(browser.go(shop.authorize_url()))
    other = browser.go(shop.authorize_url(state="another"))
    for csrf in (login, other.form["csrf"], "x", ""):
        assert browser.send("/consent", {**page.form, "csrf": csrf, "decision": "allow"}).status == 400
    server.person("amy")
    browser.cookies["__Host-cupbearer_session"] = _log_in_elsewhere(server, "amy")
    assert browser.consent(page).status == 400


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "10"}, {"id_token_hint": "of amy"}])
def test_a_log_in_that_does_not_fit_the_request_is_none_at_the_consent_page_either(
    server: Server, shop: App, browser: Browser, clock: Clock, changes: dict[str, str]
) -> None:
    """OP-4, OP-7: what was sealed for the log-in page opens at ours, and leads back to the log-in."""
    server.person("amy")
    if "id_token_hint" in changes:
        hint = shop.redeem(shop.code(browser)).json["id_token"]
        browser = server.browser()
        browser.log_in(username="amy")
        changes = {"id_token_hint": hint}
    else:
        browser.log_in()
    earlier = browser.go(shop.authorize_url(prompt="consent")).form
    clock.advance(11)
    login = browser.ask("GET", shop.authorize_url(**changes)).location
    assert login.startswith(f"{ISSUER}/login?")
    shown = browser.ask("GET", login.replace("/login?", "/consent?"))
    assert (shown.status, shown.location.startswith(f"{ISSUER}/login?")) == (303, True)
    sealed = browser.go(login).form["request"]
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    fields = {**earlier, "request": sealed, "decision": "allow"}
    decided = browser.ask("POST", "/consent", form=fields, headers=own)
    assert (decided.status, decided.location.startswith(f"{ISSUER}/login?")) == (303, True)


def _log_in_elsewhere(server: Server, username: str) -> str:
    other = server.browser()
    other.log_in(username=username)
    return other.cookies["__Host-cupbearer_session"]


@pytest.mark.parametrize("decision", ["deny", "", "ALLOW"])
def test_a_refused_consent_gives_nothing(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, decision: str
) -> None:
    page = browser.log_in(browser.go(shop.authorize_url()))
    reply = browser.consent(page, decision)
    assert reply.parameters["error"] == "access_denied"
    assert "consent_refused" in server.events(zoe.user.user_id)
    assert server.services.oauth.consents.of(zoe.user.user_id) == ()


def test_what_the_server_holds_counts_at_the_last_step(server: Server, shop: App, browser: Browser) -> None:
    """OP-4: the client was disabled after the consent page was shown."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    server.services.oauth.clients.set_disabled(shop.client_id, disabled=True)
    reply = browser.consent(page)
    assert (reply.status, "Location" in reply.headers) == (400, False)


def test_a_new_log_in_at_a_browser_ends_the_one_before(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    browser.log_in()
    browser.log_in(browser.go("/login"))
    assert (
        len(server.services.authentication.sessions.live(zoe.user.user_id)) == 2
    )  # the fixture's own, and the last


def test_many_wrong_log_ins_are_told_to_wait(browser: Browser) -> None:
    page = browser.go("/login")
    fields = {**page.form, "username": "zoe", "password": "wrong wrong"}
    replies = [browser.send("/login", fields) for _ in range(12)]
    assert replies[-1].status == 429
    assert int(replies[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize("kind", ["refresh token", "access token", "cut", "changed"])
def test_only_a_browser_token_is_a_browser_session(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, kind: str
) -> None:
    """TK-7, TK-10."""
    shop.code(browser)
    good = browser.cookies["__Host-cupbearer_session"]
    assert good.startswith("cbb_")
    other = {
        "refresh token": zoe.refresh_token,
        "access token": zoe.access_token,
        "cut": good[:-1],
        "changed": good[:-1] + ("0" if good[-1] != "0" else "1"),
    }[kind]
    browser.cookies["__Host-cupbearer_session"] = other
    assert browser.ask("GET", shop.authorize_url(prompt="none")).parameters["error"] == "login_required"
    body = b'{"refresh_token": "%s"}' % good.encode()
    answer = server.ask("POST", "/sessions/refresh", body=body, headers={"Content-Type": "application/json"})
    assert answer.status == 401


def test_a_log_in_of_our_own_scripts_serves_the_pages_too(
    server: Server, shop: App, browser: Browser
) -> None:
    shop.code(browser)
    script = server.browser()
    body = b'{"username": "zoe", "password": "%s", "cookie": true}' % PASSWORD.encode()
    reply = script.ask("POST", "/sessions", body=body, headers={"Content-Type": "application/json"})
    assert reply.status == 201
    assert "code" in script.ask("GET", shop.authorize_url(prompt="none")).parameters
    bearer = {"Authorization": f"Bearer {reply.json['access_token']}"}
    assert script.ask("DELETE", "/sessions/current", headers=bearer).status == 204
    assert set(script.cookies) <= {"__Host-cupbearer_browser"}


def test_bad_requests_from_a_logged_in_browser_stand_in_the_trail_once_an_hour(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, clock: Clock
) -> None:
    """DS-3, LG-1: any page can send a browser here as often as it likes."""
    browser.log_in()
    for hour in (1, 2):
        for _ in range(5):
            assert browser.ask("GET", "/oauth/authorize?client_id=nobody&redirect_uri=x").status == 400
            assert browser.ask("GET", shop.authorize_url(response_type="token")).status == 303
        assert server.events(zoe.user.user_id).count("request_refused") == 2 * hour
        clock.advance(3600)


def test_what_was_tampered_with_stands_in_the_trail(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    """LG-1: a person's forms and links in theirs, a client's requests in its own; a stranger's in none (DS-3)."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    browser.send("/consent", {**page.form, "csrf": "x", "decision": "allow"})
    assert server.events(zoe.user.user_id).count("request_refused") == 1
    shop.redeem("cbc_" + "x" * 43)
    assert server.events(f"client:{shop.client_id}").count("request_refused") == 1
    server.browser().go("/consent?request=x")
    assert server.events(zoe.user.user_id).count("request_refused") == 1


def test_the_pages_say_what_proves_an_address_where_mail_is_sent(browser: Browser) -> None:
    """Where none is sent: tests/web/test_mailed_pages.py."""
    assert "We send you a link" in browser.go("/signup").text
    assert "User name or verified e-mail" in browser.go("/login").text
    assert "A new one counts once you open the link" in browser.go("/account").text
