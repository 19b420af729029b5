"""Who stands in where a name leads to nobody, so that it takes as long as where it leads to somebody (EN-2, EN-3)."""

import json

from chalicelib.store import Record
from chalicelib.users.user import User, UserId, login_key, profile_key
from chalicelib.world import World

NOWHERE = "nobody@nowhere.invalid"
_NOBODY = User(
    user_id=UserId("-" * 26),  # as long as an id
    username="nobody",
    canonical="nobody",
    scopes=frozenset({"get:profile"}),
    created_at=0,
    name="Nobody",
    email=NOWHERE,
    password="-" * 97,  # as long as a hash
    networks=("192.0.2.1", "192.0.2.2"),
)
_NAME = json.dumps({"user_id": _NOBODY.user_id})
_PROFILE = json.dumps(_NOBODY.data())


def nobodys_id(world: World) -> UserId:
    """Return an id that nobody has: what is read or written there lies anywhere among that of others.

    One id for all who are unknown would be a place in the store that is always at hand.
    """
    return UserId(world.identifier())


def nobody() -> User:
    """Return a user without a verified address, decoded each time, as are the two records of somebody who is found."""
    Record(login_key(_NOBODY.canonical), json.loads(_NAME), version="")
    return User.from_record(Record(profile_key(_NOBODY.user_id), json.loads(_PROFILE), version=""))
