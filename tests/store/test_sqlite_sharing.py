"""One file, many users: a busy service, other services, and commands that come and go (DL-1).

SQLite knows by its locks whether it is the last user of a file; the last one ends the write-ahead log. Whoever
loses those locks writes into a log that others have ended, and what it acknowledged is gone.
"""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path

import pytest

from chalicelib.store import Insert, Key
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM
from tests.store.busy import Busy
from tests.store.reading import walk
from tests.support import patience

ROOT = Path(__file__).parents[2]
ERRANDS = 15
SERVICES = 2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cupbearer.db"


def opened(path: Path) -> SqliteStore:
    return SqliteStore(path, now=time.time, nonce=SYSTEM.identifier)


def script(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-S", str(ROOT / "tests/store" / name), *arguments]


ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}


def errand(path: Path, name: str, *sorts: str) -> str:
    """Run a short process; return which of the records it was told of it did not find."""
    done = subprocess.run(
        script("errand.py", str(path), name, *sorts), env=ENVIRONMENT, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def service(path: Path, name: str) -> Iterator["subprocess.Popen[str]"]:
    child = subprocess.Popen(
        script("busy.py", str(path), name), env=ENVIRONMENT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert child.stdout
        assert child.stdout.readline() == "at work\n"
        yield child
    finally:
        child.kill()
        child.wait()


def stored(path: Path, partition: str) -> set[str]:
    """Return what a fresh look at the file finds, after SQLite's own examination of the whole of it."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    store = opened(path)
    found = set(chain(*walk(store, partition, limit=1000)))
    store.close()
    return found


@pytest.mark.race
def test_a_busy_service_and_short_processes_see_all_that_the_other_was_promised(path: Path) -> None:
    store = opened(path)
    names = [f"errand-{number}" for number in range(ERRANDS)]
    with Busy(store, "one") as busy:
        for name in names:
            assert errand(path, name, *busy.last) == "", name
            assert store.get(Key("errands", name))[0] is not None, name
    store.close()
    assert stored(path, "busy") == busy.all
    assert stored(path, "errands") == set(names)


@pytest.mark.race
def test_two_busy_services_on_one_file_lose_nothing_to_each_other_or_to_short_processes(path: Path) -> None:
    names = [f"errand-{number}" for number in range(ERRANDS)]
    with service(path, "left") as left, service(path, "right") as right:
        for name in names:
            errand(path, name)
        acknowledged = [set(child.communicate("")[0].split()) for child in (left, right)]
    assert all(acknowledged)
    assert stored(path, "busy") == set().union(*acknowledged)
    assert stored(path, "errands") == set(names)


def test_threads_that_open_the_file_at_one_moment_make_one_store(path: Path) -> None:
    for turn in range(20):
        stores = [opened(path.with_name(f"{turn}.db")) for _ in range(8)]
        begin = threading.Barrier(len(stores))

        def write(number: int, store: SqliteStore, begin: threading.Barrier = begin) -> None:
            begin.wait()
            store.commit(Insert(Key("a", f"{number}"), {}))

        threads = [threading.Thread(target=write, args=pair) for pair in enumerate(stores)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(stores[0].list("a").records) == len(stores)
        for store in stores:
            store.close()


FORKED = """
import os, sys, time
from chalicelib.store import Insert, Key
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM
ended, go = os.pipe(), os.pipe()
store = SqliteStore(sys.argv[1], now=time.time, nonce=SYSTEM.identifier)
store.commit(Insert(Key("a", "before"), {}))
child = os.fork()
if child == 0:
    store.commit(Insert(Key("a", "child, beside its parent"), {}))
    os.write(ended[1], b"x")
    os.read(go[0], 1)
    store.commit(Insert(Key("a", "child, after its parent has gone"), {}))
    os._exit(0)
os.read(ended[0], 1)
store.close()
os.write(go[1], b"x")
assert os.waitpid(child, 0)[1] == 0
print([record.key.sort for record in SqliteStore(sys.argv[1], now=time.time, nonce=SYSTEM.identifier).list("a").records])
"""


def test_what_a_forked_child_was_promised_outlives_its_parents_connections(path: Path) -> None:
    """SQLite's memory of its locks comes along into a child, the locks do not."""
    ended = subprocess.run(
        [sys.executable, "-c", FORKED, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=patience.SECONDS,
    )
    assert ended.stdout == "['before', 'child, after its parent has gone', 'child, beside its parent']\n", (
        ended.stderr
    )
