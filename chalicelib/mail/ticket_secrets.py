"""What only a mail says of a ticket: the text of its link and its code, both MACs of the ticket's name.

The keys are the ring of the refresh tokens', with a key derived for each of the two, so none passes for another (TK-7, TK-10).
"""

import hmac
import re
from collections.abc import Callable

from chalicelib.keys.mac_keys import MacKeySource
from chalicelib.keys.signed_payloads import mac

PREFIX = "cbt_"
TEXT_PURPOSE, CODE_PURPOSE = "ticket", "code of a ticket"
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no two of them look alike
CODE_CHARACTERS = 6  # 30 bits: the chances stand in docs/decisions/0081-tickets-and-codes.md

_FORM = re.compile(
    r"cbt_(?P<name>[A-Za-z0-9_-]{1,32}\.(?P<purpose>[a-z-]{1,20})\.[a-z2-7]{26}"
    r"\.(?:[0-9]{8}-)?[a-z2-7]{26})\.[0-9a-f]{64}"
)
_AS_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class TicketSecrets:
    """Writes and reads both. The keys are asked for when first needed: most acts send nothing."""

    def __init__(self, find_keys: Callable[[], MacKeySource]) -> None:
        self._find_keys = find_keys

    def kid(self) -> str:
        """Return the name of the key that makes those of a new ticket."""
        return self._find_keys().current()[0]

    def text(self, name: str) -> str | None:
        """Return what the link of a ticket carries; None where its key is gone."""
        found = self._mac(name, TEXT_PURPOSE)
        return None if found is None else f"{PREFIX}{name}.{found}"

    def code(self, name: str) -> str | None:
        """Return the code of a ticket; None where its key is gone."""
        found = self._mac(name, CODE_PURPOSE)
        if found is None:
            return None
        number = int(found, 16)
        return "".join(CODE_ALPHABET[number >> 5 * at & 31] for at in range(CODE_CHARACTERS))

    def read(self, text: str) -> tuple[str, str] | None:
        """Return the name and the purpose of a ticket that we made the text of, or None; without asking the store (DS-1)."""
        match = _FORM.fullmatch(text)
        if match is None or not hmac.compare_digest(text, self.text(match["name"]) or ""):
            return None
        return match["name"], match["purpose"]

    def is_code(self, name: str, typed: str) -> bool:
        """Return whether this is the code of a ticket, however its letters are typed."""
        right = self.code(name)
        return right is not None and hmac.compare_digest(right, as_meant(typed))

    def _mac(self, name: str, purpose: str) -> str | None:
        key = self._find_keys().by_kid(name.partition(".")[0])
        return None if key is None else mac(key, purpose=purpose, text=name)


def as_meant(typed: str) -> str:
    """Return a code as it was meant: without hyphen and spaces, and with Crockford's readings of O, I and L."""
    return typed[:64].upper().translate(_AS_MEANT).encode("ascii", "replace").decode()


def spaced(code: str) -> str:
    """Return a code as it is shown: ``ABC-DEF``."""
    return f"{code[: CODE_CHARACTERS // 2]}-{code[CODE_CHARACTERS // 2 :]}"
