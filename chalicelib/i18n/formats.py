"""Dates and numbers as they are written in each language: patterns that ``make texts`` takes from the CLDR.

Digits are Western in every language: codes, addresses and what one types have no others. Times are UTC: a server does not
know where its reader is. Scripts do, and show the same with ``Intl``.
"""

import json
from functools import lru_cache
from typing import Any

from chalicelib.i18n.catalogue import FOLDER
from chalicelib.i18n.chosen import language
from chalicelib.world import calendar_of


@lru_cache(maxsize=1)
def _formats() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "formats.json").read_text(encoding="utf-8"))
    return found


def day(seconds: int) -> str:
    """Return a day, given in seconds since the epoch, as the reader writes it: ``15 Jan 2027``."""
    at, form = calendar_of(seconds), _formats()[language()]
    return str(form["day"]).format(day=at.tm_mday, month=form["months"][at.tm_mon - 1], year=at.tm_year)


def moment(seconds: int) -> str:
    """Return a time, given in seconds since the epoch, as the reader writes it: ``15 Jan 2027, 08:00 UTC``."""
    at, form = calendar_of(seconds), _formats()[language()]
    clock = f"{at.tm_hour:02d}:{at.tm_min:02d} UTC"
    return str(form["moment"]).format(day=day(seconds), time=clock)


def number(value: int) -> str:
    """Return a whole number with its thousands apart, as the reader writes it: ``12,345``."""
    return f"{value:,}".replace(",", str(_formats()[language()]["group"]))
