from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM
from tests.conftest import Clock
from tests.store.contract import StoreContract


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "cupbearer.db", now=clock, nonce=SYSTEM.identifier)
    yield store
    store.close()


class TestSqlite(StoreContract):
    """The contract on a file."""
