"""Recovery codes: ten texts of chance on paper, each good for one log-in without the other factors (MF-1, MF-4).

A code has 120 bits, so a plain hash is all that is kept of it (ASVS 6.5.2: from 112 bits on).
"""

import re
from dataclasses import replace

from chalicelib.credentials.factor_records import RecoveryCodes
from chalicelib.keys.secret_hash import hash_of
from chalicelib.store import Write
from chalicelib.users.user import User
from chalicelib.world import World

CODES = 10
CODE_BYTES = 15
GROUP = 4  # characters between two hyphens, for who types it
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O or U
MAX_CHARACTERS = 64  # as typed

_READ = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})
_FORM = re.compile(r"[0-9A-HJKMNP-TV-Z]{24}")  # of the alphabet


class RecoveryCodeBook:
    """Makes codes and finds them again."""

    def __init__(self, world: World) -> None:
        self._world = world

    def making(self, user: User, old: RecoveryCodes | None) -> tuple[tuple[str, ...], Write]:
        """Return ten new codes, as they are shown once, and the write that makes them good and the old ones void."""
        codes = tuple(_written(self._world.random_bytes(CODE_BYTES)) for _ in range(CODES))
        hashes = tuple(hash_of(normal(code) or "") for code in codes)
        new = RecoveryCodes(user.user_id, RecoveryCodes.sort, self._world.timestamp(), hashes)
        return codes, new.inserting() if old is None else old.replacing(new)

    @staticmethod
    def spending(codes: RecoveryCodes, text: str) -> Write | None:
        """Return the write that spends a code, None for a wrong or spent one: of two commits that hold it one fails (MF-1)."""
        given = normal(text)
        found = hash_of(given) if given else ""
        if found not in codes.hashes:
            return None
        return codes.replacing(replace(codes, hashes=tuple(each for each in codes.hashes if each != found)))


def normal(text: str) -> str | None:
    """Return a code as it is hashed, whatever the case and the gaps it was typed in; None for what can be none."""
    if len(text) > MAX_CHARACTERS or not text.isascii():
        return None
    read = text.upper().translate(_READ)
    return read if _FORM.fullmatch(read) else None


def _written(octets: bytes) -> str:
    number = int.from_bytes(octets)
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(0, 8 * len(octets), 5))
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))
