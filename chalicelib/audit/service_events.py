"""What happened in the whole service, newest first: by event, person, network and time, in a bounded look a page."""

import ipaddress
import re
from dataclasses import dataclass
from heapq import merge
from itertools import takewhile

from chalicelib.audit.streams import STREAMS, partition_of, stream_of
from chalicelib.audit.trail import Event
from chalicelib.networks import network_of
from chalicelib.store import Record, Store

LOOKED_THROUGH = 500  # events of each stream that one page with a filter looks through


_CURSOR = re.compile(r"[0-9]{15}-[a-z2-7]{8}", re.ASCII)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: those that fit all that is given. Moments are seconds since the epoch, ``until`` exclusive."""

    event: str | None = None
    user_id: str | None = None
    network: Network | None = None
    since: int | None = None
    until: int | None = None

    @property
    def partitions(self) -> tuple[str, ...]:
        """Return where they stand: a person's trail, the stream of an event, or every stream."""
        if self.user_id is not None:
            return (f"audit#{self.user_id}",)
        streams = STREAMS if self.event is None else (stream_of(self.event),)
        return tuple(partition_of(stream) for stream in streams)

    @property
    def is_looked_for(self) -> bool:
        """Whether others stand among them."""
        return self.event is not None or self.network is not None


@dataclass(frozen=True, slots=True)
class EventPage:
    """A part of what is wanted. ``next_cursor`` is None at the end; else all since ``looked_back_to`` was looked at."""

    events: tuple[Event, ...]
    next_cursor: str | None = None
    looked_back_to: int | None = None  # seconds since the epoch


class ServiceEvents:
    """Reads the streams: one request for each that is wanted, five for all, however much there is."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, wanted: Wanted, *, cursor: str | None = None, limit: int = 50) -> EventPage:
        """Return up to ``limit`` events; fewer, even none, with a cursor where a page has looked far enough.

        ValueError for a cursor that is none of ours.
        """
        if cursor is not None and not is_cursor(cursor):
            raise ValueError("the cursor is none of ours")
        size = max(limit, LOOKED_THROUGH) if wanted.is_looked_for else limit
        after = _earlier(cursor, None if wanted.until is None else _sort(wanted.until))
        pages = [
            self._store.list(partition, after=after, limit=size, newest_first=True)
            for partition in wanted.partitions
        ]
        # Up to the newest of the ends everything was seen; what is older waits for the next page.
        end = max((page.next_after for page in pages if page.next_after is not None), default="")
        oldest = max(end, "" if wanted.since is None else _sort(wanted.since))
        by_time = merge(*(page.records for page in pages), key=lambda each: each.key.sort, reverse=True)
        seen = takewhile(lambda record: record.key.sort >= oldest, by_time)
        found = [record for record in seen if _fits(record, wanted)]
        if len(found) > limit:
            found = found[:limit]
            end = found[-1].key.sort
        over = not end or (wanted.since is not None and end < _sort(wanted.since))
        events = tuple(map(Event.from_record, found))
        return EventPage(events) if over else EventPage(events, end, int(end.partition("-")[0]) // 1000)


def _sort(seconds: int) -> str:
    """Return what every event from that moment on sorts after."""
    return f"{seconds * 1000:015d}"


def _earlier(*sorts: str | None) -> str | None:
    return min((sort for sort in sorts if sort), default=None)


def is_cursor(text: str) -> bool:
    """Return whether it may be where a page ends."""
    return _CURSOR.fullmatch(text) is not None


def network_from(text: str) -> Network:
    """Return a network as ``192.0.2.0/24``, or that of an address (TH-3). ValueError for what is neither."""
    if "/" in text:
        return ipaddress.ip_network(text.strip(), strict=False)
    address = str(ipaddress.ip_address(text.strip()))
    return ipaddress.ip_network(network_of(address) or address)


def _fits(record: Record, wanted: Wanted) -> bool:
    if wanted.event is not None and record.data["event"] != wanted.event:
        return False
    if wanted.network is None:
        return True
    try:
        return ipaddress.ip_address(record.data.get("ip") or "") in wanted.network
    except ValueError:
        return False
