"""What a client gets in a person's name: a session of its own for that person, and the tokens of it.

Everything that was agreed is read again here and demanded in the same commit that spends the code or the approval:
the person, the log-in that it came from, and the consent. What changed meanwhile leaves nothing issued (ST-2, SE-4).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from chalicelib import scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import RefreshRefused, Taken
from chalicelib.oauth.approval import Approval
from chalicelib.oauth.client import REFRESH_TOKEN, Client
from chalicelib.oauth.consents import Consents
from chalicelib.oauth.errors import invalid_grant
from chalicelib.oauth.id_tokens import IdTokens
from chalicelib.oauth.person_claims import person_claims
from chalicelib.oauth.resource_indicators import ResourceIndicators
from chalicelib.sessions.refresh_rotation import Moved
from chalicelib.sessions.resource_scopes import resources_of, scopes_at
from chalicelib.sessions.session import LiveSession, Session, SessionLimits, SessionRequest, session_key
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Check, Conflict, Record, Store, Write, key_of
from chalicelib.store.retrying import retrying
from chalicelib.tokens.access_tokens import BEARER, AccessTokenIssuer, Grant, Issued
from chalicelib.users.user import User


@dataclass(frozen=True, slots=True)
class Asked:
    """What a token request asks for beside its grant: less of the scope, some of the APIs (RFC 8707 section 2.2).

    And the key that it proves to have (RFC 9449), by its thumbprint: None for bearer tokens.
    """

    scope: scopes.Scopes | None = None
    resources: tuple[str, ...] = ()
    jkt: str | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The body of a token answer (RFC 6749 section 5.1). ``expires_in`` is seconds."""

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None
    token_type: str = BEARER
    issued_token_type: str | None = None  # of an exchange (RFC 8693 section 2.2.1)


class LostRace(Exception):  # noqa: N818 - the ordinary end of one
    """Another spent the code or the approval first."""


@dataclass(frozen=True, slots=True)
class Issuing:
    """Begins clients' sessions and carries them on."""

    store: Store
    sessions: Sessions
    access: AccessTokenIssuer
    consents: Consents
    id_tokens: IdTokens
    indicators: ResourceIndicators
    audit: Audit

    def begin(
        self,
        agreed: Approval,
        client: Client,
        asked: Asked,
        *,
        spend: Callable[[str], Write],
        nonce: str | None = None,
        source: Source,
    ) -> Tokens:
        """Begin a session for what was agreed, in one commit with ``spend(session_id)``.

        Raises OAuthRefusal ``invalid_grant`` when the log-in or the consent is over, ``invalid_target`` for an API that
        was not agreed to, LostRace when spent already.
        """

        def attempt() -> Tokens:
            live, sessions, demanded = self._read_again(agreed, client)
            user, login = live.user, live.session
            bound_to = asked.jkt if client.public else None
            wanted = replace(_wanted(agreed, client, login, source), existing=sessions, dpop_jkt=bound_to)
            session, refresh_token, writes = self.sessions.compose(user, wanted)
            scope = granted(user, session, client, limits=self.sessions.limits)
            issued = self._issued(session, scope, asked)
            answer = self._answer(
                Moved(user, session, refresh_token, (issued, scope)),
                client,
                nonce=nonce,
                named=agreed.id_token_claims,
            )
            spent = spend(session.session_id)
            detail = {
                "session_id": session.session_id,
                "client_id": client.client_id,
                "client": client.called,
            }
            audit = self.audit.write("log_in", target=user.user_id, source=source, **detail)
            try:
                self.sessions.commit(spent, *demanded, *writes, *issued.writes, audit)
            except Conflict as conflict:
                if key_of(spent) in conflict.keys:
                    raise LostRace from None
                raise
            return answer

        return retrying(attempt, busy=Taken("The account is being changed by others: try again."))

    def carry_on(self, refresh_token: str, client: Client, asked: Asked, *, source: Source) -> Tokens:
        """Spend a refresh token of this client; what is ``asked`` may only narrow. Raises RefreshRefused.

        The consent is read at each try and demanded in the commit, of a forgiven replay too (SE-3, SE-4). A token that is
        bound to a key counts with that key alone.
        """

        def issue(user: User, session: Session) -> tuple[tuple[Issued, scopes.Scopes], Iterable[Write]]:
            if session.dpop_jkt not in (None, asked.jkt):
                raise invalid_grant("The refresh token is bound to another key than the DPoP proof's.")
            consent = self.consents.find(user.user_id, client.client_id)
            if consent is None or consent.record is None or not consent.covers(session):
                raise RefreshRefused("revoked")
            scope = granted(user, session, client, limits=self.sessions.limits, wanted=asked.scope)
            issued = self._issued(session, scope, asked)
            return (issued, scope), (Check(consent.record), *issued.writes)

        moved = self.sessions.refresh(refresh_token, client_id=client.client_id, source=source, issue=issue)
        return self._answer(moved, client)

    def _issued(self, session: Session, scope: scopes.Scopes, asked: Asked) -> Issued:
        """Return the access token of a session: for other APIs it carries what each of them understands, and no more."""
        audience = self.indicators.narrowed(session.audience, asked.resources)
        carried = scope & scopes_at(audience) if audience else scope
        return self.access.issue(Grant.of_session(session, carried, resources_of(audience), asked.jkt))

    def _read_again(
        self, agreed: Approval, client: Client
    ) -> tuple[LiveSession, tuple[Record, ...], tuple[Write, ...]]:
        """Return the log-in with its person, all sessions, and the demand that nothing of it changes; or it notes the client."""
        user, sessions = self.sessions.read_all(agreed.user_id)
        key = session_key(agreed.user_id, agreed.login_id)
        login = next((Session.from_record(record) for record in sessions if record.key == key), None)
        live = self.sessions.live_of(user, login)
        if live is None:
            raise invalid_grant("The log-in that this came from is over.")
        consent = self.consents.find(agreed.user_id, client.client_id)
        is_it = consent is not None and consent.consent_id == agreed.consent_id
        if consent is None or not is_it or not consent.allows(agreed.scope, agreed.audience):
            raise invalid_grant("The consent was withdrawn.")
        unchanged = (Check(consent.record),) if consent.record else ()
        return live, sessions, (*self.sessions.holding(live, for_told=client.is_told), *unchanged)

    def _answer(
        self, moved: Moved, client: Client, *, nonce: str | None = None, named: tuple[str, ...] = ()
    ) -> Tokens:
        """Return what the client gets; its ID token holds the ``named`` claims, or all of a client that reads it."""
        issued, scope = moved.extra
        known = person_claims(moved.user, scope)
        told = known if client.reads_id_token else {name: known[name] for name in named if name in known}
        return Tokens(
            access_token=issued.token,
            expires_in=issued.expires_in,
            scope=scopes.text(issued.scope),
            refresh_token=moved.refresh_token if client.may(REFRESH_TOKEN) else None,
            id_token=self.id_tokens.mint(moved.session, access_token=issued.token, nonce=nonce, more=told)
            if "openid" in scope
            else None,
            token_type=issued.token_type,
        )


def _wanted(agreed: Approval, client: Client, login: Session, source: Source) -> SessionRequest:
    """Return the client's session to begin: the log-in that it comes from says how the person was authenticated."""
    return SessionRequest(
        client_id=client.client_id,
        scope=scopes.grant(requested=agreed.scope, entitled=client.scopes),
        source=source,
        amr=login.amr,
        auth_time=login.auth_time,
        comes_from=login,
        consent_id=agreed.consent_id,
        factor_time=login.factor_time,
        acr_values=agreed.acr_values,
        audience=agreed.audience,
        is_told=client.is_told,
    )


def granted(
    user: User,
    session: Session,
    client: Client,
    *,
    limits: SessionLimits,
    wanted: scopes.Scopes | None = None,
) -> scopes.Scopes:
    """Return what a token of a client's session carries now; ``wanted`` narrows it."""
    return scopes.grant(requested=wanted, entitled=session.granted(user, limits), allowed=client.scopes)
