"""A copy of the store while it is at work: SQLite's own backup of one snapshot, examined before it gets its name."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chalicelib.store import StoreUnavailable
from chalicelib.store.sqlite_file import SqliteFile
from chalicelib.store.sqlite_identity import COMPANIONS, PRIVATE, demand_store, sync_directory

PAGES = 256  # a step, after which progress is reported

Progress = Callable[[int, int], None]  # pages that remain, and of how many


class CannotBackUp(Exception):  # noqa: N818 - what happened
    """The copy was not made; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup that was read back: its size and how many records it holds."""

    size: int  # bytes
    records: int


def back_up(file: SqliteFile, source: Path, target: Path, *, overwrite: bool, progress: Progress) -> Copy:
    """Write the store as it is at one moment to ``target``, private and whole, or not at all.

    Writers are not hindered. Raises CannotBackUp, and StoreUnavailable where the store itself cannot be read.
    """
    _demand_free(source, target, overwrite=overwrite)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
            draft = Path(folder) / "draft"
            records = file.read(lambda snapshot: _copy(snapshot, draft, progress))
            draft.chmod(PRIVATE)
            _sync(draft)
            size = draft.stat().st_size
            _name(draft, target, overwrite=overwrite)
        sync_directory(target.parent)
    except OSError as error:
        raise CannotBackUp(f"{target} cannot be written: {error.strerror}") from error
    return Copy(size, records)


def _demand_free(source: Path, target: Path, *, overwrite: bool) -> None:
    if target.exists() and source.exists() and target.samefile(source):
        raise CannotBackUp(f"{target} is the store itself")
    if any(target.with_name(target.name + companion).exists() for companion in COMPANIONS):
        raise CannotBackUp(f"{target} is a database in use, with {target.name}-wal beside it")
    if target.exists() and not overwrite:
        raise CannotBackUp(f"{target} exists: name another file, or say --force")


def _copy(snapshot: sqlite3.Connection, draft: Path, progress: Progress) -> int:
    """Copy what one read transaction sees, and read all of it back; return the number of records."""
    demand_store(snapshot, draft)  # the first read: from here on it is one moment
    with contextlib.closing(sqlite3.connect(draft)) as copy:
        try:
            snapshot.backup(copy, pages=PAGES, progress=lambda _, left, total: progress(left, total))
            found = copy.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.Error as error:
            raise CannotBackUp(f"the copy failed: {error}") from error
        if found != [("ok",)]:
            raise StoreUnavailable(f"its copy is damaged, so it is itself: {found[0][0]}")
        records: int = copy.execute("SELECT count(*) FROM records").fetchone()[0]
        return records


def _sync(draft: Path) -> None:
    descriptor = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)  # nobody else has the draft open
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(draft: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        draft.replace(target)
        return
    try:
        os.link(draft, target)
    except FileExistsError:
        raise CannotBackUp(f"{target} exists: name another file, or say --force") from None
