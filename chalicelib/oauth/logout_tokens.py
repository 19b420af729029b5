"""Logout tokens: a signed word to one client that a log-in is over (OpenID Connect Back-Channel Logout 1.0 section 2.4)."""

from typing import Any

from chalicelib.tokens.jwt_access_tokens import Signer, SigningKeys
from chalicelib.world import World

TYP = "logout+jwt"
SECONDS = 120  # the longest that section 2.4 recommends; each try has a token of its own
EVENT = "http://schemas.openid.net/event/backchannel-logout"


class LogoutTokens:
    """Mints them."""

    def __init__(self, keys: SigningKeys, world: World, *, issuer: str) -> None:
        self._signer = Signer(keys)
        self._world = world
        self._issuer = issuer

    def mint(self, *, client_id: str, user_id: str, session_id: str) -> str:
        """Return the token that tells a client that one of its sessions is over.

        It holds no ``nonce``, so that it never passes for an ID token, and always ``sub`` and ``sid``.
        """
        now = self._world.timestamp()
        payload: dict[str, Any] = {
            "iss": self._issuer,
            "sub": user_id,
            "aud": client_id,
            "iat": now,
            "exp": now + SECONDS,
            "jti": self._world.identifier(),
            "events": {EVENT: {}},
            "sid": session_id,
        }
        return self._signer.sign(TYP, payload)
