"""What a form says of a refusal: beside the field where one can mend it, else in one sentence above the button.

Pages say it by themselves and scripts read it from the form (``data-words``), so that both speak alike.
"""

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chalicelib.errors import Invalid, Refusal, SlowDown
from chalicelib.i18n.catalogue import counted, translated
from chalicelib.i18n.said import said

MISSING = "Please fill this in."


class Word(NamedTuple):
    """A sentence, and the field that it stands beside."""

    field: str
    sentence: str


WORDS: Mapping[str, Word] = {  # by the code of the refusal
    "invalid_credentials": Word(
        "password",
        "The user name or the password is wrong. Try again: capitals count."
        " After many wrong tries none is taken for a while.",
    ),
    "username_taken": Word("username", "This user name is taken. Perhaps with a number or a second word?"),
}


class Told(NamedTuple):
    """The whole list of faults: sentences by the field that each is about, and one that is about none."""

    errors: Mapping[str, str]
    said: str


NOTHING = Told({}, "")


def told(refusal: Refusal | None, fields: Mapping[str, str], *, required: Iterable[str] = ()) -> Told:
    """Return what a form with these ``fields`` says; a ``required`` one without a value is a fault as well."""
    if refusal is None:
        return NOTHING
    if isinstance(refusal, Invalid) and refusal.errors:
        missing = {name: MISSING for name in required if not fields.get(name)}
        return Told({**refusal.errors, **missing}, "")
    if (word := WORDS.get(refusal.public_code)) is not None:
        return Told({word.field: word.sentence}, "")
    if isinstance(refusal, SlowDown):
        wait = in_seconds(refusal.retry_after)
        return Told({}, translated(said("Too many tries in a row. Wait {wait}, then try again.", wait=wait)))
    return Told({}, refusal.detail)


def in_seconds(count: int) -> str:
    """Return ``1 second`` or ``5 seconds``, in the reader's language."""
    return counted("{count} second", "{count} seconds", count)


def focus(told: Told, fields: Mapping[str, str], names: Iterable[str]) -> str:
    """Return the name of the field to begin with: the first fault, or else the first that is empty."""
    names = tuple(names)
    first = next((name for name in names if name in told.errors), None)
    return first or next((name for name in names if not fields.get(name)), "")


def for_scripts() -> str:
    """Return the words as JSON for ``data-words``."""
    return json.dumps({code: (word.field, translated(word.sentence)) for code, word in WORDS.items()})
