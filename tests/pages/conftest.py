"""A real browser and a real service for the tests of the pages."""

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


@pytest.fixture(scope="session")
def browser(chromium: "Browser") -> "Browser":
    """The one Chromium of this process, for tests that also look at pages with axe-core."""
    if not AXE_FOLDER.exists():
        missing("axe-core", install="npm install --prefix tests/parts")
    return chromium


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
