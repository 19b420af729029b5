"""Introspection (RFC 7662) and revocation (RFC 7009): what a token is, and that it be no more (OP-8)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib import scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import InvalidToken, NotFound
from chalicelib.jose.claims import AccessClaims
from chalicelib.oauth.client import Client
from chalicelib.oauth.consents import Consents
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.resource_indicators import spoken_for
from chalicelib.oauth.resources import Resources
from chalicelib.oauth.standing import Standing
from chalicelib.oauth.token_issuance import granted
from chalicelib.sessions import assurance
from chalicelib.sessions.refresh_tokens import PREFIX as REFRESH_PREFIX
from chalicelib.sessions.refresh_tokens import RefreshTokens
from chalicelib.sessions.session import Session
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Store
from chalicelib.tokens.access_tokens import BEARER, DPOP, AccessTokenIssuer, spoken
from chalicelib.tokens.bearer import OPAQUE_PREFIX
from chalicelib.tokens.opaque_access_tokens import OTHER_API_PREFIX

INACTIVE: dict[str, Any] = {"active": False}  # nothing else is said (RFC 7662 section 2.2)


@dataclass(frozen=True, slots=True)
class ShownTokens:
    """Reads the tokens that clients show: what each is now."""

    issuer: str
    sessions: Sessions
    refresh_tokens: RefreshTokens
    verify: Callable[[str], AccessClaims]  # of tokens of ours, whichever API they are for
    standing: Standing

    def session(self, text: str) -> Session | None:
        """Return the session of a refresh token, going on or not."""
        token = self.refresh_tokens.read(text)
        if token is None:
            return None
        _, session = self.sessions.read(token.user_id, token.session_id)
        if session is None or not session.has_secret(token.secret):
            return None
        return session

    def claims(self, text: str) -> AccessClaims | None:
        """Return what an access token of ours says and still holds; a stored one was looked at as it was verified."""
        try:
            claims = self.verify(text)
            if claims.iss != self.issuer:
                return None
            is_stored = text.startswith((OPAQUE_PREFIX, OTHER_API_PREFIX))
            return claims if is_stored else self.standing.look(claims).claims
        except InvalidToken:
            return None


@dataclass(frozen=True, slots=True)
class Inspection:
    """Introspects and revokes tokens."""

    audience: str
    store: Store
    shown: ShownTokens
    access: AccessTokenIssuer
    consents: Consents
    resources: Resources
    audit: Audit

    def introspect(self, text: str, client: Client) -> dict[str, Any]:
        """Return what a token is now, to its own client or, an access token, to a resource server."""
        if text.startswith(REFRESH_PREFIX):
            return self._refresh_token(text, client)
        claims = self.shown.claims(text)
        audience = None if claims is None else _concerning(claims, client)
        if claims is None or audience is None:
            return INACTIVE
        if not claims.aud:
            return _response(claims, self.audience)
        understood = self._understood(audience)
        if understood is None:
            return INACTIVE
        return _response(claims.with_scope(claims.scope & understood), spoken(claims.aud))

    def _understood(self, audience: tuple[str, ...]) -> scopes.Scopes | None:
        """Return the scopes that these APIs understand now, None where one is registered no more."""
        found = self.resources.find(*audience)
        here = [each for each in found if each is not None]
        return None if len(here) < len(found) else scopes.NONE.union(*(each.scope_names for each in here))

    def revoke(self, text: str, client: Client, *, source: Source) -> None:
        """End the session that a token is of, or a stored one of a machine or a service; an unknown one is revoked already.

        Raises OAuthRefusal for another client's token, and for a machine's signed one, which only its end revokes
        (RFC 7009 sections 2.1 and 2.2).
        """
        if text.startswith(REFRESH_PREFIX):
            session = self.shown.session(text)
            if session is not None:
                self._end(session.client_id, session.user_id, session.session_id, client, source)
            return
        claims = self.shown.claims(text)
        if claims is None:
            return
        if (claims.sid is None or claims.act is not None) and claims.client_id == client.client_id:
            self._revoke_alone(text, client, source)
            return
        self._end(claims.client_id, claims.sub, claims.sid or "-", client, source)

    def _revoke_alone(self, text: str, client: Client, source: Source) -> None:
        forget = self.access.revoking(text)
        if forget is None:
            raise OAuthRefusal(
                "unsupported_token_type",
                "A machine's or a service's signed access token ends by itself, within minutes.",
            )
        self.store.commit(forget, self.audit.write("token_revoked", target=client.subject, source=source))

    def _end(self, owner: str, user_id: str, session_id: str, client: Client, source: Source) -> None:
        if owner != client.client_id:
            raise OAuthRefusal("unauthorized_client", "The token was issued to another client.")
        try:
            self.shown.sessions.end(user_id, session_id, source=source, telling=False)
        except NotFound:
            return

    def _refresh_token(self, text: str, client: Client) -> dict[str, Any]:
        session = self.shown.session(text)
        if session is None or session.client_id != client.client_id:
            return INACTIVE
        live = self.shown.sessions.find_live(session.user_id, session.session_id)
        if live is None:
            return INACTIVE
        user, session = live.user, live.session
        consent = self.consents.find(user.user_id, client.client_id)
        if consent is None or not consent.covers(session):
            return INACTIVE  # as a refresh is refused (SE-4)
        return {
            "active": True,
            "iss": self.shown.issuer,
            "sub": user.user_id,
            "client_id": session.client_id,
            "scope": scopes.text(granted(user, session, client, limits=self.shown.sessions.limits)),
            "iat": session.created_at,
            "exp": session.created_at + self.shown.sessions.limits.absolute,
            "sid": session.session_id,
            **_confirmation(session.dpop_jkt),
        }


def _confirmation(jkt: str | None) -> dict[str, Any]:
    """Return the key that a token is bound to (RFC 9449 section 6.2), nothing of a bearer token."""
    return {} if jkt is None else {"cnf": {"jkt": jkt}}


def _concerning(claims: AccessClaims, client: Client) -> tuple[str, ...] | None:
    """Return the APIs that a client is told of: all of its own token, of others' those it speaks for; None: not its business."""
    return claims.aud if claims.client_id == client.client_id else spoken_for(client, claims.aud)


def _response(claims: AccessClaims, audience: str | list[str]) -> dict[str, Any]:
    response: dict[str, Any] = {
        "active": True,
        "token_type": BEARER if claims.jkt is None else DPOP,
        "iss": claims.iss,
        "aud": audience,
        "sub": claims.sub,
        "client_id": claims.client_id,
        "scope": " ".join(sorted(claims.scope)),
        "iat": claims.iat,
        "exp": claims.exp,
        **_confirmation(claims.jkt),
    }
    acr = (
        assurance.acr(claims.amr) if claims.sid is not None else None
    )  # a machine's has none (RFC 9470 section 6.2)
    act = None if claims.act is None else {"sub": claims.act}
    further = {"act": act, "jti": claims.jti, "sid": claims.sid, "auth_time": claims.auth_time, "acr": acr}
    return response | {name: value for name, value in further.items() if value is not None}
