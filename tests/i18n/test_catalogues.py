"""LA-2: the catalogues hold every text that people read, whole, and what is packaged is made of them."""

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from chalicelib.i18n.languages import LANGUAGES, SOURCE
from tools import texts

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

OTHERS = sorted(set(LANGUAGES) - {SOURCE})
PLACE = re.compile(r"%\(\w+\)s|(?<!\{)\{\w+\}(?!\})")
TAG = re.compile(r"</?[a-z]+")


@cache
def catalogues() -> "dict[str, Catalog]":
    return texts.current()


def of_english(message: "Message") -> str:
    """The English with a number that is not one: a form for one thing may leave its number out."""
    return message.id if isinstance(message.id, str) else message.id[1]


def test_what_is_packaged_and_what_translators_read_is_up_to_date() -> None:
    """``make texts`` writes it."""
    stale = [path.name for path, content in texts.files(catalogues()).items() if path.read_bytes() != content]
    assert stale == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: str) -> None:
    assert len(catalogues()[language]) > 500
    assert texts.missing(catalogues()[language]) == []
    assert [message.id for message in catalogues()[language] if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_places_and_marks_of_the_text(language: str) -> None:
    wrong = []
    for message in catalogues()[language]:
        if not message.id or not texts.is_whole(message):
            continue
        english = of_english(message)
        for form in texts.forms(message):
            places = set(PLACE.findall(form))
            allowed = set(PLACE.findall(english))
            may_miss = {"{count}", "%(count)s", "%(num)s"} if not isinstance(message.id, str) else set()
            if not allowed - may_miss <= places <= allowed or sorted(TAG.findall(form)) != sorted(
                TAG.findall(english)
            ):
                wrong.append((english, form))
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_number_has_every_form_that_the_language_counts_by(language: str) -> None:
    counted = {"de": 2, "ar": 6}[language]
    plurals = [message for message in catalogues()[language] if isinstance(message.id, tuple)]
    assert plurals
    assert {len(texts.forms(message)) for message in plurals} == {counted}
