"""Opaque access tokens: a random text, and all that it stands for in the store.

One that is for another API has a prefix of its own: where our own routes are guarded it is not even looked up.
"""

import re

from chalicelib.errors import InvalidToken
from chalicelib.jose.claims import FIRST_PARTY, AccessClaims
from chalicelib.keys.secret_hash import hash_of
from chalicelib.store import Forget, Insert, Key, Store, Write
from chalicelib.tokens.access_tokens import Grant, Issued, Standing
from chalicelib.tokens.bearer import OPAQUE_PREFIX
from chalicelib.world import World

OTHER_API_PREFIX = "cbo_"

# Whom it is of stands in it, so that one batch reads the token and all that it depends on. Our first party is left out.
_OPAQUE = re.compile(
    r"cb[ao]_(?P<user_id>[A-Za-z0-9][A-Za-z0-9_-]{0,63}|-)\.(?P<session_id>[a-z2-7]{26}|-)(?:\.(?P<client_id>[a-z2-7]{26}))?"
    r"\.[A-Za-z0-9_-]{43}"
)


class OpaqueAccess:
    """Stored tokens: kept by hash, looked up with all that they depend on at every verification."""

    def __init__(self, store: Store, world: World, *, issuer: str, seconds: int, standing: Standing) -> None:
        self._store = store
        self._world = world
        self._issuer = issuer
        self._seconds = seconds
        self._standing = standing

    def issue(self, grant: Grant) -> Issued:
        """Return a random token and the write that makes it good."""
        now = self._world.timestamp()
        seconds = grant.life(now=now, seconds=self._seconds)
        whose = (grant.sub, grant.sid) if grant.sid else ("-", "-")
        client = () if grant.client_id == FIRST_PARTY else (grant.client_id,)
        prefix = OTHER_API_PREFIX if grant.audience else OPAQUE_PREFIX
        text = prefix + ".".join((*whose, *client, self._world.secret()))
        data = {
            "sub": grant.sub,
            "client_id": grant.client_id,
            "scope": sorted(grant.scope),
            "sid": grant.sid,
            "auth_time": grant.auth_time,
            "amr": list(grant.amr),
            "iat": now,
            "jti": self._world.identifier(),
        }
        if grant.audience:
            data["aud"] = list(grant.audience)
        if grant.jkt is not None:
            data["jkt"] = grant.jkt
        if grant.act is not None:
            data["act"] = grant.act
        insert = Insert(_opaque_key(text), data, expires_at=now + seconds)
        return Issued(text, seconds, grant.scope, (insert,), grant.token_type)

    def revoking(self, text: str) -> Write | None:
        """Return the write that forgets the token."""
        return Forget(_opaque_key(text))

    def verify(self, text: str) -> AccessClaims:
        """Return what the stored token says and still holds, while all that it depends on goes on; one read (M8)."""
        claims = self.verify_for_any_api(text)
        if claims.aud:
            raise InvalidToken("it is for another audience")
        return claims

    def verify_for_any_api(self, text: str) -> AccessClaims:
        """Return the same of a token that may be for another API: ``aud`` names it."""
        match = _OPAQUE.fullmatch(text)
        if match is None:
            raise InvalidToken("not in the form of an opaque token")
        sid = None if match["session_id"] == "-" else match["session_id"]
        client_id = match["client_id"] or FIRST_PARTY
        token, *records = self._store.get(
            _opaque_key(text), *self._standing.keys(match["user_id"], sid, client_id)
        )
        if token is None or token.expires_at is None:
            raise InvalidToken("unknown, expired or revoked")
        data = token.data
        if data["client_id"] != client_id:
            raise InvalidToken("it does not name its client, as those of an earlier release")
        claims = AccessClaims(
            iss=self._issuer,
            sub=data["sub"],
            client_id=client_id,
            scope=frozenset(data["scope"]),
            iat=data["iat"],
            exp=token.expires_at,
            jti=data["jti"],
            sid=data["sid"],
            auth_time=data["auth_time"],
            amr=tuple(data["amr"]),
            name=None,
            aud=tuple(data.get("aud", ())),
            jkt=data.get("jkt"),
            act=data.get("act"),
        )
        return self._standing.judged(claims, records)


def _opaque_key(text: str) -> Key:
    return Key(f"access#{hash_of(text)}", "token")
