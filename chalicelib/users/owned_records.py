"""What belongs to one user alone, and so goes when the account goes.

A feature that keeps records of a person adds its kind to ``KINDS`` of :mod:`chalicelib.store.owned_partitions`, whose
``partition_of`` refuses a kind that is not listed: nothing that belongs to a person can be forgotten when the person
leaves. A record elsewhere that goes with one of these (what a token is looked up by, a line among an organization's
members) is named in its data by :func:`with_others`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

from chalicelib.store import MAX_WRITES, Conflict, Forget, Key, Record, Replace, Store, Write
from chalicelib.store.each_once import each_once
from chalicelib.store.owned_partitions import KINDS, partition_of
from chalicelib.store.records import existing

MAX_OTHERS = 3  # records that go with one
KEPT_TOGETHER = 55  # beside the account, its names and identities in one commit of MAX_WRITES
WITH_OTHERS = MAX_WRITES // (1 + MAX_OTHERS)  # records of one commit, with all that may go with them
GO_WITH_IT = "go_with_it"  # pairs of partition and sort key


def with_others(data: Mapping[str, Any], others: Iterable[Key]) -> dict[str, Any]:
    """Return what to store, at each write, of a record with which others go, at most ``MAX_OTHERS``."""
    pairs = [[key.partition, key.sort] for key in others]
    if len(pairs) > MAX_OTHERS:
        raise ValueError(f"at most {MAX_OTHERS} records go with one")
    return {**data, GO_WITH_IT: pairs}


def forget_all(store: Store, user_id: str) -> None:
    """Remove what is left of a deleted user: without it nothing of this works, and nobody has that id again (DL-3)."""
    for kind in KINDS:
        while page := store.list(partition_of(kind, user_id), limit=WITH_OTHERS).records:
            store.commit(*each_once(*(Forget(key) for record in page for key in _keys_of(record))))


def keeping(
    store: Store, user_id: str, until: int | None, *, before: int | None, but: Key
) -> tuple[Write, ...]:
    """Return the writes by which what is kept of a user is kept until then, for the commit of the account's own.

    ``before`` is how long it was: what ends at a time of its own, as a session does, is left to that. Past
    ``KEPT_TOGETHER`` records, which no second factor is, the rest is for :func:`keep_rest`.
    """
    records = islice(_kept(store, user_id, before, but), KEPT_TOGETHER)
    return tuple(Replace(record, record.data, expires_at=until) for record in records)


def keep_rest(store: Store, user_id: str, until: int | None, *, before: int | None, but: Key) -> None:
    """Have what a commit of :func:`keeping` had no room for kept as long, one by one."""
    for record in _kept(store, user_id, before, but):
        with suppress(Conflict):  # somebody has just written it
            store.commit(Replace(record, record.data, expires_at=until))


def _kept(store: Store, user_id: str, until: int | None, but: Key) -> Iterator[Record]:
    """Yield what is kept of a user until then, the kinds in their order: second factors first."""
    for kind in KINDS:
        after: str | None = None
        while True:
            page = store.list(partition_of(kind, user_id), after=after, limit=WITH_OTHERS)
            keys = dict.fromkeys(key for record in page.records for key in _keys_of(record)[1:])
            for record in (*page.records, *existing(store, keys)):
                if record.expires_at == until and record.key != but:
                    yield record
            after = page.next_after
            if after is None:
                break


def _keys_of(record: Record) -> tuple[Key, ...]:
    return record.key, *(Key(partition, sort) for partition, sort in record.data.get(GO_WITH_IT, ()))
