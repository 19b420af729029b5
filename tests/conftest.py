"""Fixtures every test may ask for: a clock that moves when told, a world on it, a real store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM, World


@dataclass
class Clock:
    """Seconds since the epoch, moved by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(now=clock, monotonic=clock, sleep=SYSTEM.sleep)


@pytest.fixture
def store(tmp_path: Path, world: World) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "cupbearer.db", now=world.now, nonce=world.identifier)
    yield store
    store.close()
