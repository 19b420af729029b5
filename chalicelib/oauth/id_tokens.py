"""ID tokens (OpenID Connect Core section 2): who logged in, when and how, for one client."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import InvalidToken
from chalicelib.jose.claims import Claims
from chalicelib.jose.id_token import ID_TOKEN_TYP, half_hash
from chalicelib.sessions import assurance
from chalicelib.sessions.session import Session
from chalicelib.tokens.jwt_access_tokens import Signer, SigningKeys, verify_kind
from chalicelib.world import World

SECONDS = 600  # it is read once, at the log-in


@dataclass(frozen=True, slots=True)
class Hint:
    """What an ID token of ours says, whenever it was issued: whose it is, of which session, for which client."""

    sub: str
    client_id: str
    session_id: str | None


class IdTokens:
    """Mints ID tokens, and reads them back as hints."""

    def __init__(self, keys: SigningKeys, world: World, *, issuer: str) -> None:
        self._keys = keys
        self._signer = Signer(keys)
        self._world = world
        self._issuer = issuer

    def mint(self, session: Session, *, access_token: str, nonce: str | None, more: Mapping[str, Any]) -> str:
        """Return the ID token of a client's session, bound to the access token that goes with it; ``more`` is of its person."""
        now = self._world.timestamp()
        payload: dict[str, Any] = {
            **more,
            "iss": self._issuer,
            "sub": session.user_id,
            "aud": session.client_id,
            "iat": now,
            "exp": now + SECONDS,
            "auth_time": session.auth_time,
            "acr": assurance.acr(session.amr, session.acr_values),
            "amr": list(session.amr),
            "sid": session.session_id,
            "at_hash": half_hash(access_token, alg=self._keys.signing_key().alg),
        }
        if nonce is not None:
            payload["nonce"] = nonce
        return self._signer.sign(ID_TOKEN_TYP, payload)

    def hint(self, text: str) -> Hint | None:
        """Return what an ``id_token_hint`` says; its expiry does not matter (OIDC RP-Initiated Logout section 4)."""
        try:
            payload, _ = verify_kind(text, self._keys, typ=ID_TOKEN_TYP)
        except InvalidToken:
            return None
        return _as_hint(payload) if payload.get("iss") == self._issuer else None


def _as_hint(payload: Claims) -> Hint | None:
    sub, aud, sid = payload.get("sub"), payload.get("aud"), payload.get("sid")
    if not isinstance(sub, str) or not isinstance(aud, str):
        return None
    return Hint(sub=sub, client_id=aud, session_id=sid if isinstance(sid, str) else None)
