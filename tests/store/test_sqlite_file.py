"""The file beneath: private, locked, broken, full, forked, swept."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store import Insert, Key, StoreUnavailable
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM
from tests.conftest import Clock
from tests.store.reading import read
from tests.support import patience

REQUEST_SECONDS = 8  # M6; a verb promises five, on a machine of its own
KEY = Key("a", "a")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "cupbearer.db"


@pytest.fixture
def store(path: Path, clock: Clock) -> Iterator[SqliteStore]:
    store = SqliteStore(path, now=clock, nonce=SYSTEM.identifier)
    yield store
    store.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """The connections that a store opens to its file."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noted(*where: Any, **how: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*where, **how)
        if "mode=rw" in str(where[0]):
            opened.append(connection)
        return connection

    monkeypatch.setattr(sqlite3, "connect", noted)
    return opened


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        count: int = connection.execute("SELECT count(*) FROM records").fetchone()[0]
        return count


def test_the_directory_and_all_files_are_private(store: SqliteStore, path: Path) -> None:
    before = os.umask(0)
    try:
        store.commit(Insert(KEY, {}))
    finally:
        os.umask(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"cupbearer.db": 0o600, "cupbearer.db-wal": 0o600, "cupbearer.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_every_connection_syncs_fully_to_a_write_ahead_log(
    store: SqliteStore, opened: list[sqlite3.Connection]
) -> None:
    """DL-1."""
    store.commit(Insert(KEY, {}))
    (connection,) = opened
    modes = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]


@pytest.mark.parametrize("verb", ["commit", "take", "bump"])
def test_a_writer_that_never_ends_makes_writes_unavailable_but_hinders_no_reader(
    store: SqliteStore, path: Path, verb: str
) -> None:
    """AV-1, AV-2."""
    store.commit(Insert(KEY, {}))
    writes: dict[str, Callable[[], object]] = {
        "commit": lambda: store.commit(Insert(Key("b", "b"), {})),
        "take": lambda: store.take(KEY, taker="me"),
        "bump": lambda: store.bump(Key("c", "c"), {"n": 1}, expires_at=4_100_000_000),
    }
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            writes[verb]()
        assert 1 < time.monotonic() - began < REQUEST_SECONDS
        assert read(store, KEY).data == {}
        assert len(store.list("a").records) == 1
        other.execute("ROLLBACK")
    writes[verb]()


def test_a_file_that_is_no_database_is_unavailable_until_it_is_mended(store: SqliteStore, path: Path) -> None:
    """AV-2: recovery needs no restart."""
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    for verb in (lambda: store.get(KEY), lambda: store.commit(Insert(KEY, {})), lambda: store.list("a")):
        with pytest.raises(StoreUnavailable):
            verb()
    path.unlink()
    store.commit(Insert(KEY, {}))


def test_a_file_with_broken_pages_is_unavailable(store: SqliteStore, path: Path) -> None:
    store.commit(*(Insert(Key("a", f"{number:04d}"), {"x": "x" * 2000}) for number in range(100)))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises(StoreUnavailable):
        store.list("a")


@pytest.mark.parametrize("obstacle", ["directory", "file above"])
def test_a_path_that_cannot_be_opened_is_unavailable(store: SqliteStore, path: Path, obstacle: str) -> None:
    if obstacle == "directory":
        path.mkdir(parents=True)
    else:
        path.parent.write_text("a file")
    with pytest.raises(StoreUnavailable):
        store.get(KEY)


FULL = """
import resource, signal, sys, time
from chalicelib.store import Insert, Key, StoreUnavailable
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SqliteStore(sys.argv[1], now=time.time, nonce=SYSTEM.identifier)
store.commit(Insert(Key("a", "before"), {}))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
try:
    store.commit(Insert(Key("a", "large"), {"x": "x" * 300_000}), Insert(Key("a", "other"), {}))
except StoreUnavailable:
    print("unavailable")
print(store.get(Key("a", "before"))[0] is not None, store.get(Key("a", "large"), Key("a", "other")))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
store.commit(Insert(Key("a", "large"), {"x": "x" * 300_000}), Insert(Key("a", "other"), {}))
print("recovered")
"""


def test_a_full_disk_is_unavailable_leaves_nothing_half_done_and_recovers(path: Path) -> None:
    """AV-2, DL-2: a limit on the size of files stands for the end of the disk."""
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=patience.SECONDS,
    )
    assert ended.stdout.split("\n")[:3] == ["unavailable", "True (None, None)", "recovered"], ended.stderr


def test_writes_sweep_what_expired_long_ago_a_few_at_a_time(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    """DS-3, AV-4: not within the hour, whatever another machine's clock says; then eight and one for each write."""
    soon = int(clock.now) + 1
    store.commit(*(Insert(Key("old", f"{number}"), {}, expires_at=soon) for number in range(30)))
    store.commit(Insert(Key("lasting", "a"), {}))
    clock.advance(60 * 60)
    store.commit(Insert(Key("new", "a"), {}))
    assert rows(path) == 32
    clock.advance(1)
    store.commit(Insert(Key("new", "b"), {}))
    assert rows(path) == 33 - 8 - 1
    for number in range(3):
        store.bump(Key("new", f"{number}"), {"n": 1}, expires_at=soon * 2)
    assert rows(path) == 6


FORK = """
import os, sys, time
from chalicelib.store import Insert, Key
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM
store = SqliteStore(sys.argv[1], now=time.time, nonce=SYSTEM.identifier)
store.commit(Insert(Key("a", "before"), {}))
child = os.fork()
if child == 0:
    store.commit(Insert(Key("a", "child"), {}))
    sys.exit(0 if store.get(Key("a", "before"))[0] else 1)
assert os.waitpid(child, 0)[1] == 0
store.commit(Insert(Key("a", "parent"), {}))
print([record.key.sort for record in store.list("a").records])
"""


def test_a_forked_child_opens_the_file_for_itself(path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FORK, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=patience.SECONDS,
    )
    assert ended.stdout == "['before', 'child', 'parent']\n", ended.stderr


def test_threads_that_come_and_go_share_few_connections(
    store: SqliteStore, opened: list[sqlite3.Connection]
) -> None:
    for number in range(50):
        thread = threading.Thread(target=store.commit, args=[Insert(Key("a", f"{number}"), {})])
        thread.start()
        thread.join()
    assert len(opened) == 1
    assert len(store.list("a").records) == 50


def test_words_of_sql_are_only_text(store: SqliteStore) -> None:
    """ST-7."""
    words = "'); DROP TABLE records; --"
    key = Key(words, words)
    store.commit(Insert(key, {words: words}))
    assert store.take(key, taker=words)
    store.bump(Key(words, "n"), {words: 1}, expires_at=4_100_000_000)
    assert [record.key.sort for record in store.list(words, prefix=words).records] == [words]


def test_verbs_are_counted(path: Path, clock: Clock) -> None:
    answered: list[tuple[str, float]] = []
    store = SqliteStore(
        path, now=clock, nonce=SYSTEM.identifier, on_request=lambda *request: answered.append(request)
    )
    store.commit(Insert(KEY, {}))
    store.get(KEY)
    store.list("a")
    store.take(KEY, taker="me")
    store.bump(Key("c", "c"), {"n": 1}, expires_at=4_100_000_000)
    store.close()
    assert answered == [(verb, 0.0) for verb in ("commit", "get", "list", "take", "bump")]


def test_only_a_lossy_count_does_not_wait_for_the_disk(
    store: SqliteStore, opened: list[sqlite3.Connection]
) -> None:
    store.commit(Insert(KEY, {}))
    said: list[str] = []
    for connection in opened:
        connection.set_trace_callback(said.append)
    for lossy in (True, False, True):
        store.bump(Key("n", "n"), {"tries": 1}, expires_at=2**40, lossy=lossy)
    store.commit(Insert(Key("a", "b"), {}))
    store.take(KEY, taker="me")
    levels = [
        statement.rpartition(" ")[2] for statement in said if statement.startswith("PRAGMA synchronous")
    ]
    assert levels == ["NORMAL", "FULL", "NORMAL", "FULL", "FULL"]
