"""Where things stand, and where the keyboard is: at 320 px, on a phone, at a desk, and there at 200 %."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from tests.pages.eyes import (
    PASSWORD,
    SMALL,
    Person,
    assert_in_its_place,
    assert_in_its_place_in_every_language,
    knock,
    settled,
)
from tests.parts.server import Server

HELD = "() => document.activeElement.outerHTML.slice(0, 200)"


@pytest.fixture
def plain(browser: Browser, server: Server) -> Iterator[Person]:
    """A person whose browser runs no script."""
    person = Person.at(browser, server, java_script_enabled=False)
    yield person
    person.context.close()


def _box(page: Page, selector: str) -> dict[str, Any]:
    box = page.locator(selector).bounding_box()
    assert box
    return {**box, "right": box["x"] + box["width"], "bottom": box["y"] + box["height"]}


def test_the_board_stands_in_its_cards_logged_out_and_in_and_with_an_answer(person: Person) -> None:
    page = person.open(state="out")
    assert_in_its_place(page, where="the board")
    page.get_by_role("radio", name="Sign up").check()
    assert_in_its_place(page, where="its sign-up")
    knock(page, "/pangolins", shown="none")
    assert_in_its_place(page, where="a refusal")
    person.sign_up("Anselm", page=page)
    page.get_by_text("What the token says").click()
    knock(page, "/pangolins")
    assert_in_its_place(page, where="a token and a refusal")
    page.goto(f"{person.server.url}/account")
    settled(page, "in")
    assert_in_its_place(page, where="the account")
    assert_in_its_place_in_every_language(page, where="the account")
    page.goto(person.server.url)
    settled(page, "in")
    assert_in_its_place_in_every_language(page, where="the board")


def test_no_column_stays_empty_beside_the_doors(person: Person) -> None:
    """Whoever knocks without a token is told the most."""
    page = person.open(state="out")
    knock(page, "/profile", shown="none")
    doors, you, wire, messages = (_box(page, f".{part}") for part in ("doors", "you", "wire", "messages"))
    assert doors["bottom"] - you["bottom"] < you["height"] / 2
    assert (wire["x"], wire["right"]) == (messages["x"], messages["right"]) == (doors["x"], you["right"])


def test_an_answer_is_one_page_to_scroll_on_a_phone(browser: Browser, server: Server) -> None:
    person = Person.at(browser, server, viewport=SMALL)
    page = person.open(state="out")
    knock(page, "/profile", shown="forged")
    inner = "[...document.querySelectorAll('pre')].filter((each) => each.scrollHeight > each.clientHeight)"
    assert page.evaluate(f"{inner}.length") == 0
    person.context.close()


def test_who_is_logged_out_while_pressing_a_button_is_left_where_one_logs_in(
    person: Person, server: Server
) -> None:
    page = person.sign_up("Bruno")
    server.command("sessions", "end", "Bruno", "--all", "--yes")
    page.locator("#fresh").focus()
    page.keyboard.press("Enter")
    settled(page, "out")
    expect(page.locator("#you-title")).to_be_focused()
    page.keyboard.press("Tab")
    assert "entrance" in page.evaluate(HELD)


def test_who_is_logged_out_at_the_account_page_is_left_at_the_words_about_it(
    person: Person, server: Server
) -> None:
    person.sign_up("Clara")
    page = person.open("/account", state="in")
    server.command("sessions", "end", "Clara", "--all", "--yes")
    page.locator("#me-name").fill("Clara S.")
    page.get_by_role("button", name="Save").click()
    settled(page, "out")
    expect(page.locator("#out-title")).to_be_focused()


def test_a_button_that_goes_with_its_row_leaves_one_at_the_heading(person: Person, elsewhere: Person) -> None:
    person.sign_up("Doris")
    elsewhere.log_in("Doris")
    page = person.open("/account", state="in")
    page.get_by_role("button", name="End: ").press("Enter")
    page.get_by_text("Firefox on Linux is logged out.").wait_for()
    expect(page.locator("#sessions-title")).to_be_focused()
    elsewhere.log_in("Doris", page=elsewhere.open(state="out"))
    page.reload()
    settled(page, "in")
    page.get_by_role("button", name="End all others").press("Enter")
    page.get_by_text("The other session is ended.").wait_for()
    expect(page.locator("#sessions-title")).to_be_focused()


def test_without_script_one_begins_where_the_error_is_said(plain: Person) -> None:
    page = plain.page()
    page.goto(f"{plain.server.url}/signup")
    page.locator("#f-username").fill("Emil")
    page.locator("#f-password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.goto(f"{plain.server.url}/account/plain")
    page.locator("#pw-new_password").fill("password1")
    page.get_by_role("button", name="Change the password").click()
    expect(page.locator("#pw-new_password")).to_be_focused()
    said = page.locator("#pw-new_password-error").inner_text()
    assert page.locator("main").inner_text().count(said) == 1
    page.locator("#me-mail_code").fill("AAA-AAA")
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#me-mail_code")).to_be_focused()
