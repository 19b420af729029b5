"""The board's card, the pages to log in and sign up at, and these pages without script: one language, nothing typed lost."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from tests.pages.eyes import PASSWORD, Person, assert_accessible, settled, take_pictures
from tests.parts.server import Server

BOARD, PAGE, PLAIN = "board", "page", "page without script"
FAULTY = {"username": "a@b", "password": "password1", "email": "nowhere"}


@pytest.fixture
def plain(browser: Browser, server: Server) -> Iterator[Person]:
    """A person whose browser runs no script."""
    person = Person.at(browser, server, java_script_enabled=False)
    yield person
    assert not person.complaints
    person.context.close()


def _forms(person: Person, plain: Person, kind: str) -> Iterator[tuple[str, Page, str]]:
    """Yield the three places of a form, each with the beginning of its fields' ids."""
    board = person.open(state="out")
    if kind == "signup":
        board.get_by_role("radio", name="Sign up").check()
    yield BOARD, board, {"login": "in", "signup": "up"}[kind]
    for where, who in ((PAGE, person), (PLAIN, plain)):
        page = who.page()
        page.goto(f"{person.server.url}/{kind}")
        yield where, page, "f"


def _send(page: Page, prefix: str, typed: dict[str, str]) -> None:
    for name, value in typed.items():
        page.locator(f"#{prefix}-{name}").fill(value)
    page.locator(f"form:has(#{prefix}-username) button[type=submit]").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()


def _told(page: Page, prefix: str, names: list[str]) -> dict[str, str]:
    """Return what is said beside each field; each sentence stands on the page once."""
    told = {name: page.locator(f"#{prefix}-{name}-error").inner_text() for name in names}
    text = page.locator("main").inner_text()
    assert all(text.count(sentence) == 1 for sentence in told.values() if sentence)
    return told


def test_a_wrong_password_is_told_in_the_same_words_wherever_it_was_typed(
    person: Person, plain: Person
) -> None:
    told = {}
    for where, page, prefix in _forms(person, plain, "login"):
        _send(page, prefix, {"username": "<i>Nobody<i>", "password": "not the right words"})
        told[where] = _told(page, prefix, ["username", "password"])
        assert page.locator(f"#{prefix}-username").input_value() == "<i>Nobody<i>"
        kept = "" if where == PLAIN else "not the right words"
        assert page.locator(f"#{prefix}-password").input_value() == kept, where
        expect(page.locator(f"#{prefix}-password")).to_be_focused()
        assert "not the right words" not in page.content()
    assert "capitals count" in told[BOARD]["password"]
    assert told[PAGE] == told[BOARD] == told[PLAIN]


def test_all_faults_of_a_sign_up_are_told_at_once_each_beside_its_field(
    person: Person, plain: Person
) -> None:
    told = {}
    for where, page, prefix in _forms(person, plain, "signup"):
        if where == PLAIN:  # a browser itself stops at what is no address
            page.locator(f"#{prefix}-email").evaluate("(field) => field.setAttribute('type', 'text')")
        _send(page, prefix, FAULTY)
        told[where] = _told(page, prefix, list(FAULTY))
        for name in ("username", "email"):
            assert page.locator(f"#{prefix}-{name}").input_value() == FAULTY[name]
        expect(page.locator(f"#{prefix}-username")).to_be_focused()
        if where == PAGE:
            assert_accessible(page, where="a sign-up with three faults")
            take_pictures(page, "signup-refused")
    assert all(told[BOARD].values())
    assert told[PAGE] == told[BOARD] == told[PLAIN]


def test_a_taken_name_is_told_in_the_same_words(person: Person, plain: Person) -> None:
    person.sign_up("Theodora").get_by_role("button", name="Log out").click()
    settled(person.context.pages[0], "out")
    told = {}
    for where, page, prefix in _forms(person, plain, "signup"):
        _send(page, prefix, {"username": "theodora", "password": PASSWORD})
        told[where] = _told(page, prefix, ["username"])
    assert told[PAGE] == told[BOARD] == told[PLAIN]


@pytest.mark.parametrize("path", ["/login", "/signup"])
def test_a_page_begins_at_its_first_field_and_names_the_empty_ones(person: Person, path: str) -> None:
    page = person.page()
    page.goto(person.server.url + path)
    expect(page.locator("#f-username")).to_be_focused()
    page.locator("form[data-scripted] button[type=submit]").click()
    expect(page.locator("#f-username-error")).to_have_text("Please fill this in.")
    expect(page.locator("#f-password-error")).to_have_text("Please fill this in.")
    expect(page.locator("#f-username")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/login", "/signup"])
def test_a_password_can_be_shown_by_a_thumb_and_caps_lock_is_told(person: Person, path: str) -> None:
    page = person.page()
    page.goto(person.server.url + path)
    field = page.locator("input[type=password]:visible").first
    button = page.locator(".peek:visible").first
    box = button.bounding_box()
    assert box is not None
    assert min(box["height"], box["width"]) >= 44
    button.click()
    expect(page.locator("[name=password][type=text]")).to_be_visible()
    button.click()
    field.dispatch_event("keydown", {"modifierCapsLock": True})
    expect(page.get_by_text("Caps Lock is on.")).to_be_visible()
    field.dispatch_event("keyup", {"modifierCapsLock": False})
    expect(page.get_by_text("Caps Lock is on.")).to_have_count(0)


def test_an_address_is_taken_at_sign_up_on_the_board_too(person: Person) -> None:
    page = person.open(state="out")
    page.get_by_role("radio", name="Sign up").check()
    page.locator("#up-email").fill("ulla@example.com")
    person.sign_up("Ulla", page=page)
    account = person.open("/account", state="in")
    expect(account.locator("#me-email")).to_have_value("ulla@example.com")


def test_a_log_in_at_the_page_by_script_leads_to_the_account_where_log_out_is_in_sight(
    person: Person,
) -> None:
    person.sign_up("Vera").get_by_role("button", name="Log out").click()
    settled(person.context.pages[0], "out")
    page = person.page()
    page.goto(f"{person.server.url}/login")
    page.locator("#f-username").fill("Vera")
    page.locator("#f-password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/account")
    settled(page, "in")
    again = person.page()
    again.goto(f"{person.server.url}/login")
    assert_accessible(again, where="the log-in page of who is logged in")
    take_pictures(again, "login-logged-in")
    expect(page.get_by_role("button", name="Log out")).to_be_in_viewport()
    page.get_by_role("button", name="Log out").click()
    settled(page, "out")


def test_without_script_the_account_page_leads_on_and_out(plain: Person) -> None:
    page = plain.page()
    page.goto(f"{plain.server.url}/signup")
    page.locator("#f-username").fill("Wanda")
    page.locator("#f-password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/account")
    page.get_by_role("link", name="see who is logged in").click()
    expect(page.locator("main")).to_contain_text("You are logged in")
    expect(page.locator("main")).to_contain_text("Wanda")
    page.go_back()
    page.get_by_role("link", name="Log out").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("main")).to_contain_text("You are logged out")
