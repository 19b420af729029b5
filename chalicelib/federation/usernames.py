"""User names for people who come from a provider: the one they have there as far as it will do here, made unique."""

from collections.abc import Iterator

from chalicelib.errors import Invalid
from chalicelib.users import names
from chalicelib.world import World

FALLBACK = "user"
SUFFIX_CHARACTERS = 5  # with the hyphen
TRIES = 6


def candidates(wished: str | None, world: World) -> Iterator[names.Name]:
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
