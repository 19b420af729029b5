"""Somebody adopts Cupbearer: their name, logo and colour, a route and an app of theirs on another origin, no samples (BR-9).

People come in by the app, in their own language, and nothing on any page says whose server it is but one small line.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.request import urlopen

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from tests.journeys.adopted import NAME, Adopted, adopted
from tests.pages.eyes import (
    PASSWORD,
    SMALL,
    Person,
    assert_kept_to_the_policy,
    assert_theirs,
    settled,
    take_pictures,
)
from tests.support import patience

LANGUAGES = {"en": "en-GB", "de": "de-DE", "ar": "ar-EG"}


@pytest.fixture(scope="module")
def theirs(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adopted]:
    with adopted(tmp_path_factory.mktemp("theirs")) as theirs:
        yield theirs


@dataclass
class Journey:
    """One person on the way through, and every page seen."""

    person: Person
    theirs: Adopted
    language: str

    def seen(self, page: Page, name: str) -> None:
        """Look at a page: it is theirs, in the person's language, and on a small phone nothing sticks out."""
        page.wait_for_load_state()
        assert_theirs(page, name=NAME)
        assert page.evaluate("document.documentElement.lang") == self.language
        take_pictures(page, f"theirs-{self.language}-{name}")
        page.set_viewport_size(SMALL)
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], name
        page.set_viewport_size({"width": 1280, "height": 900})

    def at(self, path: str, name: str) -> Page:
        page = self.person.page()
        page.goto(self.theirs.server.url + path)
        self.seen(page, name)
        return page

    def submit(self, page: Page, **fields: str) -> None:
        for name, text in fields.items():
            page.locator(f"[name={name}]").fill(text)
        page.locator(f"form:has([name={next(iter(fields))}]) button[type=submit]").click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_come_in_by_their_app_in_their_language_and_every_page_is_theirs(
    chromium: Browser, theirs: Adopted, language: str
) -> None:
    theirs.speaks(language)
    person = Person.at(chromium, theirs.server, locale=LANGUAGES[language])
    journey = Journey(person, theirs, language)
    page = person.page()
    page.goto(theirs.origin)
    page.locator("cupbearer-user button").click()
    page.wait_for_url(f"{theirs.server.url}/login**")
    journey.seen(page, "log-in")
    page.locator("a[href*='/signup']").click()
    page.wait_for_url("**/signup**")
    journey.seen(page, "sign-up")
    journey.submit(
        page, username=f"Ida {language}", password=PASSWORD, email=f"ida-{language}@pangolin.example"
    )
    page.wait_for_url("**/consent**")
    journey.seen(page, "consent")
    page.locator("button[value=allow]").click()
    page.wait_for_url(f"{theirs.origin}/")
    expect(page.locator("cupbearer-user [aria-expanded]")).to_contain_text(f"Ida {language}")
    page.locator("main button").click()
    expect(page.locator("output")).to_contain_text('"item":"tea"')
    page.locator("cupbearer-user [aria-expanded]").click()
    take_pictures(page, f"theirs-{language}-app")

    account = person.page()
    account.goto(f"{theirs.server.url}/account")
    settled(account, "in")
    journey.seen(account, "account")
    journey.at("/account/plain", "account-without-script")
    journey.at("/device", "device")
    journey.at("/nowhere", "no-such-page")
    journey.at("/oauth/logout", "log-out")

    with page.expect_navigation(url=f"{theirs.origin}/"):
        page.locator("cupbearer-user").get_by_role("button").last.click()
    expect(page.locator("main button")).to_be_hidden()
    page.goto(theirs.own_site)
    page.locator("cupbearer-log-in #username").fill(f"Ida {language}")
    page.locator("cupbearer-log-in #password").fill(PASSWORD)
    take_pictures(page, f"theirs-{language}-card")
    page.keyboard.press("Enter")
    expect(page.locator("cupbearer-log-in .welcome")).to_contain_text(f"Ida {language}")
    journey.at("/login", "log-in-alone")
    journey.at("/forgot", "forgotten-password")
    journey.submit(journey.at("/email-login", "log-in-by-mail"), email=f"ida-{language}@pangolin.example")
    assert_kept_to_the_policy(person)
    person.context.close()


def test_the_samples_are_gone_and_the_route_is_there(theirs: Adopted) -> None:
    with urlopen(f"{theirs.server.url}/openapi.json", timeout=patience.SECONDS) as answer:
        paths = json.load(answer)["paths"].keys()
    assert "/orders" in paths
    assert not {"/cats", "/pangolins", "/profile", "/messages"} & paths
