"""What an access token of ours may do now: its person, its log-in, its client and the consent, read again in one batch.

The one rule for a token that is out already: stored tokens are judged by it at every verification, and signed ones
wherever somebody asks about them or acts on others by them (M8, TK-6, SC-2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib import scopes
from chalicelib.errors import InvalidToken
from chalicelib.jose.claims import FIRST_PARTY, AccessClaims
from chalicelib.oauth.client import TOKEN_EXCHANGE, Client, client_key
from chalicelib.oauth.consents import Consent, consent_key
from chalicelib.sessions import views
from chalicelib.sessions.resource_scopes import at
from chalicelib.sessions.session import Session, SessionLimits, require_live, session_key
from chalicelib.store import Check, Key, Record, Store
from chalicelib.tokens.access_tokens import Held
from chalicelib.users.user import User, profile_key
from chalicelib.world import World


@dataclass(frozen=True, slots=True)
class Standing:
    """Looks again at whom and what a token stands for."""

    store: Store
    world: World
    limits: SessionLimits

    def look(self, claims: AccessClaims) -> Held:
        """Return what a token of ours may do now, by one read; raise InvalidToken when it stands for nothing any more."""
        if claims.is_view:
            return Held(claims.with_scope(claims.scope & self.view(claims).scope), ())
        records = self.store.get(*self.keys(claims.sub, claims.sid, claims.client_id))
        return Held(self.judged(claims, records), tuple(Check(record) for record in records if record))

    def view(self, claims: AccessClaims) -> views.View:
        """Return what an operator sees by a token, by one read; raise InvalidToken when that is over."""
        records = self.store.get(*views.keys_of(claims))
        return views.judged(records, now=self.world.now(), limits=self.limits)

    def person(self, claims: AccessClaims) -> tuple[User, scopes.Scopes]:
        """Return who acts by a token of ours, and its scope now, by one read; raise InvalidToken, for a machine's too."""
        if claims.sid is None:
            raise InvalidToken("it is no person's")
        records = self.store.get(*self.keys(claims.sub, claims.sid, claims.client_id))
        held, profile = self.judged(claims, records), records[0]
        if profile is None:
            raise InvalidToken("its person is gone")
        return User.from_record(profile), held.scope

    def keys(self, sub: str, sid: str | None, client_id: str) -> tuple[Key, ...]:
        """Return what has to be read, a person first: two records of our first party's, one of a machine, four of others'."""
        person = () if sid is None else (profile_key(sub), session_key(sub, sid))
        if client_id == FIRST_PARTY and sid is not None:
            return person
        consent = () if sid is None else (consent_key(sub, client_id),)
        return (*person, client_key(client_id), *consent)

    def judged(self, claims: AccessClaims, records: Sequence[Record | None]) -> AccessClaims:
        """Return the claims with the scope that is held now, by the records of :meth:`keys`; raise InvalidToken."""
        if claims.is_view:
            return self.look(claims).claims
        found = {record.key: record for record in records if record is not None}
        held = claims.scope
        session: Session | None = None
        if claims.sid is not None:
            person, login = found.get(profile_key(claims.sub)), found.get(session_key(claims.sub, claims.sid))
            session = Session.from_record(login) if login else None
            held &= self._of_person(User.from_record(person) if person else None, session)
        if claims.act is not None and session is not None:
            held &= self._of_service(claims, session, found)
        elif claims.client_id != FIRST_PARTY or claims.sid is None:
            held &= _of_client(claims, session, found)
        return claims.with_scope(held)

    def _of_person(self, user: User | None, session: Session | None) -> scopes.Scopes:
        live = require_live(user, session, now=self.world.now(), limits=self.limits)
        return live.session.granted(live.user, self.limits)

    def _of_service(self, claims: AccessClaims, session: Session, found: dict[Key, Record]) -> scopes.Scopes:
        """Return what a service may have that acts for a person (RFC 8693): no more than the log-in's own client may there."""
        service = _registered(claims.client_id, found)
        if not service.may(TOKEN_EXCHANGE):
            raise InvalidToken("its client may no longer exchange tokens")
        if session.client_id == FIRST_PARTY:
            return service.scopes
        records = self.store.get(client_key(session.client_id), consent_key(claims.sub, session.client_id))
        theirs = AccessClaims(**(vars(claims) | {"client_id": session.client_id}))
        behind = _of_client(theirs, session, {record.key: record for record in records if record})
        return service.scopes & behind & at(session.audience, claims.aud)


def _registered(client_id: str, found: dict[Key, Record]) -> Client:
    record = found.get(client_key(client_id))
    client = Client.from_record(record) if record else None
    if client is None or client.disabled:
        raise InvalidToken(f"its client is {'disabled' if client else 'unknown or deleted'}")
    return client


def _of_client(claims: AccessClaims, session: Session | None, found: dict[Key, Record]) -> scopes.Scopes:
    client = _registered(claims.client_id, found)
    if claims.sid is None:
        return client.scopes - scopes.PROTOCOL
    given = found.get(consent_key(claims.sub, claims.client_id))
    consent = Consent.from_record(given) if given else None
    if consent is None or (session is not None and not consent.gave(session)):
        raise InvalidToken("its consent was withdrawn")
    held = consent.held(claims.aud)
    return client.scopes & held if client.vouched else held  # of another the consent alone is kept
