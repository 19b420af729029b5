"""User names for people who choose none, or one that is taken: what was wished for as far as it will do, made unique."""

from collections.abc import Iterator

from chalicelib.errors import Invalid
from chalicelib.store import Store
from chalicelib.users import names
from chalicelib.users.user import login_key
from chalicelib.world import World

FALLBACK = "user"
SUFFIX_CHARACTERS = 5  # with the hyphen
TRIES = 6


def free_name(store: Store, world: World, wished: str | None) -> names.Name:
    """Return the candidate that nobody has yet, by one read; whoever takes it has to be first in a commit too."""
    tried = list(_candidates(wished, world))
    taken = store.get(*(login_key(key) for key in dict.fromkeys(name.canonical for name in tried)))
    used = {record.key for record in taken if record}
    return next((name for name in tried if login_key(name.canonical) not in used), tried[-1])


def _candidates(wished: str | None, world: World) -> Iterator[names.Name]:
    """Yield user names, the nearest to what was wished for first; those after it end in chance."""
    stem = _usable((wished or "").partition("@")[0]) or FALLBACK
    yield names.canonical_username(stem)
    room = names.MAX_USERNAME - SUFFIX_CHARACTERS
    for _ in range(TRIES):
        yield names.canonical_username(f"{stem[:room]}-{world.identifier()[: SUFFIX_CHARACTERS - 1]}")


def _usable(text: str) -> str | None:
    """Return a user name out of a text: as it is, or only its plain letters, digits and ``._-``."""
    plain = "".join(each for each in text if each.isascii() and (each.isalnum() or each in "._-"))
    for candidate in (text.strip(), plain[: names.MAX_USERNAME]):
        try:
            # Tried with a suffix too: what goes with Latin letters goes with our suffix.
            names.canonical_username(f"{candidate[: names.MAX_USERNAME - SUFFIX_CHARACTERS]}-aaaa")
            return names.canonical_username(candidate).display
        except Invalid:
            continue
    return None
