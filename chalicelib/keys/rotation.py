"""The signing ring as values: which key signs and which verify is a question of time alone (KM-2).

A new key is published, waits, then signs: ``docs/decisions/0020`` draws the line of time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from chalicelib.errors import Invalid
from chalicelib.jose.claims import LEEWAY_SECONDS, MAX_ACCESS_SECONDS
from chalicelib.keys.remote_jwks import COOL_DOWN_SECONDS, JWKS_CACHE_SECONDS, STALE_SECONDS
from chalicelib.stale_cache import Times
from chalicelib.store import Write
from chalicelib.store.stored_values import StoredValue

RING_CACHE_SECONDS = 60  # how long a process takes the ring it read as it is

MAX_KEYS = 10

PUBLISH_AHEAD_SECONDS = JWKS_CACHE_SECONDS + COOL_DOWN_SECONDS + RING_CACHE_SECONDS + LEEWAY_SECONDS
VERIFY_AFTER_SECONDS = MAX_ACCESS_SECONDS + RING_CACHE_SECONDS + LEEWAY_SECONDS

RING_TIMES = Times(
    fresh_seconds=RING_CACHE_SECONDS, cool_down_seconds=COOL_DOWN_SECONDS, stale_seconds=STALE_SECONDS
)

Noting = Callable[
    [str], tuple[Write, ...]
]  # what the commit of a rotation also holds, by the kid of the new key
State = Literal["next", "current", "retiring", "retired"]


@dataclass(frozen=True, slots=True)
class KeyPair(StoredValue):
    """One key pair and its times, in seconds since the epoch. ``private`` is wrapped PKCS 8."""

    kid: str
    alg: str
    created_at: int
    signs_from: int
    verifies_until: int | None
    public_jwk: Mapping[str, str]
    private: str

    def verifies(self, now: float) -> bool:
        """Return whether its signatures still count. A key counts from the moment it is published."""
        return self.verifies_until is None or now < self.verifies_until


@dataclass(frozen=True, slots=True)
class KeySet(StoredValue):
    """The keys in the order they sign, oldest first. Never empty."""

    keys: tuple[KeyPair, ...]

    def has(self, kid: str) -> bool:
        """Return whether a key is in the ring, by its name: another rotation may have set its end."""
        return any(key.kid == kid for key in self.keys)

    def newest(self) -> KeyPair:
        """Return the last key made: the one that signs now, or the one that waits to."""
        return self.keys[-1]

    def current(self, now: float) -> KeyPair:
        """Return the key that signs now: the newest whose time has come, else the oldest."""
        return next((key for key in reversed(self.keys) if key.signs_from <= now), self.keys[0])

    def state(self, key: KeyPair, now: float) -> State:
        """Return what a key is now: published and waiting, signing, still verifying, or gone."""
        if not key.verifies(now):
            return "retired"
        if key == self.current(now):
            return "current"
        return "next" if key.signs_from > now else "retiring"

    def is_full(self, now: float) -> bool:
        """Return whether no key can be added before another retires."""
        return sum(key.verifies(now) for key in self.keys) >= MAX_KEYS

    def rotated(self, new: KeyPair, now: float) -> "KeySet":
        """Return the ring with one more key at its end, without those whose signatures no longer count."""
        if self.is_full(now):
            raise Invalid(
                "There are too many keys in use: wait until some have retired.", code="too_many_keys"
            )
        until = new.signs_from + VERIFY_AFTER_SECONDS
        kept = [key for key in self.keys if key.verifies(now)]
        ended = [replace(key, verifies_until=key.verifies_until or until) for key in kept]
        return KeySet((*ended, new))
