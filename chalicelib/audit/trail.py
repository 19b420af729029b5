"""The audit trail: what happened to whom, from where, with what outcome. Never a secret (LG-1, LG-2).

A success is written in the commit of the act itself, so neither exists without the other (LG-4). Beside it go the
service's own line and count, for those who run it. What concerns no account of ours is only counted, so that a
stranger cannot grow the store (DS-3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.audit.counts import NOBODYS, SERVICE, counted_as, tally
from chalicelib.audit.events import EVENTS
from chalicelib.audit.streams import DECOYS, partition_of, stream_of
from chalicelib.networks import network_of
from chalicelib.store import Insert, Key, Record, Store, Write
from chalicelib.store.stored_values import StoredValue, stored_as
from chalicelib.world import World

AUDIT_SECONDS = 90 * 24 * 60 * 60  # how long an event is kept
MAX_TEXT = 256  # characters of a user agent or address that are kept (LG-3)
NOBODY = Key("audit#nobody", "counts")
OPERATOR = "operator"  # the actor of what is done at the command line, where no user is known


@dataclass(frozen=True, slots=True)
class Source:
    """Who asks: network address, user agent and request id of one call.

    ``browser`` is the name that its browser has from us, and ``device`` what it keeps of a remembered log-in, where
    there are any; neither is ever written down.
    """

    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""
    browser: str = field(default="", repr=False)
    device: str | None = field(default=None, repr=False)

    @property
    def network(self) -> str | None:
        """Return the network that budgets are spent by (TH-3); None for the machine itself."""
        return network_of(self.ip)


@dataclass(frozen=True, slots=True)
class Event(StoredValue):
    """One line of the trail. ``at`` is seconds since the epoch; ``actor`` is a user id, ``operator`` or ``-``."""

    at: int
    event: str
    outcome: str  # "success" or the reason of a refusal
    actor: str
    target: str  # a user id
    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    event_id: str = field(default="", metadata=stored_as(None))  # the record's own name

    @classmethod
    def from_record(cls, record: Record) -> "Event":
        return cls.from_data(record.data, event_id=record.key.sort)

    @property
    def is_by_command_line(self) -> bool:
        """Tell whether it was done where no user is known: who did it has words then, and no name."""
        return self.actor == OPERATOR


class Audit:
    """Writes events and reads them back, newest first."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    def write(
        self,
        event: str,
        *,
        target: str,
        source: Source,
        actor: str | None = None,
        outcome: str = "success",
        **detail: str,
    ) -> Insert:
        """Return the write that records an event, for the commit of the act. ``actor`` is the target unless said."""
        line = self._line(event, target, source, actor=actor or target, outcome=outcome, detail=detail)
        return self._kept(line, AUDIT_SECONDS, partition_of(stream_of(event)), SERVICE)

    def _line(self, event: str, target: str, source: Source, **more: Any) -> Event:
        if event not in EVENTS:
            raise ValueError(f"{event} is not an audit event")
        return Event(
            at=int(self._world.now()),
            event=event,
            target=target,
            ip=source.ip,
            user_agent=source.user_agent[:MAX_TEXT],
            request_id=source.request_id[:MAX_TEXT],
            **more,
        )

    def _kept(self, line: Event, seconds: int, stream: str, counts: str) -> Insert:
        """Return the write of a line, and beside it that of the stream's and its count."""
        sort = f"{int(self._world.now() * 1000):015d}-{self._world.identifier()[:8]}"
        data, until = line.data(), line.at + seconds
        name = counted_as(line.event, line.detail)
        tallies = () if name is None else (tally(counts, name, at=line.at, spread=sort),)
        return Insert(
            Key(f"audit#{line.target}", sort), data, until, (Insert(Key(stream, sort), data, until), *tallies)
        )

    def record(self, event: str, *, target: str | None, source: Source, outcome: str, **detail: str) -> None:
        """Record a refusal, which has no commit of its own.

        Of nobody's, None, the line is composed all the same and only counted: as many writes, and no growth (EN-2, DS-3).
        """
        line = self.write(event, target=target or "-", source=source, outcome=outcome, **detail)
        if target is None:
            self.count_nobody(event)
        else:
            self._store.commit(line)

    def count_nobody(self, event: str) -> None:
        """Count an event about no account of ours: in all, in this hour of nobody's, and in the service's where it counts."""
        at, spread = self._world.timestamp(), self._world.identifier()
        beside = [tally(NOBODYS, event, at=at, spread=spread)]
        if name := counted_as(event, {}):
            beside.append(tally(SERVICE, name, at=at, spread=spread))
        self._store.bump(NOBODY, {event: 1}, expires_at=at + AUDIT_SECONDS, beside=tuple(beside))

    def decoy(self, event: str, *, target: str, source: Source, seconds: int) -> Write:
        """Return a write that costs what :meth:`write` does and is gone after so many seconds (EN-3).

        ``target`` is an id that nobody has: where all decoys lay in one place, writing there would be faster.
        """
        line = self._line(event, target, source, actor=target, outcome="success", detail={})
        stream_of(event)  # as of a real one
        return self._kept(line, seconds, partition_of(DECOYS), NOBODYS)

    def of(
        self, user_id: str, *, after: str | None = None, limit: int = 50
    ) -> tuple[tuple[Event, ...], str | None]:
        """Return a page of a user's events, newest first, and where the next one starts."""
        page = self._store.list(f"audit#{user_id}", after=after, limit=limit, newest_first=True)
        return tuple(Event.from_record(record) for record in page.records), page.next_after
