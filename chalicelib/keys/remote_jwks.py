"""Verification keys from a published JWK set: of our own issuer (as deployed) or of a trusted one."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from chalicelib import logs
from chalicelib.errors import Unavailable
from chalicelib.jose import jwk
from chalicelib.jose.jwk import KeySet, VerificationKey
from chalicelib.jose.key_material import UnusableKey
from chalicelib.stale_cache import StaleIfErrorCache, Times
from chalicelib.world import World

JWKS_CACHE_SECONDS = (
    300  # max-age of our JWK set (a rotation waits for it), and how long we keep a fetched one
)
COOL_DOWN_SECONDS = 30  # at most one fetch in this time for unknown kids, however many there are (FD-6)
STALE_SECONDS = 3600  # how long the last good keys outlive an issuer out of reach (AV-3)

TIMES = Times(
    fresh_seconds=JWKS_CACHE_SECONDS, cool_down_seconds=COOL_DOWN_SECONDS, stale_seconds=STALE_SECONDS
)


class PublishedKeys:
    """The usable keys of one JWK set, cached. An answer that is no key set is trouble, like no answer."""

    def __init__(
        self, fetch_jwks: Callable[[], object], world: World, *, algorithms: AbstractSet[str] = jwk.ALGORITHMS
    ) -> None:
        self._fetch_jwks = fetch_jwks
        self._algorithms = algorithms
        self._keys = StaleIfErrorCache(self._load, world, TIMES)

    def verification_key(self, kid: str) -> VerificationKey | None:
        """Return the key of that name, looked for once more where it is unknown; None if there is none.

        Unavailable when the set could not be fetched and what is cached does not answer the question.
        """
        return self._keys.get().verification_key(kid) or self._keys.newer().verification_key(kid)

    def only_keys(self, alg: str) -> Iterator[VerificationKey]:
        """Yield the one key for an algorithm; then, where the caller goes on, that of a newer set if it is another."""
        held = tuple(self._keys.get().only_keys(alg))
        yield from held
        known = {key.material for key in held}
        yield from (key for key in self._keys.newer().only_keys(alg) if key.material not in known)

    def _load(self) -> KeySet:
        try:
            return jwk.read_set(self._fetch_jwks(), algorithms=self._algorithms)
        except Unavailable as trouble:
            logs.metric("KeyTrouble", reason=getattr(trouble, "reason", None))
            raise
        except UnusableKey as fault:
            logs.metric("KeyTrouble", reason=str(fault))
            raise Unavailable(f"The issuer's keys cannot be used: {fault}.") from fault


def discovery_url(issuer: str) -> str:
    """Return where an issuer's discovery document is (OpenID Connect Discovery section 4)."""
    return issuer.removesuffix("/") + "/.well-known/openid-configuration"


def own_document(document: object, *, issuer: str) -> Mapping[str, Any]:
    """Return a discovery document; Unavailable unless it names this very issuer, as a whole string (section 4.3)."""
    members: Mapping[str, Any] = document if isinstance(document, dict) else {}
    if members.get("issuer") != issuer:
        raise Unavailable("An issuer's discovery document is not its own.")
    return members
