"""Which database file this is: made once, whole and private; noticed when it is deleted, replaced or emptied.

Nothing here opens the file: POSIX drops every lock that a process holds on a file when it closes *any* descriptor
of it, and with them the locks that SQLite holds. A look at it is ``stat``, a new one is made under another name.
"""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chalicelib.store import StoreLost

WAL_SUFFIX = "-wal"
COMPANIONS = (WAL_SUFFIX, "-shm", "-journal")  # beside a database: it is in use, or was not closed well
PRIVATE = 0o600
MOVED = "stop every process that uses it, put it back or restore a backup, then start again"
FOREIGN = "name another file in CUPBEARER_STORE, or restore a backup"
EMPTY = "restore a backup, or delete it to begin a new store"

IS_OURS = "SELECT 1 FROM sqlite_master WHERE name = 'records'"

Identity = tuple[int, int]  # device and inode


def make(path: Path, setup: Sequence[str]) -> None:
    """Make the database, unless something is there. Of many that make it at once one wins, and no half is ever seen.

    It is made in a private directory of its own, so SQLite's own files beside it are private too, and then linked
    to its name, which fails where another was first.
    """
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        draft = Path(folder) / path.name
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            for statement in setup:
                connection.execute(statement)
        draft.chmod(PRIVATE)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    sync_directory(path.parent)


def sync_directory(folder: Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def look(path: Path) -> Identity:
    """Return which file is at ``path``; raise StoreLost where none is, or an empty one: no store of ours ever was."""
    try:
        found = path.stat()
    except FileNotFoundError:
        raise _lost("the database file was deleted or moved while it was in use", path) from None
    if found.st_size == 0:
        raise _lost("the database file is empty (0 bytes)", path, EMPTY)
    return found.st_dev, found.st_ino


def demand_store(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreLost where a database is another program's, or has lost our table."""
    if connection.execute(IS_OURS).fetchone() is None:
        raise _lost("the database file holds no store", path, FOREIGN)


def _lost(what: str, path: Path, cure: str = MOVED) -> StoreLost:
    return StoreLost(what, at=path, cure=cure)


class Watch:
    """Tells whether the file and its write-ahead log are still the ones that this process has open.

    A process that has a deleted file open goes on reading and writing it, and nobody else will ever see that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = path.with_name(path.name + WAL_SUFFIX)
        self._file_is: Identity | None = None
        self._log_is: Identity | None = None

    @property
    def began(self) -> bool:
        """Return whether the file was opened before."""
        return self._file_is is not None

    def opened(self, file: Identity) -> None:
        """Take note of what was opened, the first time."""
        self._file_is = self._file_is or file

    def demand_same(self) -> None:
        """Raise StoreLost unless file and log are those that were opened."""
        if look(self._path) != self._file_is:
            raise _lost("the database file was replaced while it was in use", self._path)
        try:
            found = self._log.stat()
        except FileNotFoundError:
            raise _lost("the database's write-ahead log was deleted while it was in use", self._log) from None
        log = found.st_dev, found.st_ino
        self._log_is = self._log_is or log
        if log != self._log_is:
            raise _lost("the database's write-ahead log was replaced while it was in use", self._log)

    def log_may_end(self) -> None:
        """Take note that a connection was closed: the last one to close ends the log, the next begins another."""
        self._log_is = None

    def closed(self) -> None:
        """Take note that nothing is open any more."""
        self._file_is = self._log_is = None
