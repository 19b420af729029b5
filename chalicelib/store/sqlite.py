"""The embedded engine: one SQLite file, for a laptop or one machine. Safe across threads and processes.

WAL with ``synchronous=FULL``: readers never wait, and what was acknowledged survives power loss (DL-1); a lossy
count alone need not.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.store import (
    Conflict,
    Counters,
    Forget,
    Insert,
    Key,
    OnRequest,
    Page,
    Record,
    Replace,
    Write,
    _limits,
    key_of,
)
from chalicelib.store import sqlite_statements as sql
from chalicelib.store.sqlite_file import COUNT, WRITE, SqliteFile

if TYPE_CHECKING:
    from chalicelib.store.sqlite_backup import Copy, Progress

SWEEP_ROWS = 8  # beside one for each write of the commit, so that sweeping outruns growth (DS-3)
SWEEP_AFTER_SECONDS = 3600  # longer than any skew between two clocks (AV-4)

Row = tuple[str, str, str, str, int | None, str | None, int]


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
        return self._file.read(lambda connection: tuple(_find(connection, key, now=now) for key in keys))

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
        low, high = _bounds(prefix, after, newest_first=newest_first)
        given = {"pk": partition, "low": low, "high": high, "rows": limit + 1}
        query = sql.NEWEST_FIRST if newest_first else sql.OLDEST_FIRST
        rows: list[Row] = self._file.read(lambda connection: connection.execute(query, given).fetchall())
        now = self._now()
        records = (_record(row, now=now) for row in rows[:limit])
        return Page(
            tuple(record for record in records if record is not None),
            next_after=rows[limit - 1][1] if len(rows) > limit else None,
        )

    def commit(self, *writes: Write) -> None:
        """See :meth:`chalicelib.store.Store.commit`."""
        texts = _limits.check_writes(writes)
        self._on_request("commit", 0.0)
        now, version = self._now(), self._nonce()
        commands = [
            (write, _parameters(write, text) | {"now": now, "version": version})
            for write, text in zip(writes, texts, strict=True)
        ]

        def apply(connection: sqlite3.Connection) -> None:
            failed = [key_of(write) for write, given in commands if not _holds(connection, write, given)]
            if failed:
                raise Conflict(failed)
            _sweep(connection, now=now, rows=SWEEP_ROWS + len(writes))

        self._file.write(apply)

    def take(self, key: Key, *, taker: str) -> Record | None:
        """See :meth:`chalicelib.store.Store.take`."""
        _limits.check_keys([key])
        _limits.check_taker(taker)
        self._on_request("take", 0.0)
        now = self._now()
        given = _place(key) | {"taker": taker, "now": now, "version": self._nonce()}

        def spend(connection: sqlite3.Connection) -> Record | None:
            connection.execute(sql.TAKE, given)
            record = _find(connection, key, now=now)
            return record if record is not None and record.taken_by == taker else None

        return self._file.write(spend)

    def bump(self, key: Key, amounts: Mapping[str, int], *, expires_at: int, lossy: bool = False) -> Counters:
        """See :meth:`chalicelib.store.Store.bump`; here it never counts twice.

        A lossy one does not wait for the disk: the next commit takes it there.
        """
        _limits.check_keys([key])
        _limits.check_amounts(amounts, expires_at=expires_at)
        self._on_request("bump", 0.0)
        now, version = self._now(), self._nonce()

        def count(connection: sqlite3.Connection) -> Counters:
            row: Row | None = connection.execute(sql.READ, _place(key)).fetchone()
            record = _record(row, now=now) if row else None
            if row and record and not row[6]:
                raise Conflict([key])
            counters = _counted(record, amounts, expires_at=expires_at, version=version)
            text = json.dumps(dict(counters.counts), ensure_ascii=False)
            state = {"data": text, "version": version, "expires_at": counters.expires_at}
            connection.execute(sql.PUT, _place(key) | state)
            _sweep(connection, now=now, rows=SWEEP_ROWS)
            return counters

        return self._file.write(count, begin=COUNT if lossy else WRITE)


def _place(key: Key) -> dict[str, Any]:
    return {"pk": key.partition, "sk": key.sort}


def _bounds(prefix: str, after: str | None, *, newest_first: bool) -> tuple[str, str | bytes]:
    """Return the least sort that is meant, and the least above all of them."""
    low, end = prefix, _limits.end_of_prefix(prefix)
    if after is None:
        return low, sql.ABOVE_ALL if end is None else end
    if newest_first:
        return low, after if end is None else min(after, end)
    return max(low, f"{after}\0"), sql.ABOVE_ALL if end is None else end


def _parameters(write: Write, text: str | None) -> dict[str, Any]:
    was = None if isinstance(write, Insert | Forget) else write.record.version
    expires_at = write.expires_at if isinstance(write, Insert | Replace) else None
    return _place(key_of(write)) | {"data": text, "expires_at": expires_at, "was": was}


def _holds(connection: sqlite3.Connection, write: Write, given: dict[str, Any]) -> bool:
    row = connection.execute(sql.COMMANDS[type(write)], given).fetchone()
    return row is not None or isinstance(write, Forget)


def _sweep(connection: sqlite3.Connection, *, now: float, rows: int) -> None:
    connection.execute(sql.SWEEP, {"before": now - SWEEP_AFTER_SECONDS, "rows": rows})


def _find(connection: sqlite3.Connection, key: Key, *, now: float) -> Record | None:
    row: Row | None = connection.execute(sql.READ, _place(key)).fetchone()
    return _record(row, now=now) if row else None


def _record(row: Row, *, now: float) -> Record | None:
    pk, sk, data, version, expires_at, taken_by, _ = row
    if expires_at is not None and expires_at <= now:
        return None
    return Record(Key(pk, sk), json.loads(data), version, expires_at, taken_by)


def _counted(record: Record | None, amounts: Mapping[str, int], *, expires_at: int, version: str) -> Counters:
    if record is None or record.expires_at is None:
        return Counters(dict(amounts), expires_at, version)
    counts = dict(record.data)
    for name, amount in amounts.items():
        counts[name] = counts.get(name, 0) + amount
    return Counters(counts, record.expires_at, version)
