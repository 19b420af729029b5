"""What waits to be sent: a line of an outbox, where it lies, and what a kind of such lines is called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from chalicelib.store import Insert, Key, Record, Remove, Replace, Write
from chalicelib.store.stored_values import StoredValue

MAX_REASON = 200  # characters that are kept of a failure
TURN_DIGITS = 6


class NotSent(Exception):  # noqa: N818 - what happened
    """A line did not leave. ``reason`` is for operators and holds nothing of what was to be sent (M9)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = "".join(each if each.isprintable() else " " for each in reason)[:MAX_REASON]


class Refused(NotSent):
    """It is refused for good: another try would end the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(StoredValue):
    """A line of an outbox. ``at`` is when it was asked for, in seconds since the epoch; ``tries`` have begun.

    ``reason`` is why the last one failed; ``claimed``: a deliverer has it, until it is due.
    """

    line_id: str
    at: int
    tries: int = 0
    reason: str = ""
    claimed: bool = False

    @property
    def logged(self) -> dict[str, str]:
        """Return what the log says of it."""
        return {"line": self.line_id}

    def parts(self, new_id: Callable[[], str]) -> tuple[Self, ...]:  # noqa: ARG002 - for lines of several
        """Return the lines that are each sent by themselves; most are one."""
        return (self,)


L = TypeVar("L", bound=Line)


@dataclass(frozen=True, slots=True)
class Kind(Generic[L]):
    """A kind of lines: how log lines and metrics of it begin, and the partitions of those that wait or were given up."""

    name: str
    metric: str
    waiting: str
    given_up: str
    line: type[L]

    def waiting_key(self, due: float, line_id: str, *, turn: int = 0) -> Key:
        """Return where a line waits: in the order in which lines are due; in one second by the ``turn`` of their process."""
        return Key(self.waiting, f"{int(due):012d}#{turn % 10**TURN_DIGITS:0{TURN_DIGITS}d}#{line_id}")

    def read(self, record: Record) -> L:
        """Return the line of a record."""
        return self.line.from_data(record.data)


def due_at(key: Key) -> int:
    """Return when a line that waits there is due, in seconds since the epoch."""
    return int(key.sort.partition("#")[0])


def moving(record: Record, to: Key, line: Line, *, expires_at: int | None) -> tuple[Write, ...]:
    """Return the writes that move a line as it was read to another place; they fail where it was moved meanwhile."""
    if to == record.key:
        return (Replace(record, line.data(), expires_at=expires_at),)
    return (Remove(record), Insert(to, line.data(), expires_at=expires_at))
