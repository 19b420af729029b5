"""Tokens verified a moment ago: one text need not be verified twice while nothing about it has changed."""

from collections import OrderedDict
from threading import Lock

from chalicelib.jose.claims import AccessClaims, is_alive
from chalicelib.jose.jwk import Keys, VerificationKey

MAX_REMEMBERED = 512  # of about 3 KB each, within the authorizer's 128 MB


class VerifiedTokenCache:
    """A bounded memory, oldest out first. What it gives is as good as a new verification would be."""

    def __init__(self) -> None:
        self._tokens: OrderedDict[str, tuple[AccessClaims, VerificationKey, Keys]] = OrderedDict()
        self._lock = Lock()

    def get(self, text: str, *, now: float) -> AccessClaims | None:
        """Return the claims if the text was verified before, is alive and its very key is still in use."""
        found = self._tokens.get(text)
        if found is None:
            return None
        claims, key, keys = found
        if is_alive(now=now, exp=claims.exp) and keys.verification_key(key.kid) is key:
            return claims
        with self._lock:
            self._tokens.pop(text, None)
        return None

    def put(self, text: str, claims: AccessClaims, *, key: VerificationKey, keys: Keys) -> None:
        """Remember a token just verified by ``key``, one of ``keys``."""
        with self._lock:
            if len(self._tokens) >= MAX_REMEMBERED:
                self._tokens.popitem(last=False)  # a dict would search for its first one
            self._tokens[text] = (claims, key, keys)
