"""The account by forms: only our own form of this very log-in acts, and what is sensitive asks for a fresh proof (BR-2, MF-3)."""

import pytest

from chalicelib.authentication.log_in import LogInResult
from tests.conftest import Clock
from tests.oauth.server import ISSUER, PASSWORD, Browser, Reply, Server

PATH = "/account/plain"


def _send(browser: Browser, page: Reply, **fields: str) -> Reply:
    return browser.send(PATH, {"csrf": page.form["csrf"], **fields})


def _address(server: Server, person: LogInResult) -> str | None:
    return server.services.accounts.users.require(person.user.user_id).email


def test_nobody_is_led_to_the_log_in(browser: Browser) -> None:
    assert browser.ask("GET", PATH).location == f"{ISSUER}/login"


@pytest.mark.parametrize("csrf", ["", "x", "of the log-in page"])
def test_a_form_that_is_not_of_this_page_changes_nothing(
    server: Server, browser: Browser, zoe: LogInResult, csrf: str
) -> None:
    browser.log_in()
    token = browser.go("/login").form["csrf"] if csrf.startswith("of") else csrf
    reply = browser.send(PATH, {"csrf": token, "act": "email", "email": "evil@example.com"})
    assert reply.status == 400
    assert _address(server, zoe) == "zoe@example.com"


def test_another_persons_log_in_at_the_browser_does_not_send_the_form(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    browser.log_in()
    page = browser.go(PATH)
    server.person("amy")
    browser.log_in(browser.go("/login"), username="amy")
    assert _send(browser, page, act="email", email="evil@example.com").status == 400


def test_an_old_log_in_is_asked_for_the_password_and_what_was_typed_is_kept(
    server: Server, browser: Browser, zoe: LogInResult, clock: Clock
) -> None:
    browser.log_in()
    clock.advance(6 * 60)
    asked = _send(browser, browser.go(PATH), act="email", email="zoe@example.org")
    assert "Is it you?" in asked.text
    assert (asked.form["act"], asked.form["email"]) == ("email", "zoe@example.org")
    wrong = _send(browser, asked, act="email", email="zoe@example.org", password="wrong wrong")
    assert "wrong wrong" not in wrong.text
    assert _address(server, zoe) == "zoe@example.com"
    done = _send(browser, wrong, act="email", email="zoe@example.org", password=PASSWORD)
    assert "Your address is changed" in done.text
    assert _address(server, zoe) == "zoe@example.org"


def test_another_session_is_ended_and_no_act_is_invented(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    browser.log_in()
    page = browser.go(PATH)
    _send(browser, page, act="end", session=zoe.session_id)
    assert len(server.services.authentication.sessions.live(zoe.user.user_id)) == 1
    assert _send(browser, page, act="delete").status == 400
