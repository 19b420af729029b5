"""Acts that a client may safely ask for again, by an ``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header).

What was done leaves a note in its own commit, so there is a note exactly where the act was done: whoever lost the answer
asks again with the same key and is recognised. A refused act leaves none. Without the header nothing is read or written.

The note holds no secret: the key is hashed with its route and caller, the request is known by a MAC under a key of ours
(it holds passwords, which a bare hash would let a thief of the store guess), and tokens are made anew, never kept.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.errors import Invalid, KeyReused
from chalicelib.keys.mac_keys import MacKeySource
from chalicelib.store import Insert, Key, Store, Write
from chalicelib.world import World

KEEP_SECONDS = 24 * 60 * 60
PURPOSE = b"cupbearer:idempotency-key"

# A quoted string of Structured Fields (RFC 9651), or the bare characters that most clients send. Sixteen, so that two
# strangers do not choose the same: those who sign up have no other name yet.
_FORM = re.compile(r'"(?P<quoted>[!#-\[\]-~]{16,255})"|(?P<bare>[!#-\[\]-~]{16,255})')


@dataclass(frozen=True, slots=True)
class IdempotencyKeys:
    """Recognises requests that were done before."""

    store: Store
    world: World
    mac_keys: MacKeySource

    def attempt(self, header: str | None, *, route: str, caller: str, request: bytes) -> "Attempt | None":
        """Return a request under its key, None where it has none; raise Invalid for what is no key.

        ``caller`` is who asks, as the guard knows it: nobody finds another's key.
        """
        if header is None:
            return None
        match = _FORM.fullmatch(header)
        if match is None:
            wanted = "is 16 to 255 visible ASCII characters, new for each act, for example a UUID"
            raise Invalid(f"Idempotency-Key {wanted}.", errors={"Idempotency-Key": wanted})
        named = "\0".join((route, caller, match["quoted"] or match["bare"]))
        key = Key(f"idempotency#{hashlib.sha256(named.encode()).hexdigest()}", "done")
        return Attempt(self, key, named.encode() + b"\0" + request)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that may be the same as one before."""

    keys: IdempotencyKeys
    key: Key
    request: bytes

    def done(self) -> Mapping[str, str] | None:
        """Return what the act noted when it was done, None where it was not; raise KeyReused for another request's key."""
        (record,) = self.keys.store.get(self.key)
        if record is None:
            return None
        mac_key = self.keys.mac_keys.by_kid(record.data["kid"])
        if mac_key is None or not hmac.compare_digest(record.data["mac"], self._mac(mac_key)):
            raise KeyReused
        facts: Mapping[str, str] = record.data["facts"]
        return facts

    def note(self, **facts: str) -> Write:
        """Return the write that notes that it is done, for the commit that does it."""
        kid, mac_key = self.keys.mac_keys.current()
        data = {"kid": kid, "mac": self._mac(mac_key), "facts": facts}
        return Insert(self.key, data, expires_at=self.keys.world.timestamp() + KEEP_SECONDS)

    def _mac(self, key: bytes) -> str:
        derived = hmac.new(key, PURPOSE, hashlib.sha256).digest()
        return hmac.new(derived, self.request, hashlib.sha256).hexdigest()
