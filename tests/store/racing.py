"""Many callers in two processes, all beginning each round at one moment. Runs in the racing processes."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier as BarrierType
from typing import Any

from chalicelib.store import Conflict, Insert, Key, Replace, Store, Tally, sqlite_file
from tests.store.places import Place
from tests.support import children, patience

PROCESSES = 2
CALLERS = 16
ROUNDS = 200
PATIENCE = float(
    patience.SECONDS
)  # seconds for a lock: a busy machine may take long, and a race is about who wins

Step = Callable[[Store, str, int, str], Any]
_start: list[BarrierType] = []
_agreed: dict[tuple[int, str], tuple[Store, Mapping[str, Any]]] = {}  # with the store: its id stays its own
_reading = threading.Lock()


def prepare(barrier: BarrierType) -> None:
    """Give a new process the barrier that all callers share; whoever fails breaks it for all, so nobody waits in vain."""
    children.end_with_parent()
    _start[:] = [barrier]
    sqlite_file.LOCK_SECONDS, sqlite_file.POLLS = (
        PATIENCE,
        int(PATIENCE * 1000 / sqlite_file.POLL_MILLISECONDS),
    )


def race(step: Step, place: Place, partition: str, process: int) -> list[list[Any]]:
    """Run this process's callers through all rounds; return each one's outcomes."""
    store = place.open()
    names = [f"caller-{process}-{number}" for number in range(CALLERS // PROCESSES)]
    with ThreadPoolExecutor(len(names)) as callers:
        return list(callers.map(lambda name: _rounds(step, store, partition, name), names))


def _rounds(step: Step, store: Store, partition: str, name: str) -> list[Any]:
    try:
        outcomes = []
        for turn in range(ROUNDS):
            _start[0].wait()
            outcomes.append(step(store, partition, turn, name))
    except BaseException:
        _start[0].abort()
        raise
    return outcomes


def agreed(store: Store, partition: str) -> Mapping[str, Any]:
    """Return what was written down for the callers of a race, read once a process."""
    with _reading:
        if (id(store), partition) not in _agreed:
            (record,) = store.list(partition).records
            _agreed[id(store), partition] = store, record.data
        return _agreed[id(store), partition][1]


def insert(store: Store, partition: str, turn: int, name: str) -> bool:
    try:
        store.commit(Insert(Key(partition, f"{turn}"), {"by": name}))
    except Conflict:
        return False
    return True


def insert_pair(store: Store, partition: str, turn: int, name: str) -> bool:
    """A unique name and two records of one's own: all three, or none."""
    mine = (Insert(Key(partition, f"{turn:03d}-{half}-{name}"), {"by": name}) for half in "ab")
    try:
        store.commit(Insert(Key(partition, f"{turn:03d}-name"), {"by": name}), *mine)
    except Conflict:
        return False
    return True


def replace(store: Store, partition: str, turn: int, name: str) -> bool:
    """Read, add one, write: only if nobody else did meanwhile."""
    record = store.get(Key(partition, "sum"))[0]
    assert record is not None
    try:
        store.commit(Replace(record, {"n": record.data["n"] + 1}))
    except Conflict:
        return False
    return True


def take(store: Store, partition: str, turn: int, name: str) -> bool:
    return store.take(Key(partition, f"{turn}"), taker=name) is not None


def bump(store: Store, partition: str, turn: int, name: str) -> int:
    return store.bump(Key(partition, "count"), {"n": 1}, expires_at=4_100_000_000)["n"]


def tally(store: Store, partition: str, turn: int, name: str) -> None:
    """An act of one's own that counts in the same place as everybody's."""
    count = Tally(Key(partition, "count"), {"n": 1}, 4_100_000_000)
    store.commit(Insert(Key(f"{partition}-acts", f"{turn}-{name}"), {}, beside=(count,)))
