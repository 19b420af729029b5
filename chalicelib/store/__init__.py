"""The store's narrow waist: five verbs over records, the same promises from every engine.

``get`` · ``list`` · ``commit`` · ``take`` · ``bump``. All reads are strongly consistent; a record whose
``expires_at`` has come is absent for every verb, whether or not the engine has swept it away yet (ST-3).
Uniqueness is the :class:`Insert` of a second record in the same commit (ST-1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Data = Mapping[str, Any]  # a JSON object: str, int, float, bool, None, lists and objects of these

MAX_WRITES = 100  # DynamoDB's limit for one transaction; both engines keep it
MAX_PARTITION_BYTES = 2048
MAX_SORT_BYTES = 1024
MAX_DATA_BYTES = 350_000  # below DynamoDB's 400 KB an item, names and numbers included


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where a record lives. Both parts are non-empty text; records of one partition are ordered by ``sort``."""

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
class Insert:
    """Make a record that must not exist."""

    key: Key
    data: Data
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Replace:
    """Write over the record that was read, if it has not changed since."""

    record: Record
    data: Data
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove the record that was read, if it has not changed since."""

    record: Record


@dataclass(frozen=True, slots=True)
class Check:
    """Demand that the record that was read has not changed since; write nothing."""

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

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)


class Conflict(Exception):  # noqa: N818 - the ordinary end of a lost race
    """A commit was refused whole: ``keys`` are those whose record was not as demanded."""

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(", ".join(f"{key.partition}/{key.sort}" for key in keys))
        self.keys = tuple(keys)


class StoreUnavailable(Exception):  # noqa: N818 - what happened, in the field's word
    """The engine is throttled, broken or out of reach; tries within the budget are used up.

    After a ``commit`` it may be unknown whether it took effect; a caller that tries again with the same reads is
    safe, since every condition is checked again.
    """


class Store(Protocol):
    """The five verbs. Every one may raise :class:`StoreUnavailable`, in at most about five seconds."""

    def get(self, *keys: Key) -> tuple[Record | None, ...]:
        """Return the records in the order asked for, None for an absent one. One strongly consistent batch.

        At most 100 keys, each at most once.
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
        """Return up to ``limit`` records whose sort begins with ``prefix``, in the order of ``sort``'s UTF-8 bytes.

        ``after`` is an exclusive start; ``newest_first`` turns the order round. Only an exhausted partition gives
        ``next_after=None``; a page may be shorter than ``limit`` where expired records were passed over.
        """

    def commit(self, *writes: Write) -> None:
        """Do all of it or nothing; raise :class:`Conflict` if a condition fails.

        1 to 100 writes, each about another key. A commit whose reply was lost is recognised as ours and succeeds
        (ST-4). ValueError for what breaks a limit of this module.
        """

    def take(self, key: Key, *, taker: str) -> Record | None:
        """Spend a record for one of many callers: exactly one ``taker`` gets it, the others get None.

        The same ``taker`` gets it again (its reply may have been lost), so a taker's name is made anew for each
        attempt. A spent record stays readable, with ``taken_by``, until it expires.
        """

    def bump(self, key: Key, amounts: Mapping[str, int], *, expires_at: int) -> Counters:
        """Add to named counts atomically and return them all. The first bump sets ``expires_at``; later ones keep it.

        May count twice after a lost reply: fit for budgets, not for money. A key that is bumped is only ever
        bumped, read with an empty ``amounts``-free ``get`` (``data`` is the counts) or forgotten.
        """
