"""Access tokens of both kinds: ``issue`` one for a log-in, look a stored one up; :mod:`.bearer` is the doorway."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib import scopes
from chalicelib.errors import Invalid, InvalidToken
from chalicelib.jose.claims import ACCESS_TOKEN_TYP, FIRST_PARTY, MAX_ACCESS_SECONDS, AccessClaims
from chalicelib.keys.secret_hash import hash_of
from chalicelib.sessions.session import Session
from chalicelib.store import Check, Forget, Insert, Key, Record, Store, Write
from chalicelib.tokens.bearer import OPAQUE_PREFIX
from chalicelib.tokens.jwt_access_tokens import AccessVerifier, Signer, SigningKeys
from chalicelib.world import World

MAX_ACCESS_TOKEN_CHARACTERS = 2048  # the gateway takes 10,240 octets of headers in all (TK-8)

# Whom it is of stands in it, so that one batch reads the token and all that it depends on. Our first party is left out.
_OPAQUE = re.compile(
    r"cba_(?P<user_id>[a-z2-7]{26}|-)\.(?P<session_id>[a-z2-7]{26}|-)(?:\.(?P<client_id>[a-z2-7]{26}))?\.[A-Za-z0-9_-]{43}"
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token shall say: of whom, for which client, how far, and how the person proved it."""

    sub: str
    client_id: str
    scope: scopes.Scopes
    sid: str | None = None
    auth_time: int | None = None
    amr: tuple[str, ...] = ()

    @classmethod
    def of_session(cls, session: Session, scope: scopes.Scopes) -> "Grant":
        """Return the grant of a session's tokens, so far."""
        return cls(
            sub=session.user_id,
            client_id=session.client_id,
            scope=scope,
            sid=session.session_id,
            auth_time=session.auth_time,
            amr=session.amr,
        )


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token, its life in seconds, and what must be committed for it to work."""

    token: str
    expires_in: int
    writes: tuple[Write, ...] = ()


class AccessTokenIssuer(Protocol):
    """Makes access tokens: signed ones or stored ones."""

    def issue(self, grant: Grant) -> Issued:
        """Return a new token for a grant."""

    def revoking(self, text: str) -> Write | None:
        """Return the write that revokes this one token, or None where only its end does."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a token may do now, and the demand that nothing of it changes, for the commit that relies on it."""

    claims: AccessClaims
    checks: tuple[Check, ...]


class Standing(Protocol):
    """Judges what a token may do by what its person, log-in, client and consent are now."""

    def keys(self, sub: str, sid: str | None, client_id: str) -> tuple[Key, ...]:
        """Return what has to be read for it."""

    def judged(self, claims: AccessClaims, records: Sequence[Record | None]) -> AccessClaims:
        """Return the claims as far as they are held now, by those records; raise InvalidToken."""

    def look(self, claims: AccessClaims) -> Held:
        """Return what a token of ours may do now, by one read; raise InvalidToken."""


class JwtAccess:
    """Signed tokens (RFC 9068): verified without the store, so a revocation acts when the token ends.

    ``seconds`` is their life.
    """

    def __init__(self, keys: SigningKeys, world: World, *, issuer: str, audience: str, seconds: int) -> None:
        if not 0 < seconds <= MAX_ACCESS_SECONDS:
            raise ValueError(f"an access token lives 1 to {MAX_ACCESS_SECONDS} seconds")
        self._signer = Signer(keys)
        self._world = world
        self._issuer = issuer
        self._audience = audience
        self._seconds = seconds
        self.verify = AccessVerifier(keys, world, issuer=issuer, audience=audience).verify

    def issue(self, grant: Grant) -> Issued:
        """Return a signed token (RFC 9068 section 2); nothing is stored. Invalid ``invalid_scope`` when over 2 KB."""
        iat = self._world.timestamp()
        payload: dict[str, Any] = {
            "iss": self._issuer,
            "sub": grant.sub,
            "aud": self._audience,
            "client_id": grant.client_id,
            "iat": iat,
            "exp": iat + self._seconds,
            "jti": self._world.identifier(),
            "scope": scopes.text(grant.scope),
        }
        personal = {"sid": grant.sid, "auth_time": grant.auth_time, "amr": list(grant.amr) or None}
        payload |= {name: value for name, value in personal.items() if value is not None}
        token = self._signer.sign(ACCESS_TOKEN_TYP, payload)
        if len(token) > MAX_ACCESS_TOKEN_CHARACTERS:
            raise Invalid("The access token would be over 2 KB: ask for fewer scopes.", code="invalid_scope")
        return Issued(token, self._seconds)

    def revoking(self, text: str) -> Write | None:  # noqa: ARG002
        """Return None: a signed token is verified without the store."""
        return None


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
        whose = (grant.sub, grant.sid) if grant.sid else ("-", "-")
        client = () if grant.client_id == FIRST_PARTY else (grant.client_id,)
        text = OPAQUE_PREFIX + ".".join((*whose, *client, self._world.secret()))
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
        insert = Insert(_opaque_key(text), data, expires_at=now + self._seconds)
        return Issued(text, self._seconds, (insert,))

    def revoking(self, text: str) -> Write | None:
        """Return the write that forgets the token."""
        return Forget(_opaque_key(text))

    def verify(self, text: str) -> AccessClaims:
        """Return what the stored token says and still holds, while all that it depends on goes on; one read (M8)."""
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
        )
        return self._standing.judged(claims, records)


def _opaque_key(text: str) -> Key:
    return Key(f"access#{hash_of(text)}", "token")
