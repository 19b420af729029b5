"""The text of a refresh token: ``cbr_`` and six parts, of which the last proves the others.

The token carries a secret of its session; the store keeps only that secret's hash. The MAC is made under a key of
its own, so a forged token costs no store request, and the session's current token can be computed again from any
token of it (the design's section 4; SE-1, SE-3).
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, replace

from chalicelib.keys.mac_keys import MacKeySource

PREFIX = "cbr_"

_FORM = re.compile(
    r"cbr_(?P<kid>[A-Za-z0-9_-]{1,32})\.(?P<user_id>[A-Za-z0-9][A-Za-z0-9_-]{0,63})\.(?P<session_id>[a-z2-7]{26})"
    r"\.(?P<counter>0|[1-9][0-9]{0,9})\.(?P<secret>[A-Za-z0-9_-]{43})\.(?P<mac>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a refresh token says: the session it is of, and which one in the session's line it is."""

    user_id: str
    session_id: str
    counter: int
    secret: str

    def at(self, counter: int) -> "RefreshToken":
        """Return another token of the same line."""
        return replace(self, counter=counter)


class RefreshTokens:
    """Writes and reads the text."""

    def __init__(self, keys: MacKeySource) -> None:
        self._keys = keys

    def write(self, token: RefreshToken) -> str:
        """Return the text of a token."""
        kid, key = self._keys.current()
        body = f"{PREFIX}{kid}.{token.user_id}.{token.session_id}.{token.counter}.{token.secret}"
        return f"{body}.{_mac(key, body)}"

    def read(self, text: str) -> RefreshToken | None:
        """Return what a text of ours says, or None for any other text, without asking the store (DS-1)."""
        match = _FORM.fullmatch(text)
        key = self._keys.by_kid(match["kid"]) if match else None
        if match is None or key is None:
            return None
        body, mac = text.rsplit(".", 1)
        if not hmac.compare_digest(mac, _mac(key, body)):
            return None
        return RefreshToken(
            user_id=match["user_id"],
            session_id=match["session_id"],
            counter=int(match["counter"]),
            secret=match["secret"],
        )


def _mac(key: bytes, body: str) -> str:
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()
