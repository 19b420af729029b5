"""All that is kept of one person, for that person to take along (GDPR articles 15 and 20)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from chalicelib.accounts.reauthentication import Reauthentication
from chalicelib.audit.trail import Audit, Event, Source
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factors import Factors
from chalicelib.mail.message import Line
from chalicelib.mail.outbox import Outbox
from chalicelib.outbox.outbox import ListedLine
from chalicelib.sessions.session import LiveSession, Session
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import owned_partitions
from chalicelib.users.user import User
from chalicelib.world import World

EVENTS = 200  # of the trail, the newest; the rest follows page by page at ``/users/me/activity``
LINES = 500  # of the outbox, everybody's, that are looked through

Reader = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class OwnRecords:
    """What stands in the person's own partitions, and beside them in the trail and the outbox."""

    user: User
    sessions: tuple[Session, ...]
    factors: Factors
    others: Mapping[str, Any]  # by the kind of ``owned_partitions.KINDS``: all but ``user``
    events: tuple[Event, ...]
    next_events: str | None
    mails: tuple[ListedLine[Line], ...]
    made_at: int  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class OwnData:
    """Collects it. ``readers`` has one for each kind of records that a person owns, but for the account's own.

    Raises ValueError where one is missing: what belongs to a person is shown to that person.
    """

    world: World
    sessions: Sessions
    reauthentication: Reauthentication
    outbox: Outbox
    audit: Audit
    readers: Mapping[str, Reader]

    def __post_init__(self) -> None:
        if {"user", *self.readers} != set(owned_partitions.KINDS):
            raise ValueError(
                f"the export knows {sorted(self.readers)}, and there are {sorted(owned_partitions.KINDS)}"
            )

    def of(
        self,
        acting: LiveSession,
        *,
        password: str | None = None,
        answer: FactorAnswer | None = None,
        source: Source,
    ) -> OwnRecords:
        """Return everything about who acts, on a fresh proof (MF-3). Raises as :meth:`Reauthentication.demand` does."""
        acting = self.reauthentication.demand(acting, password=password, answer=answer, source=source)
        user_id = acting.user.user_id
        account = self.sessions.read_account(user_id)
        user = account.user or acting.user
        events, next_events = self.audit.of(user_id, limit=EVENTS)
        lines = islice(self.outbox.lines(), LINES)
        return OwnRecords(
            user=user,
            sessions=tuple(map(Session.from_record, account.sessions)),
            factors=Factors.of(account.others, now=self.world.now()),
            others={kind: read(user_id) for kind, read in self.readers.items()},
            events=events,
            next_events=next_events,
            mails=tuple(line for line in lines if user.email and line.line.mail.to == user.email),
            made_at=self.world.timestamp(),
        )
