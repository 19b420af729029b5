"""Proving an address on the account page, and the pages of mailed links: looked at, and walked without script."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from chalicelib.audit.trail import Source
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import LOG_IN, PASSWORD_RESET, UNDO_CHANGE, VERIFY_EMAIL, Purpose
from chalicelib.settings import settings
from chalicelib.users.user import User
from chalicelib.wiring import Services
from tests.pages.authenticator import NO_PASSKEY, PASSKEYS_AGAIN, plug_in
from tests.pages.eyes import PASSWORD, Person, assert_accessible, settled, take_pictures
from tests.parts.server import Server, running
from tests.support.factor_accounts import Account

NEW = "seven cold words by the hill"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("mails"), EMAIL_LOG_IN="on", DELETION_GRACE_DAYS="7") as server:
        yield server


@pytest.fixture(scope="module")
def services(server: Server) -> Services:
    """The service's own store, by which a test reads what stood in a mail."""
    return Services(settings.parse(server.environ))


@pytest.fixture
def plain(browser: Browser, server: Server) -> Iterator[Person]:
    """A person whose browser runs no script."""
    person = Person.at(browser, server, java_script_enabled=False)
    yield person
    assert not person.complaints
    person.context.close()


def mailed(services: Services, purpose: Purpose, subject: str) -> dict[str, str]:
    """What the mail of somebody's ticket says."""
    tickets = services.mail.tickets
    if purpose.several:
        record = tickets.several(purpose, subject)[0]
    else:
        (found,) = services.store.get(tickets.key(purpose, subject))
        assert found
        record = found
    said = tickets.values(Ticket.from_record(record).name)
    assert said
    return dict(said)


def user_of(services: Services, username: str) -> User:
    user = services.accounts.users.find(username)
    assert user
    return user


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_an_address_is_proven_changed_and_undone(person: Person, server: Server, services: Services) -> None:
    person.sign_up("Ida")
    page = person.open("/account", state="in")
    expect(page.locator("#proof-says")).to_contain_text("There is none")
    page.locator("#me-email").fill("ida@example.com")
    press(page, "Save")
    expect(page.locator("#proof-says")).to_contain_text("ida@example.com waits")
    page.locator("#proof-code").fill("000-000")
    press(page, "Verify")
    expect(page.locator("#proof-code-error")).to_contain_text("wrong")
    assert_accessible(page, where="a wrong code")
    take_pictures(page, "account-wrong-code")
    user_id = user_of(services, "Ida").user_id
    page.locator("#proof-code").fill(mailed(services, VERIFY_EMAIL, user_id)["code"])
    press(page, "Verify")
    expect(page.locator("#proof-says")).to_contain_text("ida@example.com is proven")
    page.locator("#me-email").fill("ida@example.org")
    press(page, "Save")
    expect(page.locator("#proof-says")).to_contain_text("ida@example.org waits")
    page.goto(mailed(services, VERIFY_EMAIL, user_id)["link"])
    assert_accessible(page, where="the proof of an address")
    take_pictures(page, "verify-email")
    press(page, "Yes, it is mine")
    expect(page.locator("main")).to_contain_text("ida@example.org is the address of Ida")
    assert user_of(services, "ida@example.org").user_id == user_id
    page.goto(mailed(services, UNDO_CHANGE, user_id)["link"])
    assert_accessible(page, where="undoing a change of address")
    take_pictures(page, "undo-address")
    press(page, "Undo the change")
    expect(page.locator("h1")).to_have_text("Choose a new password")
    assert user_of(services, "ida@example.com").user_id == user_id
    page.get_by_label("New password").fill("what was typed")
    press(page, "Show")
    expect(page.get_by_label("New password")).to_have_attribute("type", "text")


def test_a_forgotten_password_is_no_loss_without_script(
    plain: Person, server: Server, services: Services
) -> None:
    page = plain.page()
    page.goto(f"{server.url}/signup")
    page.locator("[name=username]").fill("Ole")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=email]").fill("ole@example.com")
    press(page, "Make my account")
    user_id = user_of(services, "Ole").user_id
    page.goto(mailed(services, VERIFY_EMAIL, user_id)["link"])
    press(page, "Yes, it is mine")
    page.context.clear_cookies()
    page.goto(f"{server.url}/login")
    page.get_by_role("link", name="Forgot your password?").click()
    take_pictures(page, "forgot")
    page.locator("[name=login]").fill("ole@example.com")
    press(page, "Send the link")
    expect(page.locator("h1")).to_have_text("Look into your mail")
    page.goto(mailed(services, PASSWORD_RESET, user_id)["link"])
    page.locator("[name=new_password]").fill("password1")
    press(page, "Set the password")
    expect(page.locator("#f-new_password-error")).to_contain_text("common")
    take_pictures(page, "reset")
    page.locator("[name=new_password]").fill(NEW)
    press(page, "Set the password")
    page.get_by_role("link", name="Log in").click()
    page.get_by_role("link", name="Log in by mail").click()
    page.locator("[name=email]").fill("ole@example.com")
    press(page, "Send the mail")
    take_pictures(page, "email-login")
    page.locator("[name=code]").fill(mailed(services, LOG_IN, "ole@example.com")["code"])
    press(page, "Log in")
    page.wait_for_url(f"{server.url}/account")


def test_a_passkey_is_shown_where_a_new_password_is_chosen(
    person: Person, server: Server, services: Services
) -> None:
    account = Account.made(server, "Vida", has_app=False)
    device, user = account.add_passkey(), user_of(services, "Vida")
    services.ways_back.email_verification.set_by_operator(
        user.user_id, address="vida@example.com", source=Source()
    )
    services.ways_back.password_reset.ask("Vida", source=Source())
    page = person.page()
    page.goto(mailed(services, PASSWORD_RESET, user.user_id)["link"])
    page.locator("[name=new_password]").fill(NEW)
    page.evaluate(NO_PASSKEY)
    press(page, "Set the password")
    expect(page.get_by_role("alert")).to_contain_text("No passkey was shown")
    assert page.locator("[name=new_password]").input_value() == NEW, "nothing typed is lost"
    assert_accessible(page, where="a reset that wants a passkey")
    take_pictures(page, "reset-passkey")
    plug_in(page, device)
    page.evaluate(PASSKEYS_AGAIN)
    press(page, "Set the password")
    expect(page.locator("h1")).to_have_text("Your password is changed")


def test_the_board_leads_to_the_log_in_by_mail(person: Person) -> None:
    page = person.open(state="out")
    page.get_by_role("link", name="Log in by mail").click()
    expect(page.locator("h1")).to_have_text("Log in by mail")


@pytest.mark.parametrize("path", ["/forgot", "/email-login", "/reset-password?ticket=none"])
def test_the_pages_that_anybody_may_open_are_accessible(person: Person, path: str) -> None:
    page = person.page()
    page.goto(person.server.url + path)
    assert_accessible(page, where=path)


def test_a_closed_account_is_taken_back_by_a_log_in_at_the_board(person: Person) -> None:
    person.sign_up("Uta")
    page = person.open("/account", state="in")
    page.get_by_text("I want to delete it").click()
    page.locator("#del-password").fill(PASSWORD)
    press(page, "Delete my account")
    settled(page, "out")
    page.locator("#in-username").fill("Uta")
    page.locator("#in-password").fill(PASSWORD)
    page.locator("#log-in button[type=submit]").click()
    page.wait_for_url("**/restore-account")
    assert_accessible(page, where="a closed account")
    take_pictures(page, "closed-account")
    page.locator("main button[type=submit]").click()
    expect(page.locator("h1")).to_have_text("Your account is open again")
    person.log_in("Uta")
