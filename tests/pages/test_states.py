"""What people meet besides success: each state is said kindly, beside the field, and nothing typed is lost."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import expect

from tests.pages.eyes import PASSWORD, Person, assert_accessible, knock, settled, take_pictures
from tests.parts.server import Server

BUSY = {
    "status": 503,
    "headers": {"Retry-After": "3", "Content-Type": "application/problem+json"},
    "body": '{"code": "unavailable", "detail": "The service is briefly unavailable: try again."}',
}
NOW = datetime(
    2030, 3, 17, tzinfo=UTC
)  # on a clock that stands still, or a countdown may be over before it is looked at


def _said(page: Any, field: str) -> str:
    """Return what is said beside a field, which must be tied to it for those who listen."""
    control = page.locator(f"#{field}")
    assert control.get_attribute("aria-invalid") == "true"
    assert f"{field}-error" in control.get_attribute("aria-describedby")
    return str(page.locator(f"#{field}-error").inner_text())


def test_a_wrong_password_is_said_beside_the_field_and_nothing_typed_is_lost(person: Person) -> None:
    page = person.open(state="out")
    page.locator("#in-username").fill("Nobody")
    page.locator("#in-password").fill("not the right words")
    page.locator("#log-in button[type=submit]").click()
    page.get_by_text("The user name or the password is wrong.").wait_for()
    assert "Try again" in _said(page, "in-password")
    assert page.locator("#in-username").input_value() == "Nobody"
    assert page.locator("#in-password").input_value() == "not the right words"
    assert page.evaluate("document.activeElement.id") == "in-password"
    assert_accessible(page, where="a wrong password")
    take_pictures(page, "board-wrong-password")


def test_empty_fields_are_named_before_anything_is_sent(person: Person) -> None:
    page = person.open(state="out")
    asked: list[str] = []  # once it is ready, the page asks by itself what a passkey would have to answer
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#log-in button[type=submit]").click()
    assert _said(page, "in-username") == "Please fill this in."
    assert [url for url in asked if not url.endswith("/sessions/passkey/options")] == []


def test_a_taken_name_and_a_weak_password_are_said_beside_their_fields(person: Person) -> None:
    person.sign_up("Greta").get_by_role("button", name="Log out").click()
    page = settled(person.context.pages[0], "out")
    page.get_by_role("radio", name="Sign up").check()
    page.locator("#up-username").fill("greta")
    page.locator("#up-password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.get_by_text("This user name is taken.").wait_for()
    page.locator("#up-username").fill("Greta II")
    page.locator("#up-password").fill("password1")
    page.get_by_role("button", name="Make my account").click()
    page.get_by_text("among the most common ones").wait_for()
    assert page.locator("#up-username-error").inner_text() == ""
    assert page.locator("#up-username").input_value() == "Greta II"
    assert_accessible(page, where="a weak password")


def test_a_message_too_long_is_counted_and_kept(person: Person) -> None:
    page = person.sign_up("Hanna")
    box = page.get_by_label("Say something")
    box.fill("é" * 512)
    assert page.locator("#text-left").inner_text() == "12 too many"
    page.get_by_role("button", name="Post").click()
    assert _said(page, "text") == "This is 12 too long: a message has at most 500 characters."
    assert len(box.input_value()) == 512
    assert_accessible(page, where="a message too long")
    box.fill("é" * 500)
    page.get_by_role("button", name="Post").click()
    expect(box).to_have_value("")


def test_who_is_logged_out_keeps_the_words_and_posts_them_after_the_log_in(person: Person) -> None:
    page = person.sign_up("Ina")
    page.get_by_role("button", name="Log out").click()
    settled(page, "out")
    page.get_by_label("Say something").fill("Kept over a log-in.")
    page.get_by_role("button", name="Post").click()
    assert "Log in to post this" in _said(page, "text")
    person.log_in("Ina", page=page)
    page.get_by_role("button", name="Post").click()
    page.locator("#messages .text", has_text="Kept over a log-in.").wait_for()


def test_offline_is_said_and_the_page_goes_on_when_the_network_is_back(person: Person) -> None:
    page = person.sign_up("Jana")
    page.get_by_label("Say something").fill("Written in a tunnel.")
    person.context.set_offline(True)
    page.get_by_role("button", name="Post").click()
    page.get_by_text("You are offline. Nothing is lost").wait_for()
    assert knock(page, "/profile") == "no answer"
    assert_accessible(page, where="offline")
    take_pictures(page, "board-offline")
    person.context.set_offline(False)
    page.get_by_role("button", name="Post").click()
    page.locator("#messages .text", has_text="Written in a tunnel.").wait_for()


def test_messages_that_were_asked_for_before_one_was_posted_do_not_take_it_away(person: Person) -> None:
    """As when the network is back, and one posts at once."""
    page = person.sign_up("Jonas")
    held: list[Any] = []
    page.route(re.compile("/messages$"), lambda route: held.append(route), times=1)  # noqa: PLW0108 - it counts arguments
    with page.expect_request(re.compile("/messages$")):
        page.evaluate("void dispatchEvent(new Event('online'))")
    page.get_by_label("Say something").fill("Written in a station.")
    page.get_by_role("button", name="Post").click()
    posted = page.locator("#messages .text", has_text="Written in a station.")
    posted.wait_for()
    with page.expect_request(re.compile("/messages$")):  # what lacks it is asked for again
        held[0].fulfill(json={"messages": []})
    expect(posted).to_have_count(1)


def test_a_busy_server_is_asked_again_after_the_time_it_told(person: Person) -> None:
    page = person.page()
    page.clock.set_fixed_time(NOW)
    page.route(re.compile("/messages$"), lambda route: route.fulfill(**BUSY), times=1)
    page.goto(person.server.url)
    settled(page)
    page.get_by_text("The service is busy. We can try again in 3 seconds.").wait_for()
    assert_accessible(page, where="a busy server")
    take_pictures(page, "board-busy")
    page.clock.set_fixed_time(NOW + timedelta(seconds=2.5))
    page.get_by_text("We can try again in 1 second.").wait_for()
    page.clock.set_fixed_time(NOW + timedelta(seconds=3))
    page.locator("#messages-trouble").wait_for(state="hidden")


def test_a_busy_log_in_counts_down_and_then_works(person: Person) -> None:
    person.sign_up("Klara").get_by_role("button", name="Log out").click()
    page = settled(person.context.pages[0], "out")
    page.route(re.compile("/sessions$"), lambda route: route.fulfill(**BUSY), times=1)
    page.locator("#in-username").fill("Klara")
    page.locator("#in-password").fill(PASSWORD)
    button = page.locator("#log-in button[type=submit]")
    page.clock.set_fixed_time(NOW)
    button.click()
    page.get_by_text("We can try again in 3 seconds.").wait_for()
    assert button.get_attribute("aria-disabled") == "true"
    page.clock.set_fixed_time(NOW + timedelta(seconds=3))
    page.get_by_text("You can try again now.").wait_for()
    button.click()
    settled(page, "in")


def test_too_many_tries_are_told_with_a_countdown(person: Person) -> None:
    person.sign_up("Lena").get_by_role("button", name="Log out").click()
    page = settled(person.context.pages[0], "out")
    page.locator("#in-username").fill("Lena")
    for attempt in range(40):
        page.locator("#in-password").fill(f"a wrong guess, number {attempt}")
        with page.expect_response(re.compile("/sessions$")) as answered:
            page.locator("#log-in button[type=submit]").click()
        if answered.value.status == 429:
            break
    page.get_by_text(re.compile(r"many tries in a row. Wait \d+ seconds?")).wait_for()
    assert page.locator("#in-username").input_value() == "Lena"
    assert_accessible(page, where="throttled")
    take_pictures(page, "board-throttled")


def test_a_session_that_was_ended_is_explained_and_what_was_typed_stays(
    person: Person, server: Server
) -> None:
    page = person.sign_up("Mona")
    page.get_by_label("Say something").fill("Still here?")
    server.command("sessions", "end", "Mona", "--all", "--yes")
    page.locator("#fresh").click()
    settled(page, "out")
    assert "Log in to go on: what you typed is still here." in page.locator("#why-out").inner_text()
    assert page.get_by_label("Say something").input_value() == "Still here?"
    assert_accessible(page, where="an ended session")


def test_after_a_laptops_sleep_the_first_call_fetches_a_new_token(person: Person) -> None:
    page = person.page()
    page.clock.install()
    page.goto(person.server.url)
    settled(page, "out")
    person.sign_up("Nora", page=page)
    page.clock.fast_forward("08:00:00")
    expect(page.locator("#ends")).to_have_text("ended")
    assert_accessible(page, where="a token that has ended")
    take_pictures(page, "board-token-ended")
    assert knock(page, "/profile") == "200"
    assert page.locator("#ends").inner_text() != "ended"


def test_while_it_looks_who_is_there_the_page_says_so(person: Person) -> None:
    page = person.page()
    held: list[Any] = []
    page.route("**/sessions/refresh", lambda route: held.append(route))  # noqa: PLW0108 - it counts arguments
    with page.expect_request("**/sessions/refresh"):
        page.goto(person.server.url)
    assert "Looking whether you are logged in" in page.locator("#you").inner_text()
    assert page.locator("#you").get_attribute("aria-busy") == "true"
    assert_accessible(page, where="loading")
    take_pictures(page, "board-loading")
    held[0].continue_()
    settled(page, "out")


@pytest.mark.parametrize("path", ["/", "/account"])
def test_a_service_that_is_busy_at_the_very_start_is_asked_again(person: Person, path: str) -> None:
    person.sign_up(f"Olive{len(path)}")
    page = person.page()
    page.clock.set_fixed_time(NOW)
    page.route("**/sessions/refresh", lambda route: route.fulfill(**BUSY), times=1)
    page.goto(person.server.url + path)
    page.get_by_text("The service is busy. We can try again in 3 seconds.").wait_for()
    assert_accessible(page, where=f"busy at the start of {path}")
    page.clock.set_fixed_time(NOW + timedelta(seconds=3))
    settled(page, "in")
    expect(page.locator("#trouble")).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/account"])
def test_what_another_tab_has_learned_ends_the_words_about_a_busy_service(person: Person, path: str) -> None:
    """As the library's own next try does, where it comes before the end of the countdown."""
    other = person.sign_up(f"Pia{len(path)}")
    page = person.page()
    page.clock.set_fixed_time(NOW)
    page.route("**/sessions/refresh", lambda route: route.fulfill(**BUSY), times=1)
    page.goto(person.server.url + path)
    page.get_by_text("The service is busy. We can try again in 3 seconds.").wait_for()
    other.locator("#fresh").click()
    settled(page, "in")
    page.get_by_text("The service is busy. We can try again in 3 seconds.").wait_for()
    page.clock.set_fixed_time(NOW + timedelta(seconds=3))
    expect(page.locator("#trouble")).to_be_hidden()
