"""SignedPayloads: texts that travel through a browser and that only we can have written, for one purpose and one holder.

A sealed text is readable by whoever carries it, so no secret goes in. Its MAC key is derived from the ring of the
refresh tokens, one for each purpose, so none passes for another or for a refresh token (TK-7, TK-10).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.jose import jws, strict_json
from chalicelib.keys.mac_keys import MacKeySource
from chalicelib.world import World, is_within

MAX_CHARACTERS = 8000  # of a whole sealed text; a URL of the gateway's holds it

_FORM = re.compile(
    r"(?P<body>(?P<kid>[A-Za-z0-9_-]{1,32})\.(?P<until>[0-9]{1,12})\.(?P<payload>[A-Za-z0-9_-]*))\.(?P<mac>[0-9a-f]{64})"
)


class SignedPayloads:
    """Seals and opens."""

    def __init__(self, keys: MacKeySource, world: World) -> None:
        self._keys = keys
        self._world = world

    def seal(self, payload: Mapping[str, Any], *, purpose: str, holder: str, seconds: int) -> str:
        """Return a text that :meth:`open` gives back to the same holder for so many seconds."""
        kid, key = self._keys.current()
        packed = jws.encode(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
        body = f"{kid}.{self._world.timestamp() + seconds}.{packed}"
        return f"{body}.{mac(key, purpose=purpose, text=f'{holder} {body}')}"

    def open(self, text: str, *, purpose: str, holder: str, seconds: int) -> dict[str, Any] | None:
        """Return what was sealed for so many seconds, or None for any other text, another's, or one whose time is over.

        One sealed in the future is none either: the clock went back, which prolongs nothing (AV-4).
        """
        match = _FORM.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
        key = self._keys.by_kid(match["kid"]) if match else None
        if match is None or key is None or not self._is_live(int(match["until"]), seconds):
            return None
        if not hmac.compare_digest(match["mac"], mac(key, purpose=purpose, text=f"{holder} {match['body']}")):
            return None
        payload: dict[str, Any] = strict_json.loads(jws.decode(match["payload"].encode()))
        return payload

    def _is_live(self, until: int, seconds: int) -> bool:
        now = self._world.now()
        return now < until and is_within(until - seconds, seconds, now=now)


def mac(key: bytes, *, purpose: str, text: str) -> str:
    """Return the MAC of a text under the key of one purpose."""
    derived = hmac.new(key, f"cupbearer:{purpose}".encode(), hashlib.sha256).digest()
    return hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()
