"""``response_mode=form_post`` in a real browser: the page posts itself, and its button does without script (OP-11, BR-4)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import expect

from tests.pages.application import Application, waiting
from tests.pages.eyes import PASSWORD, Person
from tests.parts.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def application(server: Server) -> Iterator[Application]:
    with waiting(server, name="Teapot") as application:
        yield application


def at_consent(person: Person, application: Application, username: str) -> "Page":
    """Begin at the application, sign up on the way, and come to the question."""
    page = person.page()
    page.goto(application.authorize_url(response_mode="form_post"))
    page.get_by_role("link", name="Sign up").click()
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/consent?*")
    return page


def test_the_page_posts_itself_and_takes_no_step_in_the_history(
    person: Person, application: Application
) -> None:
    page = at_consent(person, application, "Form")
    before = page.evaluate("history.length")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(application.callback)
    assert page.evaluate("history.length") == before + 1
    fields = application.forms[-1]
    assert fields.keys() == {"code", "state", "iss"}
    assert fields["state"] == "a-state-of-the-application"


def test_the_button_posts_it_without_script(
    browser: "Browser", server: Server, application: Application
) -> None:
    person = Person.at(browser, server, java_script_enabled=False)
    page = at_consent(person, application, "Plain")
    page.get_by_role("button", name="Refuse").click()
    expect(page.locator("h1")).to_contain_text("Back to the application")
    expect(page.locator("main")).to_contain_text(application.callback.removesuffix("/callback"))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(application.callback)
    assert application.forms[-1]["error"] == "access_denied"
    assert not person.complaints
    person.context.close()
