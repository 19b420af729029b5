"""Users: who exists, under which names, with which scopes.

A user is a record of its own; each name that can log in is a second record in the same commit, which is what makes
it unique (ST-1). User names and verified e-mails share one space of names, so none can ever stand for another.
"""

from collections.abc import Callable, Iterable

from chalicelib import scopes
from chalicelib.errors import NotFound, Taken
from chalicelib.i18n import chosen
from chalicelib.store import Conflict, Store, Write
from chalicelib.store.each_once import each_once
from chalicelib.store.owned_partitions import KINDS, partition_of
from chalicelib.store.records import existing
from chalicelib.store.retrying import retrying
from chalicelib.users import lists
from chalicelib.users.listed_user import ListedUser
from chalicelib.users.nobody import nobodys_id
from chalicelib.users.operator_list import OperatorList
from chalicelib.users.user import (
    DIRECTORY,
    NewUser,
    User,
    UserId,
    login_key,
    login_name,
    profile_key,
    users_of,
)
from chalicelib.users.user_records import EndOfSessions, UserRecords
from chalicelib.world import World

ID_TAKEN = "This id is, or was, another account's."


class Users:
    """Finds, makes, changes and removes users."""

    def __init__(self, store: Store, world: World, end_of_sessions: EndOfSessions | None = None) -> None:
        self._store = store
        self._world = world
        self._end_of_sessions = end_of_sessions
        self.records = UserRecords(store, end_of_sessions)
        self.operators = OperatorList(store)

    def compose(
        self,
        wanted: NewUser,
        *,
        password: str | None,
        granted: scopes.Scopes,
        network: str | None = None,
        in_person: bool = False,
    ) -> tuple[User, tuple[Write, ...]]:
        """Return a new user with a random id (EN-3) and the writes that make it, for one commit with whatever goes with it.

        Who signs up ``in_person`` is seen now; ``network`` is the one that the person is known from (TH-5).
        """
        scopes.text(granted)  # refuses what no token could carry
        user = User(
            user_id=UserId(self._world.identifier()),
            username=wanted.username.display,
            canonical=wanted.username.canonical,
            scopes=granted,
            created_at=self._world.timestamp(),
            name=wanted.name,
            email=wanted.email,
            password=password,
            language=chosen.wished() if in_person else "",
        )
        known = self.seen(user, network) if in_person else user
        return known, self.records.making(known)

    def seen(self, user: User, network: str | None) -> User:
        """Return the user as a log-in from a network leaves it: seen there, and today."""
        return lists.seen(user.seen_from(network), self._world.timestamp())

    def create(self, user: User, writes: Iterable[Write]) -> None:
        """Commit what :meth:`compose` returned; raise Taken where another was first, which says of which name."""
        try:
            self._store.commit(*writes)
        except Conflict as conflict:
            if login_key(user.canonical) in conflict.keys:
                raise Taken("This user name is taken.", code="username_taken") from None
            if any(login_key(name) in conflict.keys for name in user.login_names):
                raise Taken("This e-mail address is taken.", code="email_taken") from None
            if profile_key(user.user_id) in conflict.keys:
                raise Taken(ID_TAKEN) from None
            raise Taken("The account could not be made: try again.") from None

    def commit(self, *writes: Write) -> None:
        """Commit what changes a user; where that ends its sessions, clients are told soon. Raises Conflict."""
        self._store.commit(*writes)
        if self._end_of_sessions is not None:
            self._end_of_sessions.deliver_soon(*writes)

    def get(self, user_id: str) -> User | None:
        """Return a user by id."""
        (record,) = self._store.get(profile_key(user_id))
        return User.from_record(record) if record else None

    def require(self, user_id: str) -> User:
        """Return a user by id, or raise NotFound."""
        user = self.get(user_id)
        if user is None:
            raise NotFound("user")
        return user

    def id_of(self, canonical: str) -> UserId | None:
        """Return whose a canonical log-in name is."""
        (record,) = self._store.get(login_key(canonical))
        return UserId(record.data["user_id"]) if record else None

    def is_used(self, user_id: str) -> bool:
        """Return whether anything is kept under an id: its account, or what is left of one."""
        return any(self._store.list(partition_of(kind, user_id), limit=1).records for kind in KINDS)

    def nobodys_id(self) -> UserId:
        """See :func:`chalicelib.users.nobody.nobodys_id`."""
        return nobodys_id(self._world)

    def find(self, text: str) -> User | None:
        """Return a user by user name or verified e-mail, in any spelling."""
        user_id = self.id_of(login_name(text))
        return self.get(user_id) if user_id else None

    def called(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Return the user names of those of these who exist, by one request; without any nothing is asked."""
        records = existing(self._store, map(profile_key, sorted(user_ids)))
        return {user.user_id: user.username for user in map(User.from_record, records)}

    def page(self, *, after: str | None = None, limit: int = 50) -> tuple[tuple[User, ...], str | None]:
        """Return users in the order of sign-up and where the next page starts."""
        lines = self._store.list(DIRECTORY, after=after, limit=limit)
        return users_of(self._store, lines.records), lines.next_after

    def listed(
        self, *, after: str | None = None, limit: int = 50
    ) -> tuple[tuple[ListedUser, ...], str | None]:
        """Return what such a page shows of each, in one request; one more where an earlier release wrote a line."""
        lines = self._store.list(DIRECTORY, after=after, limit=limit)
        bare = [line for line in lines.records if "username" not in line.data]
        read = {user.user_id: ListedUser.of(user).data() for user in users_of(self._store, bare)}
        shown = (read.get(line.data["user_id"], line.data) for line in lines.records)
        return tuple(ListedUser.from_data(data) for data in shown if "username" in data), lines.next_after

    def change(
        self, user_id: str, change: Callable[[User], User], *also: Callable[[User, User], Iterable[Write]]
    ) -> tuple[User, User]:
        """Change a user whatever others do meanwhile; return how it was and how it is.

        ``change`` gets the user as it is and returns it as it shall be, and may raise a refusal; each of ``also`` gets
        both and returns more writes for the same commit. Both may run several times.
        """

        def attempt() -> tuple[User, User]:
            old = self.require(user_id)
            new = change(old)
            if new == old:
                return old, old
            try:
                more = (write for each in also for write in each(old, new))
                self.commit(*each_once(*self.records.changing(old, new), *more))
            except Conflict as conflict:
                self._raise_if_taken(old, new, conflict)
                raise
            return old, new

        return retrying(attempt, busy=Taken("The account is being changed by others: try again."))

    @staticmethod
    def _raise_if_taken(old: User, new: User, conflict: Conflict) -> None:
        lost = {key for key in conflict.keys if key != profile_key(old.user_id)}
        if login_key(new.canonical) in lost:
            raise Taken("This user name is taken.", code="username_taken")
        if any(login_key(name) in lost for name in new.login_names):
            raise Taken("This e-mail address is taken.", code="email_taken")
        if any(identity.key in lost for identity in new.identities):
            raise Taken("This log-in is linked to another account.", code="identity_taken")
