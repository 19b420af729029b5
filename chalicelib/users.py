"""Users: who exists, under which names, with which scopes.

A user is a record of its own; each name that can log in is a second record in the same commit, which is what makes
it unique (ST-1). User names and verified e-mails share one space of names, so none can ever stand for another.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NewType

from chalicelib import names, scopes
from chalicelib.errors import Invalid, NotFound, Taken
from chalicelib.store import Conflict, Forget, Insert, Key, Record, Remove, Replace, Store, Write
from chalicelib.world import World

UserId = NewType("UserId", str)

DIRECTORY = "users"
PROFILE = "profile"
MAX_NETWORKS = 5  # networks remembered from successful log-ins (TH-5)
MAX_TRIES = 8  # of a change that others keep overtaking


@dataclass(frozen=True, slots=True)
class User:
    """One person's account. ``epoch`` counts the times that every session was ended at once, ``epoch_reason`` says why last."""

    user_id: UserId
    username: str
    canonical: str
    scopes: scopes.Scopes
    created_at: int  # seconds since the epoch
    name: str | None = None
    email: str | None = None
    email_verified: bool = False
    password: str | None = None  # a hash; None where only a provider vouches
    disabled: bool = False
    epoch: int = 0
    epoch_reason: str = "revoked"
    networks: tuple[str, ...] = ()
    username_is_given: bool = False  # made up at a first federated log-in: may be changed once
    record: Record | None = None  # as read; None before it is stored

    @classmethod
    def from_record(cls, record: Record) -> "User":
        data = dict(record.data)
        data["scopes"] = frozenset(data["scopes"])
        data["networks"] = tuple(data["networks"])
        return cls(record=record, **data)

    def data(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "user_id": self.user_id,
            "username": self.username,
            "canonical": self.canonical,
            "scopes": sorted(self.scopes),
            "created_at": self.created_at,
            "name": self.name,
            "email": self.email,
            "email_verified": self.email_verified,
            "password": self.password,
            "disabled": self.disabled,
            "epoch": self.epoch,
            "epoch_reason": self.epoch_reason,
            "networks": list(self.networks),
            "username_is_given": self.username_is_given,
        }

    @property
    def display_name(self) -> str:
        """Return what to call the person: the name, or else the user name."""
        return self.name or self.username

    @property
    def login_names(self) -> tuple[str, ...]:
        """Return the canonical names this account can log in by."""
        if self.email and self.email_verified:
            return (self.canonical, names.canonical_email(self.email).canonical)
        return (self.canonical,)

    def with_sessions_ended(self, reason: str) -> "User":
        """Return the user after one write that ends every session begun until now (SE-6)."""
        return replace(self, epoch=self.epoch + 1, epoch_reason=reason)

    def known_from(self, network: str | None) -> bool:
        """Tell whether a log-in from this network succeeded lately."""
        return network is not None and network in self.networks

    def seen_from(self, network: str | None) -> "User":
        """Return the user with a network remembered, the newest first."""
        if network is None or network in self.networks:
            return self
        return replace(self, networks=(network, *self.networks)[:MAX_NETWORKS])


def login_name(text: str) -> str:
    """Return the one spelling of a user name, or with ``@`` of an e-mail, that log-ins are looked up by (IN-3)."""
    canonical = names.canonical_email if "@" in text else names.canonical_username
    return canonical(text).canonical


def profile_key(user_id: str) -> Key:
    """Return where a user's own record lives; its sessions live in the same partition."""
    return Key(f"user#{user_id}", PROFILE)


def login_key(canonical: str) -> Key:
    """Return the record that makes a log-in name unique and leads to its user."""
    return Key(f"login#{canonical}", "user")


def directory_key(user: User) -> Key:
    """Return the user's line in the directory, which is in the order of sign-up."""
    return Key(DIRECTORY, f"{user.created_at:012d}#{user.user_id}")


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a sign-up asks for, already cleaned by :mod:`chalicelib.names`."""

    username: names.Name
    email: str | None
    name: str | None


def new_user(*, username: str, email: str | None = None, name: str | None = None) -> NewUser:
    """Clean what a person typed; raise Invalid with every field that is wrong."""
    cleaned: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field, value, clean in (
        ("username", username, names.canonical_username),
        ("email", email, lambda text: names.canonical_email(text).display),
        ("name", name, names.clean_name),
    ):
        try:
            cleaned[field] = None if value is None else clean(value)
        except Invalid as invalid:
            errors.update(invalid.errors)
    if errors:
        raise Invalid(" ".join(errors.values()), errors=errors)
    return NewUser(**cleaned)


class Users:
    """Finds, makes, changes and removes users."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    def compose(
        self, wanted: NewUser, *, password: str | None, granted: scopes.Scopes
    ) -> tuple[User, tuple[Write, ...]]:
        """Return a new user with a random id (EN-3) and the writes that make it, for one commit with whatever goes with it."""
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
        )
        return user, (
            Insert(profile_key(user.user_id), user.data()),
            Insert(login_key(user.canonical), {"user_id": user.user_id}),
            Insert(directory_key(user), {"user_id": user.user_id}),
        )

    def create(self, user: User, writes: Iterable[Write]) -> None:
        """Commit what :meth:`compose` returned; raise Taken ``username_taken`` where another was first."""
        try:
            self._store.commit(*writes)
        except Conflict as conflict:
            if login_key(user.canonical) in conflict.keys:
                raise Taken("This user name is taken.", code="username_taken") from None
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
        if not lines.records:
            return (), lines.next_after
        records = self._store.get(*(profile_key(line.data["user_id"]) for line in lines.records))
        return tuple(User.from_record(record) for record in records if record), lines.next_after

    def change(
        self, user_id: str, change: Callable[[User], User], *also: Callable[[User, User], Iterable[Write]]
    ) -> tuple[User, User]:
        """Change a user whatever others do meanwhile; return how it was and how it is.

        ``change`` gets the user as it is and returns it as it shall be, and may raise a refusal; each of ``also`` gets
        both and returns more writes for the same commit. Both may run several times.
        """
        for _ in range(MAX_TRIES):
            old = self.require(user_id)
            new = change(old)
            if new == old:
                return old, old
            writes = [*self.writes_for(old, new), *(write for more in also for write in more(old, new))]
            try:
                self._store.commit(*writes)
            except Conflict as conflict:
                self._raise_if_taken(old, new, conflict)
                continue
            return old, new
        raise Taken("The account is being changed by others: try again.")

    def writes_for(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the writes that turn a user as read into another, its log-in names included."""
        if old.record is None:
            raise ValueError("only a user that was read can be changed")
        gone, come = set(old.login_names) - set(new.login_names), set(new.login_names) - set(old.login_names)
        scopes.text(new.scopes)
        return (
            Replace(old.record, new.data()),
            *(Forget(login_key(name)) for name in sorted(gone)),
            *(Insert(login_key(name), {"user_id": new.user_id}) for name in sorted(come)),
        )

    def deletion(self, user: User) -> tuple[Write, ...]:
        """Return the writes that remove a user and its names; ids are never used again (DL-3)."""
        if user.record is None:
            raise ValueError("only a user that was read can be deleted")
        return (
            Remove(user.record),
            Forget(directory_key(user)),
            *(Forget(login_key(name)) for name in user.login_names),
        )

    @staticmethod
    def _raise_if_taken(old: User, new: User, conflict: Conflict) -> None:
        lost = {key for key in conflict.keys if key != profile_key(old.user_id)}
        if login_key(new.canonical) in lost:
            raise Taken("This user name is taken.", code="username_taken")
        if any(login_key(name) in lost for name in new.login_names):
            raise Taken("This e-mail address is taken.", code="email_taken")
