"""The log-in pages with a second factor: by code without script, by passkey in a real browser with its own authenticator."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from tests.pages.authenticator import NO_PASSKEY, PASSKEYS_AGAIN, plug_in
from tests.pages.eyes import Person, assert_accessible, settled, take_pictures
from tests.parts.server import Server
from tests.support.factor_accounts import PASSWORD, Account


@pytest.fixture
def plain(browser: Browser, server: Server) -> Iterator[Person]:
    """A person whose browser runs no script."""
    person = Person.at(browser, server, java_script_enabled=False)
    yield person
    assert not person.complaints
    person.context.close()


def type_password(page: Page, username: str) -> None:
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_without_script_a_code_is_enough(plain: Person, server: Server) -> None:
    account = Account.made(server, "Olga")
    page = plain.page()
    page.goto(f"{server.url}/login")
    type_password(page, "Olga")
    expect(page.get_by_role("heading", name="One thing more")).to_be_visible()
    page.locator("[name=totp]").fill("000000")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    expect(page.get_by_role("alert")).to_be_focused()
    page.locator("[name=totp]").fill(account.code())
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{server.url}/account")
    again = plain.page()
    again.goto(f"{server.url}/login")
    type_password(again, "Olga")
    again.wait_for_url(f"{server.url}/account")


def test_a_passkey_is_asked_for_by_script_and_is_all_one_needs(person: Person, server: Server) -> None:
    account = Account.made(server, "Petra")
    device = account.add_passkey()
    page = person.page()
    page.goto("about:blank")
    plug_in(page, device)
    page.goto(f"{server.url}/login")
    # The browser may offer it by itself, as this one's authenticator always agrees.
    page.wait_for_url(f"{server.url}/account")


def test_beside_a_password_a_passkey_is_one_of_the_ways(person: Person, server: Server) -> None:
    account = Account.made(server, "Quinn")
    device = account.add_passkey()
    page = person.page()
    page.goto(f"{server.url}/login")
    type_password(page, "Quinn")
    expect(page.get_by_role("heading", name="One thing more")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    assert_accessible(page, where="second factor")
    take_pictures(page, "second-factor")
    plug_in(page, device)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{server.url}/account")


def test_at_the_board_the_code_is_asked_for_in_the_same_form(person: Person, server: Server) -> None:
    """And nothing that was typed is lost."""
    account = Account.made(server, "Rhea")
    page = person.open(state="out")
    page.locator("#in-username").fill("Rhea")
    page.locator("#in-password").fill(PASSWORD)
    page.locator("#log-in button[type=submit]").click()
    expect(page.locator("#in-code")).to_be_visible()
    assert page.locator("#in-password").input_value() == PASSWORD
    page.locator("#in-code").fill(account.code())
    page.locator("#log-in button[type=submit]").click()
    settled(page, "in")


def test_at_the_board_a_passkey_is_all_one_needs(person: Person, server: Server) -> None:
    device = Account.made(server, "Sila").add_passkey()
    page = person.page()
    page.goto("about:blank")
    plug_in(page, device)
    page.goto(server.url)
    settled(page, "in")  # offered among the names, where this authenticator agrees at once
    expect(page.locator("#who")).to_have_text("Sila")


def test_at_the_board_a_button_asks_for_a_passkey_too(person: Person, server: Server) -> None:
    device = Account.made(server, "Tove").add_passkey()
    page = person.page()
    page.add_init_script(
        "PublicKeyCredential.isConditionalMediationAvailable = undefined"
    )  # an older browser
    page.goto(server.url)
    settled(page, "out")
    button = page.get_by_role("button", name="Use a passkey")
    page.evaluate(NO_PASSKEY)
    button.click()
    expect(page.locator("#by-passkey [data-said]")).to_contain_text("No passkey was shown")
    assert_accessible(page, where="the board without a passkey")
    plug_in(page, device)
    page.evaluate(PASSKEYS_AGAIN)
    button.click()
    settled(page, "in")
