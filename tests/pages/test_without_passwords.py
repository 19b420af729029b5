"""A service without passwords in a real browser: the board and the pages, looked at; sign-up without script."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import LOG_IN
from chalicelib.settings import settings
from chalicelib.wiring import Services
from tests.pages.eyes import DESK, PHONE, Person, assert_accessible, settled, take_pictures
from tests.parts.server import Server, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("off"), EMAIL_LOG_IN="on", PASSWORD_LOG_IN="off") as server:
        yield server


def code(server: Server, address: str) -> str:
    """What the mail to an address says."""
    services = Services(settings.parse(server.environ))
    (record,) = services.store.get(services.mail.tickets.key(LOG_IN, address))
    assert record
    said = services.mail.tickets.values(Ticket.from_record(record).name)
    assert said
    return said["code"]


def sign_up(page: Page, server: Server, username: str) -> None:
    page.goto(f"{server.url}/signup")
    page.locator("[name=username]").fill(username)
    page.locator("[name=email]").fill(f"{username}@example.com")
    page.get_by_role("button", name="Make my account").click()
    page.locator("[name=code]").fill(code(server, f"{username}@example.com"))
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/account")


def test_sign_up_and_log_in_need_no_script(browser: Browser, server: Server) -> None:
    plain = Person.at(browser, server, java_script_enabled=False)
    page = plain.page()
    sign_up(page, server, "ada")
    page.context.clear_cookies()
    page.goto(f"{server.url}/login")
    page.locator("[name=email]").fill("ada@example.com")
    page.get_by_role("button", name="Log in by mail").click()
    page.locator("[name=code]").fill(code(server, "ada@example.com"))
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/account")
    assert not plain.complaints
    plain.context.close()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_board_leads_there_and_nothing_moves(
    browser: Browser, server: Server, viewport: dict[str, int]
) -> None:
    person = Person.at(browser, server, viewport=viewport)
    page = person.open(state="out")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.__shift") == 0
    assert_accessible(page, where="the board without passwords")
    take_pictures(page, f"board-without-passwords-{viewport['width']}")
    page.get_by_role("link", name="Sign up").click()
    assert_accessible(page, where="the sign-up page without passwords")
    take_pictures(page, f"signup-without-passwords-{viewport['width']}")
    sign_up(page, server, f"bo{viewport['width']}")
    settled(page, "in")
    assert_accessible(page, where="the account without passwords")
    assert page.locator("input[type=password]").count() == 0
    take_pictures(page, f"account-without-passwords-{viewport['width']}")
    page.goto(server.url)
    settled(page, "in")
    page.locator("#log-out").click()
    settled(page, "out")
    page.get_by_role("link", name="Log in by mail").click()
    expect(page.get_by_role("button", name="Log in by mail")).to_be_visible()
    assert_accessible(page, where="the log-in page without passwords")
    take_pictures(page, f"login-without-passwords-{viewport['width']}")
    assert not person.complaints
    person.context.close()
