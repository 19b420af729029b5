"""What tests hand about: a clock moved by hand, an answer, and where a call comes from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.audit.trail import Source

SOURCE = Source(ip="127.0.0.1", user_agent="pytest", request_id="pytest")


@dataclass
class Clock:
    """Seconds since the epoch, moved by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Header names are in any case; ``json`` is the body read as JSON."""

    status: int
    headers: Mapping[str, Any]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body's JSON; raise ValueError for a body that is none."""
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """Return the ``code`` of a problem document, or None of any other answer."""
        is_problem = self.header("Content-Type") == "application/problem+json"
        return str(self.json["code"]) if is_problem else None

    def header(self, name: str) -> str | None:
        """Return a header, the first of several, or None where there is none."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a header, such as ``Set-Cookie``."""
        found = [value for key, value in self.headers.items() if key.lower() == name.lower()]
        return tuple(found[0]) if found and isinstance(found[0], list) else tuple(found)
