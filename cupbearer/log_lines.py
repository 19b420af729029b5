"""One line of a log as people read it: ours are JSON objects, Lambda's own are text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LAST_SECOND = 253_402_300_799  # the year 9999: beyond it no calendar goes
HIDDEN = {
    "at",
    "level",
    "event",
    "request_id",
    "exception",
    "_aws",
    "Function",
}  # shown elsewhere, or for machines


@dataclass(frozen=True, slots=True)
class LogLine:
    """What was logged. ``at`` is seconds since the epoch, None where the line does not say; ``part`` a function's name."""

    text: str
    at: float | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    part: str = ""

    @classmethod
    def of(cls, text: str, *, at: float | None = None, part: str = "") -> "LogLine":
        """Return a line; ``at`` and ``part`` are what the log's keeper knows."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        fields = found if isinstance(found, dict) else {}
        said = fields.get("at")
        if isinstance(said, int | float) and 0 <= said <= LAST_SECOND:
            at = float(said)
        return cls(text.rstrip("\n"), at, fields, part)

    def is_since(self, moment: float | None) -> bool:
        """Return whether it was logged at a moment or later; a line that does not say is."""
        return moment is None or self.at is None or self.at >= moment

    def data(self) -> dict[str, Any]:
        """Return it for programs."""
        part = {"function": self.part} if self.part else {}
        return {"at": self.at, **part, **(dict(self.fields) or {"text": self.text})}

    def readable(self) -> list[str]:
        """Return it for people: when, how bad, what, and what is known beside; an exception on lines of its own."""
        when = "" if self.at is None else f"{datetime.fromtimestamp(self.at, UTC):%Y-%m-%d %H:%M:%S}Z"
        words = [when, *([self.part] if self.part else [])]
        if not self.fields:
            return [" ".join([*words, self.text]).strip()]
        level = str(self.fields.get("level", ""))
        words += ["" if level == "info" else level.upper(), str(self.fields.get("event", ""))]
        words += [f"{name}={value}" for name, value in self.fields.items() if name not in HIDDEN]
        told = str(self.fields.get("exception", "")).splitlines()
        return [" ".join(word for word in words if word), *(f"  {line}" for line in told)]
