"""The embedded engine: one SQLite file, for a laptop or one machine. Safe across threads and processes.

WAL with ``synchronous=FULL``: readers never wait, and what was acknowledged survives power loss (DL-1); a lossy
count alone need not.
"""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.store import (
    Conflict,
    Counters,
    Insert,
    Key,
    OnRequest,
    Page,
    Record,
    Tally,
    Write,
    _limits,
    key_of,
)
from chalicelib.store import sqlite_rows as rows
from chalicelib.store import sqlite_statements as sql
from chalicelib.store.sqlite_file import COUNT, WRITE, SqliteFile

if TYPE_CHECKING:
    from chalicelib.store.sqlite_backup import Copy, Progress


def _uncounted(_verb: str, _capacity: float) -> None:
    return


class SqliteStore:
    """A :class:`chalicelib.store.Store` in the file at ``path``, which is made, private, at the first use.

    ``now`` gives seconds since the epoch, ``nonce`` a new random name; ``on_request`` is called with every verb.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        now: Callable[[], float],
        nonce: Callable[[], str],
        on_request: OnRequest = _uncounted,
    ) -> None:
        self._path = Path(path)
        self._file = SqliteFile(self._path)
        self._now = now
        self._nonce = nonce
        self._on_request = on_request

    def close(self) -> None:
        """Close the file; a later verb opens it again."""
        self._file.close()

    def back_up(self, target: Path, *, overwrite: bool, progress: "Progress") -> "Copy":
        """See :func:`chalicelib.store.sqlite_backup.back_up`."""
        from chalicelib.store.sqlite_backup import back_up

        return back_up(self._file, self._path, target, overwrite=overwrite, progress=progress)

    def get(self, *keys: Key) -> tuple[Record | None, ...]:
        """See :meth:`chalicelib.store.Store.get`; all keys are read from one snapshot."""
        _limits.check_keys(keys)
        self._on_request("get", 0.0)
        now = self._now()
        return self._file.read(lambda connection: tuple(rows.find(connection, key, now=now) for key in keys))

    def list(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page:
        """See :meth:`chalicelib.store.Store.list`."""
        _limits.check_page(partition, prefix=prefix, after=after, limit=limit)
        self._on_request("list", 0.0)
        low, high = rows.bounds(prefix, after, newest_first=newest_first)
        given = {"pk": partition, "low": low, "high": high, "rows": limit + 1}
        query = sql.NEWEST_FIRST if newest_first else sql.OLDEST_FIRST
        found: list[rows.Row] = self._file.read(
            lambda connection: connection.execute(query, given).fetchall()
        )
        now = self._now()
        records = (rows.record(row, now=now) for row in found[:limit])
        return Page(
            tuple(record for record in records if record is not None),
            next_after=found[limit - 1][1] if len(found) > limit else None,
        )

    def commit(self, *writes: Write) -> None:
        """See :meth:`chalicelib.store.Store.commit`."""
        texts = _limits.check_writes(writes)
        self._on_request("commit", 0.0)
        now, version = self._now(), self._nonce()
        commands = [
            (write, rows.parameters(write, text, now=now, version=version))
            for write, text in zip(writes, texts, strict=True)
        ]
        beside = [more for write in writes if isinstance(write, Insert) for more in write.beside]

        def apply(connection: sqlite3.Connection) -> None:
            failed = [key_of(write) for write, given in commands if not rows.holds(connection, write, given)]
            if failed:
                raise Conflict(failed)
            rows.write_beside(connection, beside, now=now, version=version)
            rows.sweep(connection, now=now, rows=rows.SWEEP_ROWS + len(writes) + len(beside))

        self._file.write(apply)

    def take(self, key: Key, *, taker: str) -> Record | None:
        """See :meth:`chalicelib.store.Store.take`."""
        _limits.check_keys([key])
        _limits.check_taker(taker)
        self._on_request("take", 0.0)
        now = self._now()
        given = rows.place(key) | {"taker": taker, "now": now, "version": self._nonce()}

        def spend(connection: sqlite3.Connection) -> Record | None:
            connection.execute(sql.TAKE, given)
            record = rows.find(connection, key, now=now)
            return record if record is not None and record.taken_by == taker else None

        return self._file.write(spend)

    def bump(
        self,
        key: Key,
        amounts: Mapping[str, int],
        *,
        expires_at: int,
        lossy: bool = False,
        beside: tuple[Tally, ...] = (),
    ) -> Counters:
        """See :meth:`chalicelib.store.Store.bump`; here it never counts twice.

        A lossy one does not wait for the disk: the next commit takes it there.
        """
        _limits.check_keys([key])
        _limits.check_amounts(amounts, expires_at=expires_at)
        _limits.check_beside(beside)
        self._on_request("bump", 0.0)
        now, version = self._now(), self._nonce()

        def count(connection: sqlite3.Connection) -> Counters:
            counters = rows.count(connection, Tally(key, amounts, expires_at), now=now, version=version)
            rows.write_beside(connection, beside, now=now, version=version)
            rows.sweep(connection, now=now, rows=rows.SWEEP_ROWS + len(beside))
            return counters

        return self._file.write(count, begin=COUNT if lossy else WRITE)
