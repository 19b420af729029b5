"""The audit trail: what happened to whom, from where, with what outcome. Never a secret (LG-1, LG-2).

A success is written in the commit of the act itself, so neither exists without the other (LG-4). What concerns no
account of ours is only counted, so that a stranger cannot grow the store (DS-3).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from chalicelib.store import Insert, Key, Record, Store, Write
from chalicelib.store.stored_fields import stored_fields
from chalicelib.world import World

AUDIT_SECONDS = 90 * 24 * 60 * 60  # how long an event is kept
MAX_TEXT = 256  # characters of a user agent or address that are kept (LG-3)
NOBODY = Key("audit#nobody", "counts")

# What an event may be called, and what it tells a person.
EVENTS = {
    "sign_up": "The account was made",
    "log_in": "Logged in",
    "log_in_failed": "A log-in was refused: wrong password",
    "federated_log_in_refused": "A log-in through a provider was refused",
    "log_in_throttled": "A log-in was refused: too many tries",
    "log_out": "Logged out",
    "log_out_everywhere": "Every session was ended",
    "refresh_refused": "A session could not go on",
    "session_reused": "A session was ended: its refresh token was used twice, which may mean theft",
    "password_changed": "The password was changed",
    "password_refused": "The password was asked for again and was wrong",
    "profile_changed": "The profile was changed",
    "scopes_changed": "The scopes were changed",
    "disabled": "The account was disabled",
    "enabled": "The account was enabled",
    "unlocked": "The lock after wrong passwords was lifted",
    "deleted": "The account was deleted",
    "identity_linked": "A provider was linked",
    "identity_unlinked": "A provider was unlinked",
    "consent_given": "An application was given access",
    "consent_withdrawn": "An application's access was withdrawn",
    "consent_refused": "An application was refused access",
    "code_refused": "An authorization code was refused",
    "device_approved": "A device was given access",
    "device_refused": "A device was refused access",
    "client_created": "A client was registered",
    "client_secret_rotated": "A client got a new secret",
    "client_disabled": "A client was disabled",
    "client_enabled": "A client was enabled",
    "client_deleted": "A client was deleted",
    "client_log_in": "A client got a token for itself",
    "token_revoked": "A client revoked a token of its own",
    "client_refused": "A client was refused: it did not prove itself",
    "request_refused": "A request of an application was refused",
    "code_reused": "An authorization code was used twice: what it gave was revoked",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Who asks: network address, user agent and request id of one call."""

    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the trail. ``at`` is seconds since the epoch; ``actor`` is a user id, ``operator`` or ``-``."""

    at: int
    event: str
    outcome: str  # "success" or the reason of a refusal
    actor: str
    target: str  # a user id
    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    event_id: str = ""

    @classmethod
    def from_record(cls, record: Record) -> "Event":
        return cls(event_id=record.key.sort, **stored_fields(cls, record.data))


class Audit:
    """Writes events and reads them back, newest first."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    def write(
        self,
        event: str,
        *,
        target: str,
        source: Source,
        actor: str | None = None,
        outcome: str = "success",
        **detail: str,
    ) -> Write:
        """Return the write that records an event, for the commit of the act. ``actor`` is the target unless said."""
        if event not in EVENTS:
            raise ValueError(f"{event} is not an audit event")
        now = self._world.now()
        data: dict[str, Any] = asdict(
            Event(
                at=int(now),
                event=event,
                outcome=outcome,
                actor=actor or target,
                target=target,
                ip=source.ip,
                user_agent=source.user_agent[:MAX_TEXT],
                request_id=source.request_id[:MAX_TEXT],
                detail=detail,
            )
        )
        del data["event_id"]
        sort = f"{int(now * 1000):015d}-{self._world.identifier()[:8]}"
        return Insert(Key(f"audit#{target}", sort), data, expires_at=int(now) + AUDIT_SECONDS)

    def record(self, event: str, *, target: str, source: Source, outcome: str, **detail: str) -> None:
        """Record a refusal, which has no commit of its own."""
        self._store.commit(self.write(event, target=target, source=source, outcome=outcome, **detail))

    def count_nobody(self, event: str) -> None:
        """Count an event about no account of ours: the same one write as :meth:`record`, and no growth (EN-2, DS-3)."""
        self._store.bump(NOBODY, {event: 1}, expires_at=self._world.timestamp() + AUDIT_SECONDS)

    def of(
        self, user_id: str, *, after: str | None = None, limit: int = 50
    ) -> tuple[tuple[Event, ...], str | None]:
        """Return a page of a user's events, newest first, and where the next one starts."""
        page = self._store.list(f"audit#{user_id}", after=after, limit=limit, newest_first=True)
        return tuple(Event.from_record(record) for record in page.records), page.next_after
