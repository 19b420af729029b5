"""A database file that is deleted, replaced or emptied is noticed, and nothing is promised any more (AV-2, DL-1)."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chalicelib.store import Insert, Key, StoreLost, StoreUnavailable
from chalicelib.store.sqlite import SqliteStore
from chalicelib.store.sqlite_file import SqliteFile
from chalicelib.world import SYSTEM
from tests.store.reading import read

KEY = Key("a", "a")
NEXT = Insert(Key("b", "b"), {})


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def delete(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def replace(path: Path) -> None:
    """As ``cp`` of a backup to a new name and ``mv`` over the old one do."""
    other = path.with_name("other.db")
    with closing(sqlite3.connect(other)) as connection, closing(sqlite3.connect(path)) as whole:
        whole.backup(connection)
    other.rename(path)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def delete_log(path: Path) -> None:
    log_of(path).unlink()


def replace_log(path: Path) -> None:
    log = log_of(path)
    other = log.with_name("other-wal")
    shutil.copy(log, other)
    other.rename(log)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cupbearer.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path, now=time.time, nonce=SYSTEM.identifier)
    yield store
    store.close()


@pytest.mark.parametrize("harm", [delete, replace, empty, delete_log, replace_log])
def test_a_file_that_is_taken_away_in_use_is_neither_read_nor_written(
    store: SqliteStore, path: Path, harm: Callable[[Path], None]
) -> None:
    store.commit(Insert(KEY, {}))
    harm(path)
    verbs: list[Callable[[], object]] = [
        lambda: store.get(KEY), lambda: store.list("a"), lambda: store.commit(NEXT),
        lambda: store.take(KEY, taker="me"), lambda: store.bump(KEY, {"n": 1}, expires_at=4_100_000_000),
    ]  # fmt: skip
    for verb in verbs:
        with pytest.raises(StoreLost, match="the database"):
            verb()


def test_a_file_that_is_put_back_is_used_again_without_a_restart(store: SqliteStore, path: Path) -> None:
    """AV-2."""
    store.commit(Insert(KEY, {"n": 1}))
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(StoreUnavailable):
        store.get(KEY)
    path.with_name("elsewhere").rename(path)
    assert read(store, KEY).data == {"n": 1}
    store.commit(NEXT)


def test_an_empty_file_is_not_taken_for_a_new_store(store: SqliteStore, path: Path) -> None:
    path.touch()
    with pytest.raises(StoreLost, match=r"is empty.*restore a backup, or delete it to begin a new store"):
        store.commit(Insert(KEY, {}))
    assert path.stat().st_size == 0
    path.unlink()
    store.commit(Insert(KEY, {}))


def test_another_programs_database_is_not_taken_for_a_store(store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")
    with pytest.raises(StoreLost, match="holds no store"):
        store.commit(Insert(KEY, {}))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_nobody_ever_finds_half_a_file(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash before the last step leaves no file of that name."""

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crashing:
        crashing.setattr(os, "link", crash)
        with pytest.raises(KeyboardInterrupt):
            store.get(KEY)
    assert not path.exists()
    store.commit(Insert(KEY, {}))


def test_a_child_that_was_forked_while_others_were_at_work_leaves_the_file_alone(path: Path) -> None:
    file = SqliteFile(path)

    def fork(_: sqlite3.Connection) -> int:
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        try:
            file.read(lambda _: None)
        except StoreUnavailable:
            os._exit(7)
        os._exit(0)

    assert file.read(fork) == 7
    file.close()


def test_a_store_restored_by_other_means_than_ours_is_opened(store: SqliteStore, path: Path) -> None:
    """``VACUUM INTO`` and ``.dump`` write a file without a write-ahead log: it gets one, and that is no loss."""
    store.commit(Insert(KEY, {"n": 1}))
    restored = path.with_name("restored.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(restored),))
    again = SqliteStore(restored, now=time.time, nonce=SYSTEM.identifier)
    assert read(again, KEY).data == {"n": 1}
    again.commit(NEXT)
    again.close()
