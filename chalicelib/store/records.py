"""Two rules of reading that every subject shares: many keys at once, and what is good for some seconds only."""

from collections.abc import Iterable
from typing import TypeGuard

from chalicelib.store import Key, Record, Store
from chalicelib.world import is_within


def existing(store: Store, keys: Iterable[Key]) -> tuple[Record, ...]:
    """Return the records that there are, in the order of their keys; without a key nothing is asked."""
    wanted = tuple(keys)
    return tuple(record for record in store.get(*wanted) if record is not None) if wanted else ()


def is_good(record: Record | None, seconds: int, *, now: float) -> TypeGuard[Record]:
    """Return whether there is a record that was made to be good for so long, and not in the future.

    If it was, the clock went back since: that prolongs nothing (AV-4).
    """
    if record is None or record.expires_at is None:
        return False
    return is_within(record.expires_at - seconds, seconds, now=now)
