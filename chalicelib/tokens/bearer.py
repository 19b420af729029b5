"""The one doorway for bearer tokens: nothing else in the program looks at one.

It stands apart from the making of tokens because the deployed authorizer loads this and no more.
"""

from collections.abc import Callable
from typing import Protocol

from chalicelib.errors import InvalidToken
from chalicelib.jose import jws
from chalicelib.jose.claims import FIRST_PARTY, AccessClaims

OPAQUE_PREFIX = "cba_"


class Verifier(Protocol):
    """Reads one kind of bearer token."""

    def verify(self, text: str) -> AccessClaims:
        """Return the claims of a good token or raise InvalidToken."""


class BearerTokens:
    """Sends each token to the one verifier that may judge it, by its form and its issuer.

    Which kind is ours is a setting: with ``opaque`` a signed token of ours opens nothing, and the other way round.
    """

    def __init__(
        self,
        *,
        issuer: str,
        ours: Callable[[], Verifier],
        opaque: bool,
        trusted: Callable[[], Verifier] | None,
    ) -> None:
        self._issuer = issuer
        self._ours = ours
        self._opaque = opaque
        self._trusted = trusted

    def verify(self, text: str) -> AccessClaims:
        """Return the claims of a good token; raise InvalidToken for any other, Unavailable when that cannot be decided."""
        if text.startswith(OPAQUE_PREFIX):
            if not self._opaque:
                raise InvalidToken("opaque tokens are not in use")
            return self._ours().verify(text)
        if self._trusted is None:
            return self._our_own_jwt(text)
        issuer = jws.parse(text).payload.get("iss")
        return self._our_own_jwt(text) if issuer == self._issuer else self._trusted().verify(text)

    def _our_own_jwt(self, text: str) -> AccessClaims:
        if self._opaque:
            raise InvalidToken("signed tokens of ours are not in use")
        return self._ours().verify(text)

    def is_own(self, claims: AccessClaims) -> bool:
        """Return whether this is our first-party token for a person: what account routes demand."""
        return claims.iss == self._issuer and claims.client_id == FIRST_PARTY and claims.sid is not None
