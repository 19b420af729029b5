"""The store's narrow waist: five verbs over records, the same promises from every engine.

``get`` · ``list`` · ``commit`` · ``take`` · ``bump``. All reads are strongly consistent; a record whose
``expires_at`` has come is absent for every verb, whether or not the engine has swept it away yet (ST-3).
Uniqueness is the :class:`Insert` of a second record in the same commit (ST-1).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Data = Mapping[str, Any]  # a JSON object: str, int, float, bool, None, lists and objects of these
OnRequest = Callable[
    [str, float], None
]  # called for every request with its name, the capacity units it consumed

MAX_KEYS = 100  # DynamoDB's limit for one batch of reads; both engines keep it
MAX_WRITES = 100  # DynamoDB's limit for one transaction
MAX_PAGE = 1000
MAX_PARTITION_BYTES = 2048
MAX_SORT_BYTES = 1024
MAX_DATA_BYTES = 350_000  # as compact JSON; below DynamoDB's 400 KB an item, names and numbers included
MAX_COMMIT_BYTES = 4_000_000  # below DynamoDB's 4 MB a transaction
MAX_DEPTH = 32  # lists and objects within each other
MAX_COUNTS = 20  # names in one bump
MAX_NAME_BYTES = 200  # a taker, a count's name
MAX_INTEGER = 2**63 - 1  # and no integer is below -(2**63)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where a record lives. Both parts are non-empty text; ``sort`` orders the records of a partition."""

    partition: str
    sort: str


@dataclass(frozen=True, slots=True)
class Record:
    """What ``get`` and ``list`` give. ``version`` names this very state of it and is never used again."""

    key: Key
    data: Data
    version: str
    expires_at: int | None = None  # seconds since the epoch
    taken_by: str | None = None  # who spent it, see ``take``


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a partition. ``next_after`` is given back as ``after`` for the next one; None at the end."""

    records: tuple[Record, ...]
    next_after: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Add to named counts, as ``bump`` does, beside something else."""

    key: Key
    amounts: Mapping[str, int]
    expires_at: int


@dataclass(frozen=True, slots=True)
class Insert:
    """Make a record that must not exist.

    ``beside`` follows from it and fails nothing: one with it where that is free, on DynamoDB a request each after it.
    """

    key: Key
    data: Data
    expires_at: int | None = None
    beside: tuple["Insert | Tally", ...] = ()


@dataclass(frozen=True, slots=True)
class Replace:
    """Write over the record that was read, if it has neither changed nor expired. A spent one stays spent."""

    record: Record
    data: Data
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove the record that was read, if it has neither changed nor expired since."""

    record: Record


@dataclass(frozen=True, slots=True)
class Check:
    """Demand that the record that was read has neither changed nor expired since; write nothing."""

    record: Record


@dataclass(frozen=True, slots=True)
class Forget:
    """Remove whatever is there, or nothing."""

    key: Key


Write = Insert | Replace | Remove | Check | Forget


def key_of(write: Write) -> Key:
    """Return the key that a write is about."""
    return write.key if isinstance(write, Insert | Forget) else write.record.key


@dataclass(frozen=True, slots=True)
class Counters:
    """Named counts under one key, as ``bump`` left them. A name that was never bumped is 0."""

    counts: Mapping[str, int] = field(default_factory=dict)
    expires_at: int = 0  # seconds since the epoch
    version: str = ""  # of the record, as in :class:`Record`

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)


class Conflict(Exception):  # noqa: N818 - the ordinary end of a lost race
    """A commit was refused whole: ``keys`` are those whose record was not as demanded."""

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(", ".join(f"{key.partition}/{key.sort}" for key in keys))
        self.keys = tuple(keys)


class StoreUnavailable(Exception):  # noqa: N818 - what happened, in the field's word
    """The engine is throttled, broken or out of reach; tries within the budget are used up.

    After a ``commit`` it may be unknown whether it took effect; a caller that tries again with the same reads
    is safe, since every condition is checked again. No other exception of an engine ever leaves a store.
    """


class StoreLost(StoreUnavailable):
    """What was kept is not where it was: deleted, replaced or emptied under us. No later try helps by itself.

    ``public`` names no path, so ``/health`` may say it; ``at`` is where to look, ``cure`` what an operator does.
    """

    def __init__(self, what: str, *, at: object, cure: str) -> None:
        super().__init__(f"{what} ({at}): {cure}")
        self.public = f"{what}: {cure}"


class Store(Protocol):
    """The five verbs. Every one may raise :class:`StoreUnavailable`, in less than five seconds (AV-1).

    ValueError, before anything is asked of the engine, for what breaks a limit of this module (ST-6, ST-7).
    """

    def get(self, *keys: Key) -> tuple[Record | None, ...]:
        """Return the records in the order asked for, None for an absent one. One strongly consistent batch.

        At most 100 keys, each at most once. A counter is a record whose ``data`` is its counts.
        """

    def list(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page:
        """Return up to ``limit`` records whose sort begins with ``prefix``, in UTF-8 order of ``sort``.

        ``after`` is an exclusive start, which need not exist; ``newest_first`` turns the order round. Only an
        exhausted partition gives ``next_after=None``; a page may be shorter than ``limit`` (1 to 1000), even
        empty, where expired records were passed over or the records are large.
        """

    def commit(self, *writes: Write) -> None:
        """Do all of it or nothing; raise :class:`Conflict`, with the keys of all conditions that failed.

        1 to 100 writes, each about another key, 4 MB together. A commit whose reply was lost is recognised as
        ours and succeeds (ST-4).
        """

    def take(self, key: Key, *, taker: str) -> Record | None:
        """Spend a record for one of many: exactly one ``taker`` gets it, the others get None (ST-2).

        The same ``taker`` gets it again (its reply may have been lost), so a taker's name is made anew for
        each attempt. A spent record stays readable, with ``taken_by``, until it expires. A counter cannot be
        taken.
        """

    def bump(
        self,
        key: Key,
        amounts: Mapping[str, int],
        *,
        expires_at: int,
        lossy: bool = False,
        beside: tuple[Tally, ...] = (),
    ) -> Counters:
        """Add to named counts atomically and return them all. The first bump's ``expires_at`` stays.

        May count twice after a lost reply: fit for budgets, not for money. ``lossy`` lets a power cut take back
        the last counts, where an engine is faster for it; not for a count that stands in for a commit so that
        both cost the same (EN-2). At most 20 names, which come from code and not from input. A key that is
        bumped is only ever bumped, read, checked, removed or forgotten; Conflict if another kind of record lives there.
        ``beside`` as in :class:`Insert`.
        """
