"""Access tokens: what both kinds have in common, and the signed ones; :mod:`.bearer` is the doorway."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib import scopes
from chalicelib.errors import Invalid
from chalicelib.jose.claims import ACCESS_TOKEN_TYP, MAX_ACCESS_SECONDS, AccessClaims, view_audience
from chalicelib.sessions.session import Session
from chalicelib.store import Check, Key, Record, Write
from chalicelib.tokens.jwt_access_tokens import AccessVerifier, Signer, SigningKeys
from chalicelib.world import World

BEARER, DPOP = "Bearer", "DPoP"  # token types
MAX_ACCESS_TOKEN_CHARACTERS = 2048  # the gateway takes 10,240 octets of headers in all (TK-8)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token shall say: of whom, for which client, how far, and how the person proved it."""

    sub: str
    client_id: str
    scope: scopes.Scopes
    sid: str | None = None
    auth_time: int | None = None
    amr: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()  # the identifiers of other APIs; none: our own
    jkt: str | None = None  # the thumbprint of the key that it is bound to; None: whoever bears it
    act: str | None = None  # the subject of whoever acts for ``sub`` (RFC 8693 section 4.1)
    not_after: int | None = None  # when it ends at the latest, in seconds since the epoch
    seconds: int | None = None  # how long it lives; None: as long as is set

    @property
    def token_type(self) -> str:
        """Return how its token is shown (RFC 6750, RFC 9449 section 5)."""
        return BEARER if self.jkt is None else DPOP

    def life(self, *, now: int, seconds: int) -> int:
        """Return how many seconds its token lives."""
        wanted = self.seconds or seconds
        return wanted if self.not_after is None else min(wanted, self.not_after - now)

    @classmethod
    def of_session(
        cls,
        session: Session,
        scope: scopes.Scopes,
        audience: tuple[str, ...] = (),
        jkt: str | None = None,
    ) -> "Grant":
        """Return the grant of a session's tokens, so far."""
        return cls(
            sub=session.user_id,
            client_id=session.client_id,
            scope=scope,
            sid=session.session_id,
            auth_time=session.auth_time,
            amr=session.amr,
            audience=audience,
            jkt=jkt,
        )


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token, its life in seconds, what it opens, and what must be committed for it to work."""

    token: str
    expires_in: int
    scope: scopes.Scopes
    writes: tuple[Write, ...] = ()
    token_type: str = BEARER


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
        seconds = grant.life(now=iat, seconds=self._seconds)
        payload: dict[str, Any] = {
            "iss": self._issuer,
            "sub": grant.sub,
            "aud": self._spoken_audience(grant),
            "client_id": grant.client_id,
            "iat": iat,
            "exp": iat + seconds,
            "jti": self._world.identifier(),
            "scope": scopes.text(grant.scope),
        }
        personal = {"sid": grant.sid, "auth_time": grant.auth_time, "amr": list(grant.amr) or None}
        payload |= {name: value for name, value in personal.items() if value is not None}
        if grant.jkt is not None:
            payload["cnf"] = {"jkt": grant.jkt}
        if grant.act is not None:
            payload["act"] = {"sub": grant.act}
        token = self._signer.sign(ACCESS_TOKEN_TYP, payload)
        if len(token) > MAX_ACCESS_TOKEN_CHARACTERS:
            raise Invalid("The access token would be over 2 KB: ask for fewer scopes.", code="invalid_scope")
        return Issued(token, seconds, grant.scope, token_type=grant.token_type)

    def _spoken_audience(self, grant: Grant) -> str | list[str]:
        if grant.audience:
            return spoken(grant.audience)
        return self._audience if grant.act is None else view_audience(self._audience)

    def revoking(self, text: str) -> Write | None:  # noqa: ARG002
        """Return None: a signed token is verified without the store."""
        return None


def spoken(audience: tuple[str, ...]) -> str | list[str]:
    """Return the ``aud`` of a token for these APIs: one as a string, as most verifiers know it (RFC 7519 section 4.1.3)."""
    return audience[0] if len(audience) == 1 else list(audience)
