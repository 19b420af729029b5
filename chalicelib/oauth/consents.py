"""Consents: what a person let a client have, remembered by client, API and scope until withdrawn.

One API's consent is not another's: what was allowed at our own opens no other, and none opens ours (RFC 8707 section 3).
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from chalicelib import scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import NotFound, Taken
from chalicelib.oauth.client import Client
from chalicelib.scopes import NONE, PROTOCOL, Scopes
from chalicelib.sessions.resource_scopes import (
    Audience,
    ResourceScopes,
    at,
    resources_of,
    together,
)
from chalicelib.sessions.session import Session
from chalicelib.sessions.session_room import MAX_SESSIONS
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Check, Insert, Key, Remove, Replace, Store, Write
from chalicelib.store.owned_partitions import partition_of
from chalicelib.store.retrying import retrying
from chalicelib.store.stored_values import StoredRecord, stored_unless_default
from chalicelib.users.user import User
from chalicelib.world import World

MAX_CONSENTS = 100  # listed for one person
MAX_REDIRECT_URIS = 10  # that one consent remembers, the latest


@dataclass(frozen=True, slots=True)
class Consent(StoredRecord):
    """What one client may have of one person. ``given_at`` is seconds since the epoch.

    ``consent_id`` is new for each consent that follows none, or a withdrawn one: what came from another is void.
    """

    client_id: str
    client_name: str
    scopes: Scopes
    given_at: int
    consent_id: str = ""  # of what an earlier release gave
    # At other APIs; ``scopes`` are those at our own, and OpenID Connect's.
    resources: tuple[ResourceScopes, ...] = field(default=(), metadata=stored_unless_default())
    # Where a client that no operator registered was answered; one that is, wherever it registered.
    redirect_uris: tuple[str, ...] = field(default=(), metadata=stored_unless_default())

    def covers(self, session: Session) -> bool:
        """Return whether a client's session came from it and lies within it."""
        wanted = session.scope
        return self.gave(session) and wanted is not None and self.allows(wanted, session.audience)

    def is_for(self, client: Client, redirect_uri: str) -> bool:
        """Return whether a client may be answered there without a new question."""
        return client.vouched or redirect_uri in self.redirect_uris

    def allows(self, wanted: Scopes, audience: Audience) -> bool:
        """Return whether these scopes were allowed, those of each API at that very API."""
        there = all(each.scopes <= at(self.resources, (each.resource,)) for each in audience)
        return there and wanted <= self.held(resources_of(audience))

    def held(self, resources: Collection[str]) -> Scopes:
        """Return what tokens for these APIs may carry, none for our own."""
        if not resources:
            return self.scopes
        return (self.scopes & PROTOCOL) | at(self.resources, resources)

    def gave(self, session: Session) -> bool:
        """Return whether a client's session came from it. One that an earlier release wrote does not say."""
        return session.consent_id in ("", self.consent_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client is to have of a person: which scopes, where (nowhere named: at our own API), and by which redirect URI."""

    client: Client
    scopes: Scopes
    audience: Audience = ()
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Consents:
    """Gives, finds and withdraws consents."""

    store: Store
    world: World
    sessions: Sessions
    audit: Audit

    def find(self, user_id: str, client_id: str) -> Consent | None:
        """Return what a person lets a client have."""
        (record,) = self.store.get(consent_key(user_id, client_id))
        return Consent.from_record(record) if record else None

    def of(self, user_id: str) -> tuple[Consent, ...]:
        """Return all that a person consented to."""
        page = self.store.list(partition_of("consents", user_id), limit=MAX_CONSENTS)
        return tuple(Consent.from_record(record) for record in page.records)

    def client_named(self, user_id: str, name: str) -> str:
        """Return the client that a name in a path stands for: itself or, as no path holds an address, its consent's id."""
        if self.find(user_id, name) is not None:
            return name
        return next((each.client_id for each in self.of(user_id) if each.consent_id == name), name)

    def consentable(self, requested: Scopes, client: Client, user: User, session: Session) -> Scopes:
        """Return what a person can consent to at this log-in: requested, allowed to the client and the person's to give."""
        to_give = session.granted(user, self.sessions.limits) | PROTOCOL
        return scopes.grant(requested=requested, entitled=to_give, allowed=client.scopes)

    def giving(
        self,
        user_id: str,
        wanted: Wanted,
        *,
        source: Source,
        asked: bool = True,
    ) -> tuple[Consent, tuple[Write, ...]]:
        """Return a consent, beside what was consented to before, and the writes that remember it.

        The trail says where the person was not ``asked``.
        """
        client, granted, audience = wanted.client, wanted.scopes, wanted.audience
        old = self.find(user_id, client.client_id)
        new = self._with(old, wanted)
        write: Write
        if old is not None and old.record is not None:
            write = Replace(old.record, new.data())
        else:
            write = Insert(consent_key(user_id, client.client_id), new.data())
        detail = {
            "client_id": client.client_id,
            "client": client.called,
            "scope": " ".join(sorted(granted)),
        }
        if audience:
            detail["resource"] = " ".join(resources_of(audience))
        if not asked:
            detail["asked"] = "no"
        return new, (write, self.audit.write("consent_given", target=user_id, source=source, **detail))

    def _with(self, old: Consent | None, wanted: Wanted) -> Consent:
        """Return a consent with what is wanted, beside what the old one holds."""
        client, audience, uri = wanted.client, wanted.audience, wanted.redirect_uri
        here = wanted.scopes & PROTOCOL if audience else wanted.scopes
        uris = () if client.vouched or uri is None else (uri,)
        return Consent(
            client.client_id,
            client.called,
            here | (old.scopes if old else NONE),
            self.world.timestamp(),
            old.consent_id if old else self.world.identifier(),
            together(old.resources if old else (), audience),
            tuple(dict.fromkeys((*(old.redirect_uris if old else ()), *uris)))[-MAX_REDIRECT_URIS:],
        )

    def refusing(self, user_id: str, client: Client, *, source: Source) -> Write:
        """Return the write that remembers that a person refused a client."""
        detail = {"client_id": client.client_id, "client": client.called}
        return self.audit.write(
            "consent_refused", target=user_id, source=source, outcome="access_denied", **detail
        )

    def withdraw(self, user_id: str, client_id: str, *, source: Source) -> None:
        """Forget a consent and end the client's sessions of this person in the same commit; raise NotFound for none."""

        def attempt() -> None:
            consent = self.find(user_id, client_id)
            if consent is None or consent.record is None:
                raise NotFound("consent")
            user, live = self.sessions.live_with_user(user_id)
            going_on = [each for each in live if each.client_id == client_id]
            # A client that is told of its end, and joins at this moment, writes the user: then it is seen at the next try.
            unchanged = (Check(user.record),) if user and user.tells_clients and user.record else ()
            endings = self.sessions.ending(*going_on[:MAX_SESSIONS], reason="revoked")
            detail = {"client_id": client_id, "client": consent.client_name}
            audit = self.audit.write("consent_withdrawn", target=user_id, source=source, **detail)
            self.sessions.commit(Remove(consent.record), *endings, *unchanged, audit)

        retrying(attempt, busy=Taken("The sessions are busy: try again."))


def consent_key(user_id: str, client_id: str) -> Key:
    """Return where the consent of a person to a client lives."""
    return Key(partition_of("consents", user_id), client_id)
