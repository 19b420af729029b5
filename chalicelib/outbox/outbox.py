"""An outbox: what is to be sent is stored in the commit of the act that causes it, and leaves afterwards.

So an act and its message are both there or neither, whatever dies in between (DL-2). How lines leave:
``outbox/delivery.py``. Why it is so: ``docs/decisions/0080-mail.md``.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from chalicelib import logs
from chalicelib.outbox.line import Kind, Line, due_at, moving
from chalicelib.store import Conflict, Insert, Key, Record, Store, Write, key_of
from chalicelib.world import World

if TYPE_CHECKING:  # a request only stores lines: what sends them is loaded where they are delivered
    from chalicelib.outbox.delivery import Delivers, Outcome

L = TypeVar("L", bound=Line)

KEEP_SECONDS = 30 * 24 * 60 * 60  # how long a line is kept at most, sent or not: it names a person


# Has the lines of that name delivered, and what is overdue, without keeping the one who asks: within two seconds.
Courier = Callable[[tuple[str, ...]], None]


@dataclass(frozen=True, slots=True)
class ListedLine(Generic[L]):
    """A line as operators see it. ``due`` is when it is tried next, None once it was given up."""

    line: L
    due: int | None
    record: Record


@dataclass(frozen=True, slots=True)
class Outbox(Generic[L]):
    """Takes lines of one kind in, has them delivered, and shows what has not left."""

    kind: ClassVar[Kind[Any]]

    store: Store
    world: World
    courier: Courier
    find_delivery: Callable[[], "Delivers"]
    is_sent: bool = True  # whether such lines leave at all
    _turns: Iterator[int] = field(default_factory=count, init=False)

    def storing(self, line: L) -> tuple[Write, ...]:
        """Return the write that has a line sent, for the commit of the act that causes it; none where none is sent."""
        if not self.is_sent:
            return ()
        key = self.kind.waiting_key(line.at, line.line_id, turn=next(self._turns))
        return (Insert(key, line.data(), expires_at=line.at + KEEP_SECONDS),)

    def deliver_soon(self, *writes: Write) -> None:
        """Have what such writes stored delivered, after their commit. It never raises: no act fails for its message.

        It takes as long for a decoy as for a mail (EN-3).
        """
        lines = tuple(key.sort for key in map(key_of, writes) if key.partition == self.kind.waiting)
        if not lines:
            return
        try:
            self.courier(lines)
        except Exception as error:  # noqa: BLE001 - the line is stored, and the next delivery takes it
            logs.trouble(f"{self.kind.name}_not_begun", reason=type(error).__name__)
            logs.metric(f"{self.kind.metric}Trouble")

    def deliver_due(self, *lines: str) -> "Outcome":
        """Deliver now: these lines first, then what is due (:meth:`Delivery.run`)."""
        return self.find_delivery().run(tuple(Key(self.kind.waiting, sort) for sort in lines))

    def next_due(self) -> int | None:
        """Return when the next line is due, in seconds since the epoch; None where none waits."""
        page = self.store.list(self.kind.waiting, limit=1)
        return due_at(page.records[0].key) if page.records else None

    def lines(self) -> Iterator[ListedLine[L]]:
        """Yield what has not left: what was given up, newest first, then what waits, in its order."""
        for record in self._records(self.kind.given_up, newest_first=True):
            yield ListedLine(self.kind.read(record), None, record)
        for record in self._records(self.kind.waiting):
            yield ListedLine(self.kind.read(record), due_at(record.key), record)

    def retry(self, listed: ListedLine[L]) -> bool:
        """Make a line due now, as if it were new; return False where it has left, moved or is being sent."""
        now = self.world.timestamp()
        if listed.line.claimed and listed.due is not None and listed.due > now:
            return False
        line = replace(listed.line, tries=0, reason="", claimed=False)
        to = self.kind.waiting_key(now, line.line_id)
        with suppress(Conflict):
            self.store.commit(*moving(listed.record, to, line, expires_at=now + KEEP_SECONDS))
            return True
        return False

    def _records(self, partition: str, *, newest_first: bool = False) -> Iterator[Record]:
        after: str | None = None
        while True:
            page = self.store.list(partition, after=after, newest_first=newest_first)
            yield from page.records
            after = page.next_after
            if after is None:
                return
