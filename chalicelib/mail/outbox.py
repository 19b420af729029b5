"""The outbox: what is to be sent is stored in the commit of the act that causes it, and leaves afterwards.

So an act and its mail are both there or neither, whatever dies in between (DL-2). How lines leave:
``mail/delivery.py``. Why it is so: ``docs/decisions/0080-mail.md``.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from chalicelib import logs
from chalicelib.mail.message import GIVEN_UP, KINDS, WAITING, Line, Mail, due_at, moving, waiting_key
from chalicelib.store import Conflict, Insert, Key, Record, Store, Write, key_of
from chalicelib.world import World

if (
    TYPE_CHECKING
):  # a request only stores mails: what composes and sends them is loaded where they are delivered
    from chalicelib.mail.delivery import Delivery, Outcome

KEEP_SECONDS = 30 * 24 * 60 * 60  # how long a line is kept at most, sent or not: it names a person


# Has the lines of that name delivered, and what is overdue, without keeping the one who asks: within two seconds.
Courier = Callable[[tuple[str, ...]], None]


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A line as operators see it. ``due`` is when it is tried next, None once it was given up."""

    line: Line
    due: int | None
    record: Record


@dataclass(frozen=True, slots=True)
class Outbox:
    """Takes mails in, has them delivered, and shows what has not left."""

    store: Store
    world: World
    courier: Courier
    find_delivery: Callable[[], "Delivery"]
    is_sent: bool = True  # whether mail leaves at all
    _turns: Iterator[int] = field(default_factory=count, init=False)

    def sending(self, mail: Mail) -> tuple[Write, ...]:
        """Return the write that has a mail sent, for the commit of the act that causes it; none where no mail is sent."""
        if mail.kind not in KINDS:
            raise ValueError(f"there is no template for {mail.kind!r}")
        if not self.is_sent:
            return ()
        now = self.world.timestamp()
        line = Line(self.world.identifier(), mail, at=now)
        key = waiting_key(now, line.line_id, turn=next(self._turns))
        return (Insert(key, line.data(), expires_at=now + KEEP_SECONDS),)

    def deliver_soon(self, *writes: Write) -> None:
        """Have what such writes stored delivered, after their commit. It never raises: no act fails for its mail.

        It takes as long for a decoy as for a mail (EN-3).
        """
        lines = tuple(key.sort for key in map(key_of, writes) if key.partition == WAITING)
        if not lines:
            return
        try:
            self.courier(lines)
        except Exception as error:  # noqa: BLE001 - the mail is stored, and the next delivery takes it
            logs.trouble("mail_not_begun", reason=type(error).__name__)
            logs.metric("MailTrouble")

    def deliver_due(self, *lines: str) -> "Outcome":
        """Deliver now: these lines first, then what is due (:meth:`Delivery.run`)."""
        return self.find_delivery().run(tuple(Key(WAITING, sort) for sort in lines))

    def next_due(self) -> int | None:
        """Return when the next line is due, in seconds since the epoch; None where none waits."""
        page = self.store.list(WAITING, limit=1)
        return due_at(page.records[0].key) if page.records else None

    def lines(self) -> Iterator[ListedLine]:
        """Yield what has not left: what was given up, newest first, then what waits, in its order."""
        for record in self._records(GIVEN_UP, newest_first=True):
            yield ListedLine(Line.from_data(record.data), None, record)
        for record in self._records(WAITING):
            yield ListedLine(Line.from_data(record.data), due_at(record.key), record)

    def retry(self, listed: ListedLine) -> bool:
        """Make a line due now, as if it were new; return False where it has left, moved or is being sent."""
        now = self.world.timestamp()
        if listed.line.claimed and listed.due is not None and listed.due > now:
            return False
        line = replace(listed.line, tries=0, reason="", claimed=False)
        to = waiting_key(now, line.line_id)
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
