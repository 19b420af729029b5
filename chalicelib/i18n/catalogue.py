"""Texts in the language of the reader, by the catalogues that ``make texts`` compiles from ``texts/*.po``."""

import gettext
from functools import lru_cache
from pathlib import Path

from chalicelib.i18n.chosen import language
from chalicelib.i18n.languages import LANGUAGES, SOURCE
from chalicelib.i18n.said import Said

FOLDER = Path(__file__).parent / "compiled"


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(tag: str) -> gettext.NullTranslations:
    """Return the catalogue of a language; English is what the texts are written in, and has none."""
    if tag == SOURCE or tag not in LANGUAGES:
        return gettext.NullTranslations()
    with (FOLDER / f"{tag}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def translated(text: str, tag: str | None = None) -> str:
    """Return a text in a language, or that of the reader; one that no catalogue has is said as it is."""
    tag = language() if tag is None else tag
    if tag == SOURCE or not text:
        return str(text)
    if isinstance(text, Said):
        places = {
            name: translated(value, tag) if isinstance(value, Said) else value
            for name, value in text.places.items()
        }
        return catalogue(tag).gettext(text.template).format_map(places)
    return catalogue(tag).gettext(text)


def gettext_here(text: str) -> str:
    """Return a template's text in the language of the reader."""
    return catalogue(language()).gettext(text)


def ngettext_here(one: str, many: str, count: int) -> str:
    """Return a template's text with a number in the language of the reader."""
    return catalogue(language()).ngettext(one, many, count)


def counted(one: str, many: str, count: int) -> str:
    """Return a text with ``{count}`` things in the language of the reader; ``make texts`` finds both by this name."""
    return ngettext_here(one, many, count).format(count=count)
