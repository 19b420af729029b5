"""What sessions a user has, read with their user: one alone goes on only as the other says (SE-6, SE-7)."""

from chalicelib.sessions.session import (
    PREFIX,
    AccountRecords,
    LiveSession,
    Session,
    SessionLimits,
    over,
    require_live,
    session_key,
)
from chalicelib.sessions.session_room import MAX_SESSIONS
from chalicelib.store import Record, Store
from chalicelib.store.owned_partitions import partition_of
from chalicelib.users.user import PROFILE, User, profile_key
from chalicelib.world import World

MOST_RECORDS = (
    3 * MAX_SESSIONS
)  # beside one user, with room for log-ins at one moment: sessions come last in order


class SessionReader:
    """Reads sessions and judges whether they go on."""

    def __init__(self, store: Store, world: World, limits: SessionLimits) -> None:
        self._store = store
        self._world = world
        self.limits = limits

    def read(self, user_id: str, session_id: str) -> tuple[User | None, Session | None]:
        """Return a user and one of its sessions, in one consistent read."""
        user, session = self._store.get(profile_key(user_id), session_key(user_id, session_id))
        return (
            User.from_record(user) if user else None,
            Session.from_record(session) if session else None,
        )

    def require_live(self, user_id: str, session_id: str) -> LiveSession:
        """Return a session that goes on, with its user, by one consistent read; raise InvalidToken when it is over."""
        return require_live(*self.read(user_id, session_id), now=self._world.now(), limits=self.limits)

    def find_live(self, user_id: str, session_id: str) -> LiveSession | None:
        """Return what :meth:`require_live` does, or None."""
        return self.live_of(*self.read(user_id, session_id))

    def live_of(self, user: User | None, session: Session | None) -> LiveSession | None:
        """Return a user and a session that were read, where it goes on."""
        if user is None or session is None or self.end_reason(session, user) is not None:
            return None
        return LiveSession(user, session)

    def read_all(self, user_id: str) -> tuple[User | None, tuple[Record, ...]]:
        """Return a user and the records of all its sessions, ended ones too, in one query."""
        account = self.read_account(user_id)
        return account.user, account.sessions

    def read_account(self, user_id: str) -> AccountRecords:
        """Return all that stands beside a user, in one query."""
        user: User | None = None
        sessions: list[Record] = []
        others: list[Record] = []
        for record in self._store.list(partition_of("user", user_id), limit=MOST_RECORDS).records:
            if record.key.sort == PROFILE:
                user = User.from_record(record)
            else:
                (sessions if record.key.sort.startswith(PREFIX) else others).append(record)
        return AccountRecords(user, tuple(sessions), tuple(others))

    def live(self, user_id: str) -> tuple[Session, ...]:
        """Return the sessions a user has now, the last used first."""
        return self.live_with_user(user_id)[1]

    def live_with_user(self, user_id: str) -> tuple[User | None, tuple[Session, ...]]:
        """Return a user with what :meth:`live` returns, as both were read together."""
        account = self.read_account(user_id)
        return account.user, self.live_among(account)

    def live_among(self, account: AccountRecords) -> tuple[Session, ...]:
        """Return what :meth:`live` returns, of an account as it was read."""
        sessions = map(Session.from_record, account.sessions)
        going_on = [session for session in sessions if self.end_reason(session, account.user) is None]
        return tuple(sorted(going_on, key=lambda session: session.last_used_at, reverse=True))

    def end_reason(self, session: Session | None, user: User | None) -> str | None:
        """Return why a session does not go on, or None while it does."""
        return over(session, user, now=self._world.now(), limits=self.limits)
