"""What SQLite's rows say, and what one transaction does with them, on a connection that others lend."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chalicelib.store import (
    Conflict,
    Counters,
    Forget,
    Insert,
    Key,
    Record,
    Replace,
    Tally,
    Write,
    _limits,
    key_of,
)
from chalicelib.store import sqlite_statements as sql

SWEEP_ROWS = 8  # beside one for each write of the commit, so that sweeping outruns growth (DS-3)
SWEEP_AFTER_SECONDS = 3600  # longer than any skew between two clocks (AV-4)

Row = tuple[str, str, str, str, int | None, str | None, int]


def place(key: Key) -> dict[str, Any]:
    """Return a key as the statements name it."""
    return {"pk": key.partition, "sk": key.sort}


def bounds(prefix: str, after: str | None, *, newest_first: bool) -> tuple[str, str | bytes]:
    """Return the least sort that is meant, and the least above all of them."""
    low, end = prefix, _limits.end_of_prefix(prefix)
    if after is None:
        return low, sql.ABOVE_ALL if end is None else end
    if newest_first:
        return low, after if end is None else min(after, end)
    return max(low, f"{after}\0"), sql.ABOVE_ALL if end is None else end


def parameters(write: Write, text: str | None, *, now: float, version: str) -> dict[str, Any]:
    """Return what the statement of a write is given."""
    was = None if isinstance(write, Insert | Forget) else write.record.version
    expires_at = write.expires_at if isinstance(write, Insert | Replace) else None
    state = {"data": text, "expires_at": expires_at, "was": was, "now": now, "version": version}
    return place(key_of(write)) | state


def holds(connection: sqlite3.Connection, write: Write, given: dict[str, Any]) -> bool:
    """Do a write; return whether its condition held."""
    row = connection.execute(sql.COMMANDS[type(write)], given).fetchone()
    return row is not None or isinstance(write, Forget)


def sweep(connection: sqlite3.Connection, *, now: float, rows: int) -> None:
    """Remove some of what has expired long ago."""
    connection.execute(sql.SWEEP, {"before": now - SWEEP_AFTER_SECONDS, "rows": rows})


def find(connection: sqlite3.Connection, key: Key, *, now: float) -> Record | None:
    """Return the record at a key, None where there is none any more."""
    row: Row | None = connection.execute(sql.READ, place(key)).fetchone()
    return record(row, now=now) if row else None


def record(row: Row, *, now: float) -> Record | None:
    """Return what a row says; None where it has expired (ST-3)."""
    pk, sk, data, version, expires_at, taken_by, _ = row
    if expires_at is not None and expires_at <= now:
        return None
    return Record(Key(pk, sk), json.loads(data), version, expires_at, taken_by)


def count(connection: sqlite3.Connection, tally: Tally, *, now: float, version: str) -> Counters:
    """Add to a counter, or begin one; Conflict where another kind of record lives."""
    row: Row | None = connection.execute(sql.READ, place(tally.key)).fetchone()
    found = record(row, now=now) if row else None
    if row and found and not row[6]:
        raise Conflict([tally.key])
    counts, expires_at = dict(tally.amounts), tally.expires_at
    if found is not None and found.expires_at is not None:
        counts = {**found.data, **{name: found.data.get(name, 0) + more for name, more in counts.items()}}
        expires_at = found.expires_at
    text = json.dumps(counts, ensure_ascii=False)
    connection.execute(
        sql.PUT, place(tally.key) | {"data": text, "version": version, "expires_at": expires_at}
    )
    return Counters(counts, expires_at, version)


def write_beside(
    connection: sqlite3.Connection, writes: Sequence[Insert | Tally], *, now: float, version: str
) -> None:
    """Write what goes beside something else; what cannot stand is left out."""
    for write in writes:
        if isinstance(write, Tally):
            with suppress(Conflict):
                count(connection, write, now=now, version=version)
        else:
            text = _limits.data_text(write.data)
            holds(connection, write, parameters(write, text, now=now, version=version))
