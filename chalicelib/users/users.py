"""Users: who exists, under which names, with which scopes.

A user is a record of its own; each name that can log in is a second record in the same commit, which is what makes
it unique (ST-1). User names and verified e-mails share one space of names, so none can ever stand for another.
"""

from collections.abc import Callable, Iterable, Iterator

from chalicelib import scopes
from chalicelib.errors import NotFound, Taken
from chalicelib.store import Conflict, Forget, Insert, Key, Remove, Replace, Store, Write, each_once
from chalicelib.store.retrying import retrying
from chalicelib.users import unverified_addresses
from chalicelib.users.listed_user import ListedUser
from chalicelib.users.user import (
    DIRECTORY,
    OPERATORS,
    NewUser,
    User,
    UserId,
    directory_key,
    login_key,
    login_name,
    operator_key,
    profile_key,
    users_of,
)
from chalicelib.world import World

LINES = 90  # read at once
MAX_LOOKED_AT = 900  # accounts in which an operator is looked for whom an earlier release has not listed


class Users:
    """Finds, makes, changes and removes users."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    def compose(
        self,
        wanted: NewUser,
        *,
        password: str | None,
        granted: scopes.Scopes,
        network: str | None = None,
    ) -> tuple[User, tuple[Write, ...]]:
        """Return a new user with a random id (EN-3) and the writes that make it, for one commit with whatever goes with it.

        ``network`` is the one that the person is known from (TH-5).
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
        ).seen_from(network)
        return user, self.making(user)

    @staticmethod
    def making(user: User) -> tuple[Write, ...]:
        """Return the writes that make a user as it is, its log-in names and identities included."""
        leads_to_it = {"user_id": user.user_id}
        return (
            Insert(profile_key(user.user_id), user.data()),
            Insert(directory_key(user), ListedUser.of(user).data()),
            *(Insert(key, leads_to_it) for key in sorted(_leading_to(user))),
            *((Insert(operator_key(user.user_id), leads_to_it),) if user.is_operator else ()),
        )

    def create(self, user: User, writes: Iterable[Write]) -> None:
        """Commit what :meth:`compose` returned; raise Taken where another was first, which says of which name."""
        try:
            self._store.commit(*writes)
        except Conflict as conflict:
            if login_key(user.canonical) in conflict.keys:
                raise Taken("This user name is taken.", code="username_taken") from None
            if any(login_key(name) in conflict.keys for name in user.login_names):
                raise Taken("This e-mail address is taken.", code="email_taken") from None
            raise Taken("The account could not be made: try again.") from None

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

    def find(self, text: str) -> User | None:
        """Return a user by user name or verified e-mail, in any spelling."""
        user_id = self.id_of(login_name(text))
        return self.get(user_id) if user_id else None

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
        read = {user.user_id: user.data() for user in users_of(self._store, bare)}
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
                self._store.commit(*each_once(*self.writes_for(old, new), *more))
            except Conflict as conflict:
                self._raise_if_taken(old, new, conflict)
                raise
            return old, new

        return retrying(attempt, busy=Taken("The account is being changed by others: try again."))

    def writes_for(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the writes that turn a user as read into another, its log-in names and identities included."""
        if old.record is None:
            raise ValueError("only a user that was read can be changed")
        scopes.text(new.scopes)
        return (
            Replace(old.record, new.data()),
            *(Forget(key) for key in sorted(_leading_to(old) - _leading_to(new))),
            *(Insert(key, {"user_id": new.user_id}) for key in sorted(new.unique_keys - old.unique_keys)),
            *self._claiming(old, new),
            *self._listing(old, new),
            *self._line(old, new),
        )

    def deletion(self, user: User) -> tuple[Write, ...]:
        """Return the writes that remove a user, its names and its identities; ids are never used again (DL-3)."""
        if user.record is None:
            raise ValueError("only a user that was read can be deleted")
        return (
            Remove(user.record),
            Forget(directory_key(user)),
            *(Forget(key) for key in sorted(_leading_to(user))),
            *((Forget(operator_key(user.user_id)),) if user.is_operator else ()),
        )

    def another_operator(self, user_id: str) -> User | None:
        """Return an operator beside this user, if there is one."""
        return next(
            (user for user in self._candidates() if user.is_operator and user.user_id != user_id), None
        )

    def _candidates(self) -> Iterator[User]:
        """Yield who is listed as an operator, then the first accounts, in which an earlier release listed nobody."""
        for partition, most in ((OPERATORS, None), (DIRECTORY, MAX_LOOKED_AT)):
            after, seen = None, 0
            while most is None or seen < most:
                page = self._store.list(partition, after=after, limit=LINES)
                yield from users_of(self._store, page.records)
                after, seen = page.next_after, seen + LINES
                if after is None:
                    break

    def _claiming(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the write of a new claim to an address; one that an earlier release left standing is as good."""
        keys = tuple(unverified_addresses.keys_of(new) - unverified_addresses.keys_of(old))
        lines = self._store.get(*keys) if keys else ()
        return tuple(
            Insert(key, {"user_id": new.user_id})
            for key, line in zip(keys, lines, strict=True)
            if line is None
        )

    def _listing(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the writes that keep the list of operators; a change of anything else reads and writes nothing."""
        key = operator_key(new.user_id)
        if old.is_operator == new.is_operator:
            return ()
        if old.is_operator:
            return (Forget(key),)
        (line,) = self._store.get(key)
        return () if line else (Insert(key, {"user_id": new.user_id}),)

    def _line(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the write that keeps the directory's line; a change of what no list shows reads and writes nothing."""
        listed = ListedUser.of(new)
        if listed == ListedUser.of(old):
            return ()
        (line,) = self._store.get(directory_key(old))
        return (Replace(line, listed.data()),) if line else ()

    @staticmethod
    def _raise_if_taken(old: User, new: User, conflict: Conflict) -> None:
        lost = {key for key in conflict.keys if key != profile_key(old.user_id)}
        if login_key(new.canonical) in lost:
            raise Taken("This user name is taken.", code="username_taken")
        if any(login_key(name) in lost for name in new.login_names):
            raise Taken("This e-mail address is taken.", code="email_taken")
        if any(identity.key in lost for identity in new.identities):
            raise Taken("This log-in is linked to another account.", code="identity_taken")


def _leading_to(user: User) -> frozenset[Key]:
    """Return the second records of a user: those that make names unique, and the claim to an address that is not proven."""
    return user.unique_keys | unverified_addresses.keys_of(user)
