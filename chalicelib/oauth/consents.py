"""Consents: what a person let a client have, remembered by client and scope until withdrawn."""

from dataclasses import dataclass

from chalicelib import scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import NotFound, Taken
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth.client import Client
from chalicelib.sessions.session import Session
from chalicelib.sessions.session_room import MAX_SESSIONS
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Insert, Key, Remove, Replace, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.store.stored_values import StoredRecord
from chalicelib.users.owned_records import partition_of
from chalicelib.users.user import User
from chalicelib.world import World

MAX_CONSENTS = 100  # listed for one person


@dataclass(frozen=True, slots=True)
class Consent(StoredRecord):
    """What one client may have of one person. ``given_at`` is seconds since the epoch.

    ``consent_id`` is new for each consent that follows none, or a withdrawn one: what came from another is void.
    """

    client_id: str
    client_name: str
    scopes: scopes.Scopes
    given_at: int
    consent_id: str = ""  # of what an earlier release gave

    def covers(self, session: Session) -> bool:
        """Return whether a client's session came from it and lies within it."""
        return self.gave(session) and session.scope is not None and session.scope <= self.scopes

    def gave(self, session: Session) -> bool:
        """Return whether a client's session came from it. One that an earlier release wrote does not say."""
        return session.consent_id in ("", self.consent_id)


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

    def consentable(
        self, requested: scopes.Scopes, client: Client, user: User, session: Session
    ) -> scopes.Scopes:
        """Return what a person can consent to at this log-in: requested, allowed to the client and the person's to give."""
        to_give = session.granted(user, self.sessions.limits) | scopes.PROTOCOL
        return scopes.grant(requested=requested, entitled=to_give, allowed=client.scopes)

    def giving(
        self, user_id: str, client: Client, granted: scopes.Scopes, *, source: Source
    ) -> tuple[Consent, tuple[Write, ...]]:
        """Return a consent, beside what was consented to before, and the writes that remember it."""
        old = self.find(user_id, client.client_id)
        whole = granted | (old.scopes if old else scopes.NONE)
        consent_id = old.consent_id if old else self.world.identifier()
        new = Consent(client.client_id, client.name, whole, self.world.timestamp(), consent_id)
        write: Write
        if old is not None and old.record is not None:
            write = Replace(old.record, new.data())
        else:
            write = Insert(consent_key(user_id, client.client_id), new.data())
        detail = {"client_id": client.client_id, "client": client.name, "scope": " ".join(sorted(granted))}
        return new, (write, self.audit.write("consent_given", target=user_id, source=source, **detail))

    def refusing(self, user_id: str, client_id: str, *, source: Source) -> Write:
        """Return the write that remembers that a person refused a client."""
        return self.audit.write(
            "consent_refused", target=user_id, source=source, outcome="access_denied", client_id=client_id
        )

    def deciding(self, form: str, decision: str, *, seconds: int) -> Insert:
        """Return the write that makes the decision on a form, a text of random that is good for so long, the only one."""
        key = Key(f"decision#{hash_of(form)}", "consent")
        return Insert(key, {"decision": decision}, expires_at=self.world.timestamp() + seconds + 1)

    def withdraw(self, user_id: str, client_id: str, *, source: Source) -> None:
        """Forget a consent and end the client's sessions of this person in the same commit; raise NotFound for none."""

        def attempt() -> None:
            consent = self.find(user_id, client_id)
            if consent is None or consent.record is None:
                raise NotFound("consent")
            going_on = [each for each in self.sessions.live(user_id) if each.client_id == client_id]
            endings = (self.sessions.ending(session, "revoked") for session in going_on[:MAX_SESSIONS])
            detail = {"client_id": client_id, "client": consent.client_name}
            audit = self.audit.write("consent_withdrawn", target=user_id, source=source, **detail)
            self.store.commit(Remove(consent.record), *endings, audit)

        retrying(attempt, busy=Taken("The sessions are busy: try again."))


def consent_key(user_id: str, client_id: str) -> Key:
    """Return where the consent of a person to a client lives."""
    return Key(partition_of("consents", user_id), client_id)
