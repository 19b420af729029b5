"""Fixtures every test may ask for: a clock that moves when told, a world on it, a real store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM, World
from cupbearer.testing import Clock

__all__ = ["Clock"]


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
