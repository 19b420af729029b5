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
from chalicelib.store.sqlite_identity import Watch, demand_store, look, make
from chalicelib.store.sqlite_statements import MAKE, OPEN

T = TypeVar("T")

LOCK_SECONDS = 2.0  # for another thread of this process, then as long again for another process (AV-1)
POLL_MILLISECONDS = (
    3  # short and often: SQLite's own waiting grows to 100 ms and starves beside a busy process
)
POLLS = int(LOCK_SECONDS * 1000 / POLL_MILLISECONDS)
MAX_IDLE = 16

READ = ("BEGIN",)
WRITE = ("PRAGMA synchronous = FULL", "BEGIN IMMEDIATE")  # acknowledged, it survives power loss (DL-1)
COUNT = ("PRAGMA synchronous = NORMAL", "BEGIN IMMEDIATE")  # survives a crash; a power cut may undo it


class SqliteFile:
    """One database file. A connection serves one thread at a time and is kept for the next.

    Nothing is opened before the first transaction, and a connection that failed is thrown away: trouble that
    has gone needs no restart (AV-2). SQLite alone ever opens the file, and it is looked at before each use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._start()
        _FILES.add(self)

    def _start(self) -> None:
        self._process = os.getpid()
        self._idle: list[sqlite3.Connection] = []
        self._lent: set[object] = set()
        self._writing = threading.Lock()
        self._watch = Watch(self._path)
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
        """Close the idle connections; the next verb opens the file anew."""
        self.rest()
        self._watch.closed()

    def rest(self) -> None:
        """Close the idle connections and go on watching the file."""
        while self._idle and self._process == os.getpid():
            with contextlib.suppress(IndexError):  # lent meanwhile
                connection = self._idle.pop()
                self._watch.log_may_end()  # once it is ours alone: whoever notes the log later keeps it alive
                connection.close()

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
        loan = object()
        self._lent.add(loan)
        try:
            connection = self._idle.pop() if self._idle else self._open()
            try:
                self._watch.demand_same()
                yield connection
            except sqlite3.Error as error:
                self._keep(connection, is_good=_is_busy(error))
                raise
            except BaseException:
                self._keep(connection)
                raise
            self._keep(connection)
        finally:
            self._lent.discard(loan)

    def _keep(self, connection: sqlite3.Connection, *, is_good: bool = True) -> None:
        if is_good and len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        else:
            self._watch.log_may_end()
            connection.close()

    def _open(self) -> sqlite3.Connection:
        if not self._watch.began:
            make(self._path, MAKE)
        file = look(self._path)
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw",  # it never makes a file
            uri=True,
            timeout=POLL_MILLISECONDS / 1000,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            demand_store(connection, self._path)
            for statement in OPEN:
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        self._watch.opened(file)
        return connection

    def _notice_fork(self) -> None:
        """Begin anew in a child. SQLite's locks do not reach over a fork, but its memory of them does.

        So the parent's idle connections are closed before each fork; a child of a moment when others were at work
        may not open the file at all: SQLite would take its parent's locks for its own.
        """
        if self._process == os.getpid():
            return
        if self._lent or self._idle:
            raise StoreUnavailable(
                "this process was forked while the database was in use: begin it anew instead (spawn)"
            )
        self._start()


_FILES: "weakref.WeakSet[SqliteFile]" = weakref.WeakSet()


def _before_fork() -> None:
    for file in list(_FILES):
        file.rest()


os.register_at_fork(before=_before_fork)


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
