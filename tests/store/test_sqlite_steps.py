"""A page of a list costs the same wherever in the list it is: SQLite begins at its first record and ends at its last."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store import MAX_WRITES, Insert, Key, Store
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM

RECORDS = 20 * MAX_WRITES
LIMIT = 10


class Steps:
    """How many instructions of its machine SQLite does; of the connections that it opens while this is in place."""

    def __init__(self) -> None:
        self.done = 0

    def connect(self, *given: Any, **named: Any) -> sqlite3.Connection:
        connection = sqlite3.Connection(*given, **named)
        connection.set_progress_handler(self._count, 1)
        return connection

    def _count(self) -> None:
        self.done += 1

    def of(self, store: Store, **asked: Any) -> int:
        self.done = 0
        assert len(store.list("many", limit=LIMIT, **asked).records) == LIMIT
        return self.done


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    counted = Steps()
    monkeypatch.setattr(sqlite3, "connect", counted.connect)
    return counted


@pytest.fixture
def store(steps: Steps, tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "cupbearer.db", now=SYSTEM.now, nonce=SYSTEM.identifier)
    for start in range(0, RECORDS, MAX_WRITES):
        store.commit(
            *(Insert(Key("many", f"{number:05d}"), {}) for number in range(start, start + MAX_WRITES))
        )
    yield store
    store.close()


def test_a_page_costs_the_same_wherever_it_is(store: SqliteStore, steps: Steps) -> None:
    last, middle, first = (f"{number:05d}" for number in (RECORDS - LIMIT - 1, RECORDS // 2, LIMIT))
    costs = [
        steps.of(store),
        *(steps.of(store, after=after) for after in (middle, last)),
        *(steps.of(store, newest_first=True, after=after) for after in (None, middle, first)),
        *(steps.of(store, newest_first=newest, prefix="0000") for newest in (False, True)),
    ]
    assert max(costs) < 1.5 * min(costs)
