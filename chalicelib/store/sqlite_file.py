"""The file beneath the SQLite engine: making it, opening it, lending connections, waiting for its lock."""

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from chalicelib.store import StoreUnavailable

T = TypeVar("T")

LOCK_SECONDS = 2.0  # for another thread of this process, then as long again for another process (AV-1)
POLL_MILLISECONDS = (
    3  # short and often: SQLite's own waiting grows to 100 ms and starves beside a busy process
)
POLLS = int(LOCK_SECONDS * 1000 / POLL_MILLISECONDS)
MAX_IDLE = 16

SETUP = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    """CREATE TABLE IF NOT EXISTS records (
        pk TEXT NOT NULL, sk TEXT NOT NULL, data TEXT NOT NULL, version TEXT NOT NULL,
        expires_at INTEGER, taken_by TEXT, is_counter INTEGER NOT NULL,
        PRIMARY KEY (pk, sk)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS expiring ON records (expires_at) WHERE expires_at IS NOT NULL",
)

READ = ("BEGIN",)
WRITE = ("PRAGMA synchronous = FULL", "BEGIN IMMEDIATE")  # acknowledged, it survives power loss (DL-1)
COUNT = ("PRAGMA synchronous = NORMAL", "BEGIN IMMEDIATE")  # survives a crash; a power cut may undo it


class SqliteFile:
    """One database file. A connection serves one thread at a time and is kept for the next.

    Nothing is opened before the first transaction, and a connection that failed is thrown away: trouble that
    has gone needs no restart (AV-2).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._idle: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        weakref.finalize(self, _close_all, self._idle, self._process)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``work`` on one snapshot; writers do not hinder it."""
        return self._patiently(READ, work)

    def write(self, work: Callable[[sqlite3.Connection], T], *, begin: Sequence[str] = WRITE) -> T:
        """Do ``work`` as the only writer; all of it is kept, or nothing if it raises.

        ``begin=COUNT`` does not wait for the disk: for what may be lost in a power cut, never for what is promised.
        """
        self._notice_fork()
        if not self._writing.acquire(timeout=LOCK_SECONDS):
            raise StoreUnavailable("the database is locked by this process")
        try:
            return self._patiently(begin, work)
        finally:
            self._writing.release()

    def close(self) -> None:
        """Close the idle connections."""
        _close_all(self._idle, self._process)

    def _patiently(self, begin: Sequence[str], work: Callable[[sqlite3.Connection], T]) -> T:
        for _ in range(POLLS):
            try:
                with self._lend() as connection:
                    return _transaction(connection, begin, work)
            except (sqlite3.Error, OSError) as error:
                if not _is_busy(error):
                    raise StoreUnavailable(f"the database failed: {error}") from error
        raise StoreUnavailable("the database is locked by another process")

    @contextlib.contextmanager
    def _lend(self) -> Iterator[sqlite3.Connection]:
        self._notice_fork()
        connection = self._idle.pop() if self._idle else self._open()
        try:
            yield connection
        except sqlite3.Error as error:
            if _is_busy(error):
                self._keep(connection)
            else:
                connection.close()
            raise
        except BaseException:
            self._keep(connection)
            raise
        self._keep(connection)

    def _keep(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its -wal and -shm files the mode of the database, so it is made here, private.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(
            self._path, timeout=POLL_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False
        )
        try:
            for statement in SETUP:
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        return connection

    def _notice_fork(self) -> None:
        """Leave a parent's connections alone: SQLite forbids carrying one across a fork, even to close it."""
        if self._process != os.getpid():
            self._parents = self._idle
            self._start()


def _transaction(
    connection: sqlite3.Connection, begin: Sequence[str], work: Callable[[sqlite3.Connection], T]
) -> T:
    for statement in begin:
        connection.execute(statement)
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a failed COMMIT may have rolled back by itself
            connection.execute("ROLLBACK")
        raise
    return result


def _close_all(connections: list[sqlite3.Connection], process: int) -> None:
    while connections and process == os.getpid():
        connections.pop().close()


def _is_busy(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte of an extended code is its kind
    return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
