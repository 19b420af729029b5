"""What tests of rings share: rings on one store, and a store that can be put out of reach."""

from collections.abc import Mapping
from typing import Any

from chalicelib.keys.key_ring import KeyRing
from chalicelib.keys.key_wrapping import MasterKey
from chalicelib.store import Counters, Key, Page, Record, Store, StoreUnavailable, Tally, Write, key_of
from chalicelib.world import World

MASTER_KEY = b"k" * 32


def ring_on(store: Store, world: World, *, algorithm: str = "ES256") -> KeyRing:
    """A ring as another process would have it: own memory, same store."""
    return KeyRing(store, world, MasterKey(MASTER_KEY, world), algorithm=algorithm)


def _kind(key: Key) -> str:
    return f"{key.partition.partition('#')[0]}#"


class Line:
    """The way to a real store: it counts and writes down, and it can be cut."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.cut = False
        self.requests = 0
        self.writes: list[int] = []  # of each commit
        self.asked: list[tuple[str, ...]] = []  # each verb with the kinds of its partitions
        self.partitions: set[str] = set()

    def _through(self, verb: str, *keys: Key) -> Store:
        self.requests += 1
        self.asked.append((verb, *map(_kind, keys)))
        self.partitions |= {key.partition for key in keys}
        if self.cut:
            raise StoreUnavailable("cut")
        return self._store

    def get(self, *keys: Key) -> tuple[Record | None, ...]:
        return self._through("get", *keys).get(*keys)

    def list(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page:
        return self._through("list", Key(partition, "")).list(
            partition, prefix=prefix, after=after, limit=limit, newest_first=newest_first
        )

    def commit(self, *writes: Write) -> None:
        self.writes.append(len(writes))
        self._through("commit", *map(key_of, writes)).commit(*writes)

    def take(self, key: Key, *, taker: str) -> Record | None:
        return self._through("take", key).take(key, taker=taker)

    def bump(
        self,
        key: Key,
        amounts: Mapping[str, int],
        *,
        expires_at: int,
        lossy: bool = False,
        beside: tuple[Tally, ...] = (),
    ) -> Counters:
        return self._through("bump", key).bump(
            key, amounts, expires_at=expires_at, lossy=lossy, beside=beside
        )


def private_members(document: Mapping[str, Any]) -> set[str]:
    """The private and symmetric members that a key set shows; there should be none (KM-3)."""
    return {member for key in document["keys"] for member in key} & {
        "d",
        "p",
        "q",
        "dp",
        "dq",
        "qi",
        "oth",
        "k",
    }
