"""Moments as a form gives them: ``2026-11-22T13:30`` or ``2026-11-22``, in UTC."""

import calendar
import re

_TYPED = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::\d\d)?)?", re.ASCII)


def seconds_of(text: str) -> int:
    """Return seconds since the epoch. ValueError for what is no moment."""
    found = _TYPED.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    if not (year >= 1970 and 1 <= month <= 12 and hour <= 23 and minute <= 59):  # noqa: PLR2004 - a calendar's own
        raise ValueError(text)
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise ValueError(text)
    return calendar.timegm((year, month, day, hour, minute, 0))
