"""Log-in, sign-up and consent with script switched off; and how those pages look."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from tests.pages.application import Application, waiting
from tests.pages.eyes import PASSWORD, Person, assert_accessible, take_pictures
from tests.parts.server import Server


@pytest.fixture
def plain(browser: Browser, server: Server) -> Iterator[Person]:
    """A person whose browser runs no script."""
    person = Person.at(browser, server, java_script_enabled=False)
    yield person
    assert not person.complaints
    person.context.close()


@pytest.fixture(scope="module")
def application(server: Server) -> Iterator[Application]:
    with waiting(server, name="Teapot & <b>Sons</b>") as application:
        yield application


def _open(person: Person, path: str) -> Page:
    page = person.page()
    page.goto(person.server.url + path)
    return page


def _sign_up(page: Page, username: str) -> None:
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()


def test_the_board_says_what_works_without_script_and_leads_there(plain: Person) -> None:
    page = _open(plain, "/")
    assert "script" in page.locator("main").inner_text()
    assert not page.locator("#you").is_visible()
    page.get_by_role("link", name="Sign up").click()
    _sign_up(page, "Rosa")
    page.wait_for_url("**/account")


def test_a_wrong_password_is_said_without_script_too_and_the_name_is_kept(plain: Person) -> None:
    page = _open(plain, "/login")
    page.locator("[name=username]").fill("<i>Nobody<i>")
    page.locator("[name=password]").fill("not the right words")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#f-password-error")).to_contain_text("wrong")
    assert page.locator("[name=username]").input_value() == "<i>Nobody<i>"
    assert page.locator("[name=password]").input_value() == ""


def test_sign_up_and_consent_lead_to_the_application_without_script(
    plain: Person, application: Application
) -> None:
    page = plain.page()
    page.goto(application.authorize_url())
    page.get_by_role("link", name="Sign up").click()
    _sign_up(page, "Sara")
    expect(page.locator("h1")).to_contain_text("Teapot & <b>Sons</b>")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{application.callback}*")
    assert "code" in parse_qs(urlsplit(page.url).query)


def test_the_providers_pages_are_accessible_and_speak_the_same_language(
    person: Person, application: Application
) -> None:
    page = person.page()
    page.goto(application.authorize_url())
    assert_accessible(page, where="the log-in page")
    take_pictures(page, "login")
    page.locator("[name=password]").fill("not the right words")
    page.locator("[name=username]").fill("Nobody")
    page.get_by_role("button", name="Log in").click()
    page.locator("#f-password[aria-invalid=true]").wait_for()
    assert_accessible(page, where="the log-in page, refused")
    take_pictures(page, "login-refused")
    page.get_by_role("link", name="Sign up").click()
    assert_accessible(page, where="the sign-up page")
    take_pictures(page, "signup")
    _sign_up(page, "Tara")
    page.wait_for_url("**/consent?*")
    assert_accessible(page, where="the consent page")
    take_pictures(page, "consent")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{application.callback}*")
    _message(person)
    _withdraw(person)


def _message(person: Person) -> None:
    page = person.page()
    page.goto(f"{person.server.url}/oauth/authorize?{urlencode({'client_id': 'nobody'})}")
    assert_accessible(page, where="a message")
    take_pictures(page, "message")


def _withdraw(person: Person) -> None:
    page: Any = person.open("/account", state="in")
    row = page.locator("#consents li").first
    expect(row).to_contain_text("Teapot & <b>Sons</b>")
    assert_accessible(page, where="the account with a consent")
    take_pictures(page, "account-consent")
    row.get_by_role("button").click()
    page.get_by_text("has no access any more.").wait_for()
    page.get_by_text("No application has access.").wait_for()
