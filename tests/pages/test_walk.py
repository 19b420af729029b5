"""The walk of a newcomer, in a real browser against a real service."""

import re
from typing import Any

import pytest

pytest.importorskip("playwright")  # the fixture names what is missing; this spares the import below

from playwright.sync_api import Route, expect

from tests.pages.eyes import PASSWORD, Person, assert_accessible, knock, settled, take_pictures
from tests.parts.server import Server

NEW_PASSWORD = "seven other words on a hill"
PRESS = "void document.querySelector('#fresh').click()"
WAITS = "async () => (await navigator.locks.query()).pending.length > 0"  # for the tab that refreshes


def test_from_nothing_to_a_posted_message_by_the_page_alone(person: Person) -> None:
    page = person.open(state="out")
    assert_accessible(page, where="the empty board, logged out")
    take_pictures(page, "board-out")
    person.sign_up("Ada", page=page)
    assert_accessible(page, where="the board, logged in")
    page.get_by_label("Say something").fill("The first word.")
    page.get_by_role("button", name="Post").click()
    expect(page.locator("#messages .text").first).to_have_text("The first word.")
    expect(page.locator("#messages strong").first).to_have_text("Ada")


def test_the_page_says_who_you_are_what_you_hold_and_when_it_ends(person: Person) -> None:
    page = person.sign_up("Berta")
    expect(page.locator("#who")).to_have_text("Berta")
    assert page.locator("#scopes .chip").all_inner_texts() == ["get:profile"]
    expect(page.locator("#ends")).to_have_text(re.compile(r"5:00|[0-4]:[0-5]\d"))  # it runs
    page.get_by_text("What the token says").click()
    expect(page.locator("#token-inside")).to_contain_text('"typ": "at+jwt"')


def test_a_grant_opens_the_pangolins_without_a_new_log_in(person: Person, server: Server) -> None:
    page = person.sign_up("Cleo")
    assert knock(page, "/cats") == "200"
    assert knock(page, "/profile") == "200"
    assert knock(page, "/pangolins") == "403"
    assert "does not hold the scope “pangolins”" in page.locator("[data-why]").inner_text()
    assert "users grant Cleo pangolins" in page.locator("[data-command] code").inner_text()
    assert_accessible(page, where="a refusal")
    take_pictures(page, "board-refused")
    server.command("users", "grant", "Cleo", "pangolins")
    assert knock(page, "/pangolins") == "200"
    assert "the grant counts without a new log-in" in page.locator("[data-why]").inner_text()
    assert page.locator("#scopes .chip").all_inner_texts() == ["get:profile", "pangolins"]
    assert_accessible(page, where="let through")


def test_nothing_and_a_forgery_are_told_apart_in_words(person: Person) -> None:
    page = person.sign_up("Dora")
    assert knock(page, "/pangolins", shown="none") == "401"
    assert "showed no token" in page.locator("[data-why]").inner_text()
    assert knock(page, "/profile", shown="forged") == "401"
    assert "signature" in page.locator("[data-why]").inner_text()
    expect(page.locator("#who")).to_have_text("Dora")


def test_two_tabs_that_refresh_at_once_ask_once_and_both_go_on(person: Person) -> None:
    first = person.sign_up("Edda")
    second = person.open(state="in")
    before = [page.locator("#token-inside").text_content() for page in (first, second)]
    asked: list[Route] = []
    person.context.route("**/sessions/refresh", lambda route: asked.append(route))  # noqa: PLW0108 - it counts arguments
    with first.expect_request("**/sessions/refresh"):
        first.evaluate(PRESS)
    second.evaluate(PRESS)
    second.wait_for_function(WAITS)
    assert len(asked) == 1
    asked[0].continue_()
    for page, old in zip((first, second), before, strict=True):
        expect(page.locator("#token-inside")).not_to_have_text(old or "")
    assert knock(first, "/profile") == knock(second, "/profile") == "200"
    assert len(asked) == 1


def test_the_account_is_looked_after(person: Person, elsewhere: Person) -> None:
    board = person.sign_up("Flora")
    board.get_by_role("button", name="Log out").click()
    settled(board, "out")
    person.log_in("Flora", page=board)
    elsewhere.log_in("Flora")
    page = person.open("/account", state="in")
    page.get_by_text("Firefox on Linux").first.wait_for()
    assert "Chrome on Linux, this device" in page.locator("#sessions").inner_text()
    assert_accessible(page, where="the account")
    take_pictures(page, "account")
    page.get_by_role("button", name="End: Firefox on Linux").click()
    page.get_by_text("Firefox on Linux is logged out.").wait_for()
    other = elsewhere.context.pages[0]
    other.locator("#fresh").click()
    settled(other, "out")
    assert "ended here or from another device" in other.locator("#why-out").inner_text()
    assert_accessible(other, where="the board after its session was ended")
    _rename(page)
    _read_german_for_a_while(page)
    _change_password(page)
    _speaks_in_words(page)
    elsewhere.log_in("Flora", password=NEW_PASSWORD, page=other)
    _end_others(page)
    _delete(page)


def _speaks_in_words(page: Any) -> None:
    """OP-7: rights and what happened, without a code of ours; and the password that there is is asked for."""
    told = page.locator("main").inner_text()
    assert "read the name in your profile" in told
    assert "changed: the name" in told
    assert not re.findall(r"get:profile|\b[a-z]+_[a-z_]+\b|\b[a-z2-7]{26}\b", told)
    assert page.locator("#pw-current_password").is_visible()
    assert not page.locator("#no-password").is_visible()


def _rename(page: Any) -> None:
    page.get_by_label("Name", exact=False).first.fill("Flora of the <b>Hill</b>")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()


def _read_german_for_a_while(page: Any) -> None:
    """LA-1: the language is the person's choice, here, and back to the browser's."""
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("html[lang=de][data-ready=in]")
    expect(page.get_by_label("Sprache")).to_have_value("de")
    page.get_by_label("Sprache").select_option("")
    page.get_by_role("button", name="Speichern").click()
    page.wait_for_selector("html[lang=en][data-ready=in]")


def _change_password(page: Any) -> None:
    page.locator("#pw-current_password").fill("not this one at all")
    page.locator("#pw-new_password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    page.get_by_text("This is not your current password.").wait_for()
    assert page.locator("#pw-new_password").input_value() == NEW_PASSWORD
    assert_accessible(page, where="a wrong current password")
    page.locator("#pw-current_password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    page.get_by_text("Every other session is ended.").wait_for()
    page.get_by_text("The password was changed").first.wait_for()


def _end_others(page: Any) -> None:
    page.reload()
    settled(page, "in")
    page.get_by_role("button", name="End all others").click()
    page.get_by_text("The other session is ended.").wait_for()


def _delete(page: Any) -> None:
    page.get_by_text("I want to delete it").click()
    page.locator("#del-password").fill("not this one at all")
    page.get_by_role("button", name="Delete my account for ever").click()
    page.get_by_text("Nothing was deleted.").wait_for()
    page.locator("#del-password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Delete my account for ever").click()
    page.wait_for_url(lambda url: not url.endswith("/account"))
    settled(page, "out")
    assert page.locator("#why-out").is_hidden()
