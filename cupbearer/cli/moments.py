"""Moments as they are typed: a day, a time of a day in UTC, or how long ago."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import click

_AGO = re.compile(r"(\d{1,5})\s*(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


class Moment(click.ParamType[int]):
    """``2026-11-22``, ``2026-11-22T13:30`` (UTC, unless it names an offset) or ``90m``, ``2h``, ``7d``, ``2w`` ago."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return seconds since the epoch."""
        if isinstance(value, int):
            return value
        text = str(value).strip()
        if ago := _AGO.fullmatch(text):
            return int(time.time()) - int(ago[1]) * _SECONDS[ago[2]]
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"{value!r} is no moment: 2026-11-22, 2026-11-22T13:30, or how long ago, as 2h or 7d.",
                param,
                ctx,
            )
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


MOMENT = Moment()
