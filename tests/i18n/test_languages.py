"""LA-1: which language a request is answered in, whatever it sends (RFC 9110 section 12.5.4, RFC 4647 section 3.4)."""

import time

import pytest

from chalicelib.i18n.chosen import Wishes
from chalicelib.i18n.languages import LANGUAGES, MAX_CHARACTERS, accepted, listed, lookup

ALL = tuple(LANGUAGES)


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("de", ("de",)),
        ("de-AT, de;q=0.9, en;q=0.8", ("de-AT", "de", "en")),
        ("en;q=0.5,ar;q=0.9", ("ar", "en")),
        ("en;q=0, de", ("de",)),
        ("*", ()),
        ("de;q=2, en", ("en",)),
        ("de;q=x, ar", ("ar",)),
        ("", ()),
        ("zh-Hant-CN-x-private1", ("zh-Hant-CN-x-private1",)),
    ],
)
def test_ranges_come_by_their_weight_and_what_is_malformed_counts_for_nothing(
    header: str, ranges: tuple[str, ...]
) -> None:
    assert accepted(header) == ranges


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("de-AT", "de"), ("DE", "de"), ("ar-EG-u-nu-arab", "ar"), ("fr", None), ("d", None), ("", None)],
)
def test_a_range_is_shortened_from_its_end(wanted: str, found: str | None) -> None:
    assert lookup((wanted,), ALL) == found


@pytest.mark.parametrize(
    "hostile",
    [
        "de," * 100_000,
        "a-" * 50_000,
        "de;q=" + "9" * 100_000,
        " " * 100_000 + "de",
        "de\t;\t" * 20_000,
        "\0de,\r\nar",
        "../../etc/passwd",
        "de;q=0.5;" * 10_000,
    ],
)
def test_a_hostile_header_gets_a_language_that_there_is_in_no_time(hostile: str) -> None:
    began = time.process_time()
    found = Wishes(offered=ALL, own=hostile, ui_locales=hostile, accept_language=hostile).language
    assert found in LANGUAGES
    assert len(accepted(hostile)) <= 20
    assert len(" ".join(listed(hostile))) <= MAX_CHARACTERS
    assert time.process_time() - began < 1  # a pattern that goes back and forth would take hours


def test_the_person_goes_before_the_application_and_that_before_the_browser_and_the_setting() -> None:
    wishes = Wishes(offered=ALL, otherwise="en", own="ar", ui_locales="de", accept_language="en")
    assert wishes.language == "ar"
    wishes.own = ""
    assert wishes.language == "de"
    wishes.ui_locales = "fr pt"
    assert wishes.language == "en"
    wishes.accept_language, wishes.otherwise = "fr", "de"
    assert wishes.language == "de"


def test_only_what_is_offered_is_chosen() -> None:
    assert Wishes(offered=("en",), own="de", ui_locales="ar", accept_language="de").language == "en"
