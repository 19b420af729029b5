"""The access tokens that we made for other APIs: read to tell about them, never to let their bearer in here.

:mod:`.bearer` is the doorway of our own routes and refuses every one of them.
"""

from collections.abc import Callable

from chalicelib.errors import InvalidToken
from chalicelib.jose import jws
from chalicelib.jose.claims import AccessClaims
from chalicelib.jose.jwk import Keys
from chalicelib.tokens.bearer import OPAQUE_PREFIX, BearerTokens
from chalicelib.tokens.jwt_access_tokens import AccessVerifier
from chalicelib.tokens.opaque_access_tokens import OTHER_API_PREFIX, OpaqueAccess
from chalicelib.world import World


class TokensForAnyApi:
    """Verifies a token of ours, whichever API it is for: ``aud`` of its claims names it, unless it is our own."""

    def __init__(
        self,
        bearer: BearerTokens,
        keys: Keys,
        world: World,
        *,
        issuer: str,
        audience: str,
        stored: Callable[[], OpaqueAccess] | None,
    ) -> None:
        self._bearer = bearer
        self._keys = keys
        self._world = world
        self._issuer = issuer
        self._audience = audience
        self._stored = stored  # None where tokens are signed

    def verify(self, text: str) -> AccessClaims:
        """Return the claims of a good token; raise InvalidToken for any other, an operator's view too: that is for us alone."""
        if text.startswith(OTHER_API_PREFIX):
            if self._stored is None:
                raise InvalidToken("opaque tokens are not in use")
            return self._stored().verify_for_any_api(text)
        others = () if self._stored or text.startswith(OPAQUE_PREFIX) else self._others(text)
        if not others:
            claims = self._bearer.verify(text)
            if claims.is_view:
                raise InvalidToken("it is an operator's view, for our own routes alone")
            return claims
        verifier = AccessVerifier(self._keys, self._world, issuer=self._issuer, audience=others[0])
        return AccessClaims(**(vars(verifier.verify(text)) | {"aud": others}))

    def _others(self, text: str) -> tuple[str, ...]:
        """Return the other APIs that a signed token of ours says it is for; nothing of it is verified yet."""
        payload = jws.parse(text).payload
        aud = payload.get("aud")
        named = aud if isinstance(aud, list) else [aud]
        if payload.get("iss") != self._issuer or self._audience in named:
            return ()
        return tuple(each for each in named if isinstance(each, str))
