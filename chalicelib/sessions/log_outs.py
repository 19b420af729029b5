"""Which clients are told that a log-in is over, and the outbox that has them told (OpenID Connect Back-Channel Logout 1.0).

A client is told of its own sessions, each by its ``sid``. Which these are is written down as they begin, of clients with a
back-channel URI alone: in the session, in the log-in that it came from, and at the user. Whoever uses no such client pays no
request for it. How they are told: ``oauth/backchannel_logout.py``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.outbox import line as outbox_line
from chalicelib.outbox import outbox
from chalicelib.outbox.line import Kind
from chalicelib.sessions.session import PREFIX, Session, SessionRequest
from chalicelib.store import Record, Write
from chalicelib.store.owned_partitions import partition_of
from chalicelib.store.stored_values import StoredValue
from chalicelib.users.user import User

MOST_RECORDS = 150  # of one person's sessions, as ``reading`` reads them
MOST_AT_ONCE = 90  # lines that are made of one in one commit


@dataclass(frozen=True, slots=True)
class Ended(StoredValue):
    """A client's session that is over."""

    client_id: str
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOut(outbox_line.Line):
    """Whose sessions are over, and of which clients."""

    user_id: str
    sessions: tuple[Ended, ...]

    @property
    def logged(self) -> dict[str, str]:
        """Return what the log says of it."""
        return {"line": self.line_id, "client_id": self.sessions[0].client_id}

    def parts(self, new_id: Callable[[], str]) -> tuple[Self, ...]:
        """Return a line for each client's session: each is told, and tried again, by itself."""
        if len(self.sessions) == 1:
            return (self,)
        head, rest = self.sessions[:MOST_AT_ONCE], self.sessions[MOST_AT_ONCE:]
        several = [(one,) for one in head] + ([rest] if rest else [])
        return tuple(replace(self, line_id=new_id(), sessions=each) for each in several)


KIND = Kind("log_out", "LogOut", waiting="log-outs#waiting", given_up="log-outs#given-up", line=LogOut)


@dataclass(frozen=True, slots=True)
class LogOuts(outbox.Outbox[LogOut]):
    """Has clients told of ended sessions. What it returns belongs into the commit that ends them."""

    kind: ClassVar[Kind[Any]] = KIND

    def telling(self, sessions: Iterable[Session]) -> tuple[Write, ...]:
        """Return the write that has clients told of those of these sessions, of one user, that they are told of."""
        told = [session for session in sessions if session.is_told]
        if not told:
            return ()
        ended = tuple(Ended(session.client_id, session.session_id) for session in told)
        now = self.world.timestamp()
        return self.storing(
            LogOut(line_id=self.world.identifier(), at=now, user_id=told[0].user_id, sessions=ended)
        )

    def telling_all(self, user: User) -> tuple[Write, ...]:
        """Return the write that has clients told that all sessions of a user, as it was read, are over."""
        return self.telling(self._untold(user)) if user.tells_clients else ()

    def came_from(self, login: Session) -> tuple[Session, ...]:
        """Return the clients' sessions that came from a log-in and are not over."""
        if not login.tells_clients:
            return ()
        sessions = self._sessions(login.user_id, login.epoch)
        return tuple(each for each in sessions if each.is_told and each.login_id == login.first_id)

    def pushed_out(self, user: User, gone: Iterable[Record]) -> tuple[Write, ...]:
        """Return the write that has clients told of sessions that give way to new ones (DS-3)."""
        return self.telling(_going_on(gone, user.epoch)) if user.tells_clients else ()

    def _untold(self, user: User) -> tuple[Session, ...]:
        return self._sessions(user.user_id, user.epoch)

    def _sessions(self, user_id: str, epoch: int) -> tuple[Session, ...]:
        page = self.store.list(partition_of("user", user_id), prefix=PREFIX, limit=MOST_RECORDS)
        return _going_on(page.records, epoch)


def _going_on(records: Iterable[Record], epoch: int) -> tuple[Session, ...]:
    """Return the sessions that nobody ended. Of one that ended by itself, unused, its client does not know it."""
    sessions = map(Session.from_record, records)
    return tuple(each for each in sessions if each.ended is None and each.epoch == epoch)


def descent(wanted: SessionRequest) -> dict[str, Any]:
    """Return what a new session says of the log-in that it comes from, where clients are told of that one's end."""
    login = wanted.comes_from
    if login is None:
        return {}
    if (
        wanted.client_id == FIRST_PARTY
    ):  # it takes the place of another: clients' sessions came from the first
        return {"login_id": login.first_id, "tells_clients": True} if login.tells_clients else {}
    return {"login_id": login.first_id} if wanted.is_told else {}


def is_kept(session: Session) -> bool:
    """Return whether a client's session outlives its log-in: it was granted ``offline_access`` (section 2.7)."""
    return session.client_id == FIRST_PARTY or "offline_access" in (session.scope or frozenset())
