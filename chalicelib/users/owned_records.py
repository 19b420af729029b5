"""What belongs to one user alone, and so goes when the account goes.

A feature that keeps records of a person adds its kind to ``KINDS`` and names their partition by :func:`partition_of`,
which refuses a kind that is not listed: nothing that belongs to a person can be forgotten when the person leaves. A record
elsewhere that goes with one of these (what a token is looked up by, a line among an organization's members) is named in
its data by :func:`with_others`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.store import MAX_WRITES, Forget, Key, Record, Store, each_once

KINDS = {
    "user": "the profile, the sessions and the second factors",
    "consents": "what the person lets clients have",
}
MAX_OTHERS = 3  # records that go with one
GO_WITH_IT = "go_with_it"  # pairs of partition and sort key


def partition_of(kind: str, user_id: str) -> str:
    """Return where a user's records of one kind live. ValueError for a kind that is not listed."""
    if kind not in KINDS:
        raise ValueError(
            f"{kind} is no kind of a user's records: list it, so that it is deleted with its user"
        )
    return f"{kind}#{user_id}"


def with_others(data: Mapping[str, Any], others: Iterable[Key]) -> dict[str, Any]:
    """Return what to store, at each write, of a record with which others go, at most ``MAX_OTHERS``."""
    pairs = [[key.partition, key.sort] for key in others]
    if len(pairs) > MAX_OTHERS:
        raise ValueError(f"at most {MAX_OTHERS} records go with one")
    return {**data, GO_WITH_IT: pairs}


def forget_all(store: Store, user_id: str) -> None:
    """Remove what is left of a deleted user: without it nothing of this works, and nobody has that id again (DL-3)."""
    for kind in KINDS:
        while page := store.list(partition_of(kind, user_id), limit=MAX_WRITES // (1 + MAX_OTHERS)).records:
            store.commit(*each_once(*(Forget(key) for record in page for key in _keys_of(record))))


def _keys_of(record: Record) -> tuple[Key, ...]:
    return record.key, *(Key(partition, sort) for partition, sort in record.data.get(GO_WITH_IT, ()))
