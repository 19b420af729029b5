"""The page of the library's documents: for everybody, on every screen (docs/look.md)."""

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright")

from tests.pages.conftest import browser
from tests.pages.eyes import (
    Person,
    assert_accessible,
    assert_in_its_place,
    assert_kept_to_the_policy,
    take_pictures,
)
from tests.parts.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser"]


def test_the_documents_are_for_everybody_on_every_screen(browser: "Browser", service: Server) -> None:
    person = Person.at(browser, service)
    page = person.page()
    page.goto(f"{service.url}/cupbearer.js/docs")
    assert_accessible(page, where="library")
    assert_in_its_place(page, where="library")
    take_pictures(page, "library")
    assert_kept_to_the_policy(person)
    person.context.close()
