"""Access tokens of both kinds: ``issue`` one for a log-in, look a stored one up; :mod:`chalicelib.bearer` is the doorway."""

import re
from dataclasses import dataclass
from typing import Protocol

from chalicelib import scopes
from chalicelib.bearer import FIRST_PARTY, OPAQUE_PREFIX
from chalicelib.claims import AccessClaims
from chalicelib.errors import InvalidToken
from chalicelib.refresh_tokens import hash_of
from chalicelib.session import Session, SessionLimits, over, session_key
from chalicelib.store import Insert, Key, Store, Write
from chalicelib.user import User, profile_key
from chalicelib.world import World

__all__ = [
    "FIRST_PARTY",
    "OPAQUE_PREFIX",
    "AccessTokenIssuer",
    "Grant",
    "Issued",
    "JwtAccess",
    "OpaqueAccess",
]

_OPAQUE = re.compile(r"cba_(?P<user_id>[a-z2-7]{26}|-)\.(?P<session_id>[a-z2-7]{26}|-)\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token shall say: of whom, for which client, how far, and how the person proved it."""

    sub: str
    client_id: str
    scope: scopes.Scopes
    sid: str | None = None
    auth_time: int | None = None
    amr: tuple[str, ...] = ()


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


class Mint(Protocol):
    """The signing half of :class:`chalicelib.tokens.AccessTokens`."""

    seconds: int

    def mint(
        self,
        *,
        sub: str,
        client_id: str,
        scope: scopes.Scopes,
        sid: str | None = None,
        auth_time: int | None = None,
        amr: tuple[str, ...] = (),
    ) -> str:
        """Return a signed token."""


class JwtAccess:
    """Signed tokens: verified without the store, so a revocation acts when the token ends."""

    def __init__(self, tokens: Mint) -> None:
        self._tokens = tokens

    def issue(self, grant: Grant) -> Issued:
        """Return a signed token; nothing is stored."""
        token = self._tokens.mint(
            sub=grant.sub,
            client_id=grant.client_id,
            scope=grant.scope,
            sid=grant.sid,
            auth_time=grant.auth_time,
            amr=grant.amr,
        )
        return Issued(token, self._tokens.seconds)


class OpaqueAccess:
    """Stored tokens: kept by hash, looked up with their user and session at every verification."""

    def __init__(
        self, store: Store, world: World, *, issuer: str, seconds: int, limits: SessionLimits
    ) -> None:
        self._store = store
        self._world = world
        self._issuer = issuer
        self._seconds = seconds
        self._limits = limits

    def issue(self, grant: Grant) -> Issued:
        """Return a random token and the write that makes it good."""
        now = self._world.timestamp()
        text = f"{OPAQUE_PREFIX}{grant.sub if grant.sid else '-'}.{grant.sid or '-'}.{self._world.secret()}"
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

    def verify(self, text: str) -> AccessClaims:
        """Return what the stored token says while its user and session go on; one read (M8)."""
        match = _OPAQUE.fullmatch(text)
        if match is None:
            raise InvalidToken("not in the form of an opaque token")
        user_id, session_id = match["user_id"], match["session_id"]
        token, user, session = self._store.get(
            _opaque_key(text), profile_key(user_id), session_key(user_id, session_id)
        )
        if token is None or token.expires_at is None:
            raise InvalidToken("unknown, expired or revoked")
        data = token.data
        if data["sid"] is not None:
            reason = over(
                Session.from_record(session) if session else None,
                User.from_record(user) if user else None,
                now=self._world.now(),
                limits=self._limits,
            )
            if reason is not None:
                raise InvalidToken(f"its session is over: {reason}")
        return AccessClaims(
            iss=self._issuer,
            sub=data["sub"],
            client_id=data["client_id"],
            scope=frozenset(data["scope"]),
            iat=data["iat"],
            exp=token.expires_at,
            jti=data["jti"],
            sid=data["sid"],
            auth_time=data["auth_time"],
            amr=tuple(data["amr"]),
            name=None,
        )


def _opaque_key(text: str) -> Key:
    return Key(f"access#{hash_of(text)}", "token")
