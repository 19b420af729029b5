"""How lines leave an outbox: claimed by one of many, sent, removed; or tried again later, and at last given up.

A line is claimed by moving it to the end of its lease in one commit, so of two deliverers one has it, and where that
one dies it is due again by itself. A line leaves twice only where a sender took it and we never came to know.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, Protocol

from chalicelib import logs
from chalicelib.outbox.line import Kind, Line, NotSent, Refused, due_at, moving
from chalicelib.store import Conflict, Forget, Insert, Key, Record, Remove, Store, StoreUnavailable
from chalicelib.world import SKEW_SECONDS, World

SEND_SECONDS = 20  # what handing one line over may take (AV-1)
LEASE_SECONDS = 2 * SEND_SECONDS + SKEW_SECONDS  # another server's clock may be ahead, and ours slow
RUN_SECONDS = 30  # no line is begun later in a run; with SEND_SECONDS it ends before Lambda ends it
# Until the next try, in seconds; the first two are over when Lambda calls again, a minute and two after a failure.
BACK_OFF = (30, 90, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
MAX_TRIES = len(BACK_OFF) + 1  # the last about a day after the first
LOOK_AHEAD = 50  # lines read at a time
GIVEN_UP_SECONDS = 30 * 24 * 60 * 60  # how long an operator may see what was given up, and send it again

Ending = Literal["sent", "dropped", "again", "given_up"]


@dataclass(slots=True)
class Outcome:
    """What became of the lines that a run claimed.

    ``dropped`` are decoys and lines that are of no use any more; ``left`` says that more was due than there was time for.
    """

    sent: int = 0
    dropped: int = 0
    again: int = 0
    given_up: int = 0
    left: bool = False

    @property
    def wants_another(self) -> bool:
        """Return whether another run soon would help."""
        return bool(self.again) or self.left


class Delivers(Protocol):
    """What a run is asked of."""

    def run(self, first: tuple[Key, ...] = ()) -> Outcome:
        """Deliver these lines, then every one that is due. Raises StoreUnavailable."""


class Sends(Protocol):
    """The way out of one kind of lines."""

    def is_decoy(self, line: Any) -> bool:
        """Return whether a line is forgotten unsent."""

    def send(self, line: Any) -> bool:
        """Hand a line over within ``SEND_SECONDS``; return False where it is of no use any more.

        Raises Refused for good, NotSent where a later try may succeed.
        """


@dataclass(frozen=True, slots=True)
class Delivery:
    """One deliverer of many. ``patience`` is how long a due line is left to the delivery that its own act began.

    ``at_once`` lines are sent side by side: more than one where those who are told are many, and one may be slow.
    """

    store: Store
    world: World
    kind: Kind[Any]
    way: Sends
    patience: int = 0  # seconds
    at_once: int = 1

    def run(self, first: tuple[Key, ...] = ()) -> Outcome:
        """Deliver these lines, then every one that is due. Raises StoreUnavailable."""
        started, endings, left = self.world.monotonic(), Counter[Ending | None](), False
        records = (part for record in self._due(first) for part in self._parts(record))
        while batch := tuple(islice(records, self.at_once)):
            if self.world.monotonic() - started >= RUN_SECONDS:
                left = True
                break
            endings.update(self._settled(batch))
        counts = {ending: count for ending, count in endings.items() if ending is not None}
        return Outcome(**counts, left=left)

    def _settled(self, batch: tuple[Record, ...]) -> Iterable[Ending | None]:
        if len(batch) == 1:
            return [self._settle(batch[0])]
        with ThreadPoolExecutor(len(batch)) as pool:
            return [*pool.map(self._settle, batch)]

    def _due(self, first: tuple[Key, ...]) -> Iterator[Record]:
        """Yield lines to claim. What is due later than any try is put off was written before the clock was set back."""
        if first:
            yield from (record for record in self.store.get(*first) if record is not None)
        horizon = self.world.timestamp() + max(BACK_OFF) + LEASE_SECONDS + SKEW_SECONDS
        latest = self.kind.waiting_key(horizon, "~").sort
        yield from self.store.list(self.kind.waiting, after=latest, limit=LOOK_AHEAD).records
        after: str | None = None
        while True:
            page = self.store.list(self.kind.waiting, after=after, limit=LOOK_AHEAD)
            for record in page.records:
                if due_at(record.key) > self.world.now() - self.patience:
                    return
                if record.key not in first:
                    yield record
            after = page.next_after
            if after is None:
                return

    def _parts(self, record: Record) -> Iterator[Record]:
        """Yield a line, or those that stand in the place of one of several: each is then tried by itself."""
        line = self.kind.read(record)
        parts = line.parts(self.world.identifier)
        if len(parts) == 1:
            yield record
            return
        keys = [self.kind.waiting_key(line.at, part.line_id) for part in parts]
        inserts = [
            Insert(key, part.data(), expires_at=record.expires_at)
            for key, part in zip(keys, parts, strict=True)
        ]
        try:
            self.store.commit(Remove(record), *inserts)
        except Conflict:
            return  # another deliverer did
        yield from (part for part in self.store.get(*keys) if part is not None)

    def _settle(self, record: Record) -> Ending | None:
        """Claim a line and bring it to an end; None where another has it."""
        line = self.kind.read(record)
        now = self.world.timestamp()
        if self.way.is_decoy(line):
            return self._dropped(record.key)
        if line.tries >= MAX_TRIES:  # every try died on the way: this one might too
            return self._give_up(record, line)
        claimed = replace(line, tries=line.tries + 1, claimed=True)
        key = self.kind.waiting_key(now + LEASE_SECONDS, line.line_id)
        try:
            self.store.commit(*moving(record, key, claimed, expires_at=record.expires_at))
        except Conflict:
            return None
        return self._try(key, claimed)

    def _try(self, key: Key, line: Line) -> Ending:
        try:
            return self._send(key, line)
        except Refused as refused:
            return self._put_off(key, replace(line, reason=refused.reason), last=True)
        except NotSent as trouble:
            return self._put_off(key, replace(line, reason=trouble.reason))
        except StoreUnavailable:
            raise  # the line is due again when its lease is over
        except Exception as error:  # noqa: BLE001 - a defect of one line must not keep the others
            logs.trouble(f"{self.kind.name}_defect", stack=True, **line.logged)
            return self._put_off(key, replace(line, reason=type(error).__name__))

    def _send(self, key: Key, line: Line) -> Ending:
        if not self.way.send(line):
            return self._dropped(key)
        self.store.commit(Forget(key))
        metrics = {f"{self.kind.metric}Sent": (1, "Count")}
        logs.log(f"{self.kind.name}_sent", metrics=metrics, **line.logged)
        return "sent"

    def _dropped(self, key: Key) -> Ending:
        self.store.commit(Forget(key))
        return "dropped"

    def _put_off(self, key: Key, line: Line, *, last: bool = False) -> Ending:
        """Leave a line for a later try, or give it up; whoever claimed it when our lease was over has it now."""
        (record,) = self.store.get(key)
        if record is None:
            return "again"
        line = replace(line, claimed=False)
        if last or line.tries >= MAX_TRIES:
            return self._give_up(record, line)
        to = self.kind.waiting_key(self.world.timestamp() + BACK_OFF[line.tries - 1], line.line_id)
        try:
            self.store.commit(*moving(record, to, line, expires_at=record.expires_at))
        except Conflict:
            return "again"
        metrics = {f"{self.kind.metric}Trouble": (1, "Count")}
        logs.log(f"{self.kind.name}_put_off", metrics=metrics, reason=line.reason, **line.logged)
        return "again"

    def _give_up(self, record: Record, line: Line) -> Ending:
        now = self.world.timestamp()
        key = Key(self.kind.given_up, f"{now:012d}#{line.line_id}")
        try:
            self.store.commit(*moving(record, key, line, expires_at=now + GIVEN_UP_SECONDS))
        except Conflict:
            return "again"
        name = f"{self.kind.name}_given_up"
        logs.trouble(name, stack=False, tries=line.tries, reason=line.reason, **line.logged)
        logs.metric(f"{self.kind.metric}GivenUp")
        return "given_up"
