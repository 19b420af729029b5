"""Which languages there are, and which of them a request is answered in (RFC 9110 section 12.5.4, RFC 4647 section 3.4)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

SOURCE = "en"  # what the texts in code and templates are written in


class Language(NamedTuple):
    """A language: its name in itself, and which way it is written."""

    name: str
    direction: str = "ltr"


LANGUAGES = {
    "en": Language("English"),
    "de": Language("Deutsch"),
    "ar": Language("العربية", "rtl"),
}

# A header is anybody's text: what is longer, or has more ranges, was written by no browser.
MAX_CHARACTERS, MAX_RANGES = 1000, 20
_RANGE = re.compile(
    r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,7}|\*)(?:[ \t]*;[ \t]*[qQ]=([01](?:\.[0-9]{0,3})?))?"
)


def lookup(ranges: Sequence[str], offered: Sequence[str]) -> str | None:
    """Return the first offered language that a range names, each shortened from its end; None where none does."""
    for wanted in ranges:
        parts = wanted.lower().split("-")
        while parts:
            if (tag := "-".join(parts)) in offered:
                return tag
            parts.pop()
            if parts and len(parts[-1]) == 1:  # the mark of an extension stands for nothing alone
                parts.pop()
    return None


def accepted(header: str) -> tuple[str, ...]:
    """Return the ranges of an ``Accept-Language`` header, the most wanted first; what is malformed counts for nothing."""
    found: list[tuple[float, str]] = []
    for part in header[:MAX_CHARACTERS].split(",")[:MAX_RANGES]:
        match = _RANGE.fullmatch(part.strip(" \t"))
        if match and match[1] != "*":  # anything at all is what the setting says
            found.append((min(float(match[2] or 1), 1.0), match[1]))
    found.sort(key=lambda each: -each[0])
    return tuple(tag for weight, tag in found if weight)


def listed(ui_locales: str) -> tuple[str, ...]:
    """Return the tags of ``ui_locales``, in the order of the client's preference (OpenID Connect Core section 3.1.2.1)."""
    return tuple(tag for tag in ui_locales[:MAX_CHARACTERS].split()[:MAX_RANGES] if _RANGE.fullmatch(tag))
