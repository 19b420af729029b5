"""The account by forms: only our own form of this very log-in acts, and what is sensitive asks for a fresh proof (BR-2, MF-3)."""

import pytest

from chalicelib.authentication.log_in import LogInResult
from tests.conftest import Clock
from tests.oauth import factors
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


@pytest.mark.parametrize("has_app", [False, True])
@pytest.mark.parametrize("act", ["app", "codes", "remove"])
def test_what_guards_the_account_asks_for_a_proof_of_the_last_five_minutes(
    server: Server, browser: Browser, zoe: LogInResult, clock: Clock, act: str, has_app: bool
) -> None:
    """MF-3: the second factor of who has one, and then the password is none."""
    person = factors.with_totp(server, clock, zoe) if has_app else None
    browser.log_in() if person is None else factors.show(browser, browser.log_in(), totp=person.code())
    clock.advance(6 * 60)
    form = {"act": act, "factor": "totp"}
    asked = _send(browser, browser.go(PATH), **form)
    assert "Is it you?" in asked.text
    if person is None:
        return
    assert "Is it you?" in _send(browser, asked, **form, password=PASSWORD).text
    assert "Is it you?" in _send(browser, asked, **form, code="000000").text
    assert person.factors.totp
    done = _send(browser, asked, **form, code=person.code())
    assert {"app": "Six digits", "codes": "I have kept them", "remove": "It is removed"}[act] in done.text
    assert (person.factors.totp is None) == (act == "remove")


def test_another_session_is_ended_and_no_act_is_invented(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    browser.log_in()
    page = browser.go(PATH)
    _send(browser, page, act="end", session=zoe.session_id)
    assert len(server.services.authentication.sessions.live(zoe.user.user_id)) == 1
    assert _send(browser, page, act="delete").status == 400
