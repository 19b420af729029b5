"""The lines by which people are listed and searched: which there are of a user, and where (CO-3).

A line only leads to its user, so a commit writes those that come and go with a change and no others. Whoever reads lines
leaves out those that are none of the user's any more: an earlier release that runs beside this one leaves some behind.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from chalicelib.store import Key
from chalicelib.users.confusables import fold
from chalicelib.users.user import User

DISABLED, WITH_FACTOR, SEEN = "people#disabled", "people#with-factor", "people#seen "
SEEN_SHARDS = (
    8  # the busiest list, as everybody moves in it once a day: its lines are spread, and read together
)
MAX_TERM = 48  # characters of what is searched for
DAY = 24 * 60 * 60


def keys_of(user: User) -> frozenset[Key]:
    """Return where the lines of a user are."""
    return frozenset((*_terms(user), *_flags(user), *seen_keys(user)))


def term(text: str) -> str:
    """Return a text as it is searched by: without case, marks and what else makes no difference to a reader."""
    decomposed = unicodedata.normalize("NFKD", fold(" ".join(text.split())))
    return "".join(each for each in decomposed if not unicodedata.combining(each))[:MAX_TERM]


def found_in(searched: str) -> str:
    """Return the partition of all terms that begin as this one does, which is not empty."""
    return f"people#by {searched[0]}"


def seen_partition(shard: int) -> str:
    """Return a part of the list of who was seen when."""
    return f"{SEEN}{shard}"


def shard_of(user_id: str) -> int:
    """Return the part of that list that a user stands in."""
    return sum(map(ord, user_id)) % SEEN_SHARDS


def seen_keys(user: User) -> tuple[Key, ...]:
    """Return the line in the list of who was seen when; of who never was there is none."""
    if user.seen_at is None:
        return ()
    return (Key(seen_partition(shard_of(user.user_id)), f"{user.seen_at:012d}#{user.user_id}"),)


def seen(user: User, now: int) -> User:
    """Return the user as seen today (UTC). The first time of a day is written down, whatever comes after it is not."""
    if user.seen_at is not None and now // DAY <= user.seen_at // DAY:
        return user
    return replace(user, seen_at=now)


def _terms(user: User) -> Iterator[Key]:
    """Yield the lines by user name, name and address: of two that begin alike in all, one."""
    for text in (user.username, user.name, user.email):
        if text and (searched := term(text)):
            yield Key(found_in(searched), f"{searched}#{user.user_id}")


def _flags(user: User) -> Iterator[Key]:
    for partition, holds in ((DISABLED, user.disabled), (WITH_FACTOR, user.may_have_factors)):
        if holds:
            yield Key(partition, f"{user.created_at:012d}#{user.user_id}")
