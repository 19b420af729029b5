"""The key ring: makes signing keys, keeps them wrapped in one record, rotates and publishes them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.errors import Unavailable
from chalicelib.jose import jwk
from chalicelib.jose.jwk import VerificationKey
from chalicelib.keys.key_wrapping import Wrapper, unwrapped
from chalicelib.keys.remote_jwks import JWKS_CACHE_SECONDS
from chalicelib.keys.rotation import PUBLISH_AHEAD_SECONDS, RING_TIMES, KeyPair, KeySet, Noting, State
from chalicelib.stale_cache import StaleIfErrorCache
from chalicelib.store import Conflict, Insert, Key, Record, Replace, Store, StoreUnavailable, Write
from chalicelib.store.retrying import retrying
from chalicelib.world import World

if TYPE_CHECKING:
    from chalicelib.keys.private_keys import SigningKey

JwkSet = dict[str, list[dict[str, str]]]

RING = Key("keys", "signing")

# How long a key that an emergency removed may still be taken by a verifier that can reach us: the longest
# cache of our key set. An API Gateway policy made before then lives on for the authorizer's TTL.
EMERGENCY_SECONDS = JWKS_CACHE_SECONDS


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What an operator sees of a key. Times are seconds since the epoch."""

    kid: str
    alg: str
    state: State
    created_at: int
    signs_from: int
    verifies_until: int | None


@dataclass(frozen=True)
class _Loaded:
    """The record as it was read, with what is made from it."""

    record: Record
    ring: KeySet

    @cached_property
    def verifiers(self) -> Mapping[str, tuple[KeyPair, VerificationKey]]:
        """Return what verifies, by name: for whoever publishes the set there is nothing to load."""
        return {key.kid: (key, jwk.read(key.public_jwk)) for key in self.ring.keys}


class KeyRing:
    """The signing keys of one store. Verifying and publishing go on while the store is away (AV-3)."""

    def __init__(self, store: Store, world: World, wrapper: Wrapper, *, algorithm: str) -> None:
        self._store = store
        self._world = world
        self._wrapper = wrapper
        self._algorithm = algorithm
        self._loaded = StaleIfErrorCache(self._load, world, RING_TIMES, trouble=StoreUnavailable)
        self._signing: dict[str, SigningKey] = {}  # unwrapped once a process, so that KMS is asked once

    def signing_key(self) -> "SigningKey":
        """Return the key that signs now. Unavailable when it cannot be read, WrongMasterKey when not unwrapped."""
        from chalicelib.keys import private_keys

        entry = self._loaded.get().ring.current(self._world.now())
        key = self._signing.get(entry.kid)
        if key is None:
            der = unwrapped(self._wrapper, entry.private, context=_context(entry.kid))
            key = self._signing.setdefault(entry.kid, private_keys.load(entry.kid, entry.alg, der))
        return key

    def check(self) -> None:
        """Raise WrongMasterKey where there are keys that cannot be unwrapped; make none where there are none."""
        if self._signing or self._read() is not None:
            self.signing_key()

    def verification_key(self, kid: str) -> VerificationKey | None:
        """Return the key of that name while it counts; unknown ones cost one read a cool-down."""
        found = self._loaded.get().verifiers.get(kid) or self._loaded.newer().verifiers.get(kid)
        if found is None:
            return None
        entry, key = found
        return key if entry.verifies(self._world.now()) else None

    def jwks(self) -> JwkSet:
        """Return the JWK set to publish: public members only, the next key included (KM-2, KM-3)."""
        now = self._world.now()
        return {"keys": [dict(key.public_jwk) for key in self._loaded.get().ring.keys if key.verifies(now)]}

    def list(self) -> tuple[KeyInfo, ...]:
        """Return the keys, oldest first, as they stand in the store now."""
        ring, now = self._load().ring, self._world.now()
        return tuple(
            KeyInfo(
                kid=key.kid,
                alg=key.alg,
                state=ring.state(key, now),
                created_at=key.created_at,
                signs_from=key.signs_from,
                verifies_until=key.verifies_until,
            )
            for key in ring.keys
        )

    def rotate(
        self,
        *,
        emergency: bool = False,
        ahead_seconds: int = PUBLISH_AHEAD_SECONDS,
        noting: Noting | None = None,
    ) -> str:
        """Publish a new key that signs after so many seconds, never fewer than every cache needs, and return its kid.

        ``noting`` makes of the kid what the same commit writes down.

        In an emergency it signs at once and all others are removed: whoever holds a token has to refresh it,
        and the removed keys are taken nowhere after EMERGENCY_SECONDS. Invalid ``too_many_keys``.
        """
        ahead = 0 if emergency else max(ahead_seconds, PUBLISH_AHEAD_SECONDS)
        new = self._new_key(ahead=ahead)
        noted = noting(new.kid) if noting else ()

        def attempt() -> _Loaded:
            loaded = self._read() or self._start(self._new_key(ahead=0))
            if loaded.ring.has(new.kid):  # the reply to our own write was lost
                return loaded
            ring = KeySet((new,)) if emergency else loaded.ring.rotated(new, self._world.now())
            return self._replace(
                loaded.record, ring, *noted
            )  # another rotation may have followed: ours is done

        self._loaded.put(retrying(attempt, busy=Unavailable()))
        return new.kid

    def _load(self) -> _Loaded:
        """Read the ring; make it at first use; begin a rotation where the configured algorithm is another.

        While a key waits to sign nothing is begun, so two versions of a deployment do not rotate by turns
        (DP-4).
        """
        loaded = self._read() or self._start(self._new_key(ahead=0))
        newest, now = loaded.ring.newest(), self._world.now()
        if newest.alg == self._algorithm or newest.signs_from > now or loaded.ring.is_full(now):
            return loaded
        ring = loaded.ring.rotated(self._new_key(ahead=PUBLISH_AHEAD_SECONDS), now)
        try:
            return self._replace(loaded.record, ring)
        except Conflict:
            return self._read() or loaded

    def _read(self) -> _Loaded | None:
        (record,) = self._store.get(RING)
        return None if record is None else _parsed(record)

    def _start(self, first: KeyPair) -> _Loaded:
        """Insert the ring; of many that start at once all return the winner's (KM-4)."""
        with suppress(Conflict):
            self._store.commit(Insert(RING, KeySet((first,)).data()))
        loaded = self._read()
        if loaded is None:
            raise Unavailable
        return loaded

    def _replace(self, record: Record, ring: KeySet, *noted: Write) -> _Loaded:
        """Return the ring as it is once this one was written; raise Conflict where another was first."""
        self._store.commit(Replace(record, ring.data()), *noted)
        loaded = self._read()
        if loaded is None:
            raise Conflict([RING])
        return loaded

    def _new_key(self, *, ahead: int) -> KeyPair:
        from chalicelib.keys import private_keys

        new, now = private_keys.generate(self._algorithm), self._world.timestamp()
        return KeyPair(
            kid=new.kid,
            alg=new.alg,
            created_at=now,
            signs_from=now + ahead,
            verifies_until=None,
            public_jwk=new.public_jwk,
            private=self._wrapper.wrap(new.private_der, context=_context(new.kid)),
        )


def _parsed(record: Record) -> _Loaded:
    return _Loaded(record, KeySet.from_data(record.data))


def _context(kid: str) -> str:
    return f"signing:{kid}"
