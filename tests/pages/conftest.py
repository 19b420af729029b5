"""A real browser and a real service for the tests of the pages."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.parts import missing
from tests.parts.server import Server, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.pages.eyes import Person

AXE_FOLDER = Path(__file__).parents[1] / "parts" / "node_modules" / "axe-core"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        missing("Chromium", install="apt-get install --no-install-recommends chromium")
    if not AXE_FOLDER.exists():
        missing("axe-core", install="npm install --prefix tests/parts")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright", install="pip install -r requirements-dev.txt")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def person(browser: "Browser", server: Server) -> Iterator["Person"]:
    from tests.pages.eyes import Person, assert_kept_to_the_policy

    person = Person.at(browser, server)
    yield person
    assert_kept_to_the_policy(person)
    person.context.close()


@pytest.fixture
def elsewhere(browser: "Browser", server: Server) -> Iterator["Person"]:
    """The same person, at another browser."""
    from tests.pages.eyes import Person, assert_kept_to_the_policy

    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    person = Person.at(browser, server, user_agent=agent)
    yield person
    assert_kept_to_the_policy(person)
    person.context.close()
