"""One user as a value: what is stored of a person, and under which keys."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NewType

from chalicelib import scopes
from chalicelib.errors import Invalid
from chalicelib.store import Key, Record, Store
from chalicelib.store.owned_partitions import partition_of
from chalicelib.store.records import existing
from chalicelib.store.stored_values import StoredRecord, StoredValue, stored_as, stored_unless_default
from chalicelib.users import names
from chalicelib.users.linked_identity import Identity

UserId = NewType("UserId", str)

DIRECTORY = "users"
OPERATORS = "operators"
PROFILE = "profile"
MAX_NETWORKS = 5  # networks remembered from successful log-ins (TH-5)
UNUSUAL = ("may_have_factors", "closing", "devices")  # stored only of whom there is something to say


@dataclass(frozen=True, slots=True)
class Closing(StoredValue):
    """The end of an account that was deleted with a grace. ``deletes_at``, in seconds since the epoch, it is gone by itself.

    Until then whoever closed it may take it back: the person by a log-in, or an operator.
    """

    deletes_at: int
    by_person: bool


@dataclass(frozen=True, slots=True)
class User(StoredRecord):
    """One person's account. ``epoch`` counts the times that every session was ended at once, ``epoch_reason`` says why last."""

    user_id: UserId
    username: str
    canonical: str
    scopes: scopes.Scopes
    created_at: int  # seconds since the epoch
    name: str | None = None
    email: str | None = None
    email_verified: bool = False
    password: str | None = None  # a hash; None where the person logs in through a provider only
    disabled_by_operator: bool = field(default=False, metadata=stored_as("disabled"))
    epoch: int = 0
    epoch_reason: str = "revoked"
    networks: tuple[str, ...] = ()  # of the last log-ins that succeeded (TH-5)
    username_is_given: bool = False  # made up at a first federated log-in: may be changed once
    identities: tuple[Identity, ...] = ()  # at providers, each unique by a record of its own
    may_have_factors: bool = (
        False  # unless it says so, there is no second factor: it is not worth a read to look for one
    )
    closing: Closing | None = None
    devices: tuple[
        str, ...
    ] = ()  # kinds of browsers and programs that logged in, where people are told of new ones
    # When the person was first seen on the last day of any, by a log-in or a refresh; None: never.
    seen_at: int | None = field(default=None, metadata=stored_unless_default())
    # Has used a client that is told of log-outs: only then are its sessions looked for.
    tells_clients: bool = field(default=False, metadata=stored_unless_default())
    # What pages and mails are written in, where the person wished for it; "": what a browser asks for, or the setting says.
    language: str = field(default="", metadata=stored_unless_default())

    def data(self) -> dict[str, Any]:
        """Return what is stored; of what most people do not have nothing is said."""
        data = StoredRecord.data(self)
        return {name: value for name, value in data.items() if value or name not in UNUSUAL}

    @property
    def disabled(self) -> bool:
        """Return whether nothing of this account works: an operator disabled it, or it is closed."""
        return self.disabled_by_operator or self.closing is not None

    @property
    def may_prove(self) -> bool:
        """Return whether the person may prove who it is: at a log-in, and by a link of a mail (EN-1).

        What is closed opens nothing by that, but can be taken back.
        """
        return not self.disabled_by_operator and (self.closing is None or self.closing.by_person)

    @property
    def deletes_at(self) -> int | None:
        """Return when a closed account is gone, in seconds since the epoch; None of one that is not closed."""
        return None if self.closing is None else self.closing.deletes_at

    @property
    def display_name(self) -> str:
        """Return what to call the person: the name, or else the user name."""
        return self.name or self.username

    @property
    def is_operator(self) -> bool:
        """Return whether the person may administer accounts."""
        return scopes.ADMINISTER in self.scopes and not self.disabled

    @property
    def login_names(self) -> tuple[str, ...]:
        """Return the canonical names this account can log in by."""
        if self.email and self.email_verified:
            return (self.canonical, names.canonical_email(self.email).canonical)
        return (self.canonical,)

    @property
    def unique_keys(self) -> frozenset[Key]:
        """Return the second records that lead to this user: of log-in names and of identities (ST-1)."""
        return frozenset(map(login_key, self.login_names)) | {identity.key for identity in self.identities}

    @property
    def words(self) -> tuple[str, ...]:
        """Return what this user's password may not be (PW-5)."""
        return tuple(word for word in (self.username, self.email, self.name) if word)

    def with_sessions_ended(self, reason: str) -> "User":
        """Return the user after one write that ends every session begun until now (SE-6)."""
        return replace(self, epoch=self.epoch + 1, epoch_reason=reason)

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
    return Key(partition_of("user", user_id), PROFILE)


def login_key(canonical: str) -> Key:
    """Return the record that makes a log-in name unique and leads to its user."""
    return Key(f"login#{canonical}", "user")


def users_of(store: Store, lines: Iterable[Record]) -> tuple[User, ...]:
    """Return the users that lines lead to, by one request."""
    keys = (profile_key(line.data["user_id"]) for line in lines)
    return tuple(map(User.from_record, existing(store, keys)))


def operator_key(user_id: str) -> Key:
    """Return a user's line among the operators."""
    return Key(OPERATORS, user_id)


def directory_key(user: User) -> Key:
    """Return the user's line in the directory, which is in the order of sign-up."""
    return Key(DIRECTORY, f"{user.created_at:012d}#{user.user_id}")


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a sign-up asks for, already cleaned by :mod:`chalicelib.users.names`."""

    username: names.Name
    email: str | None
    name: str | None

    @property
    def words(self) -> tuple[str, ...]:
        """Return what this user's password may not be (PW-5)."""
        return tuple(word for word in (self.username.display, self.email, self.name) if word)


def new_user(*, username: str, email: str | None = None, name: str | None = None) -> NewUser:
    """Clean what a person typed; raise Invalid with every field that is wrong."""
    cleaned: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for part, value, clean in (
        ("username", username, names.canonical_username),
        ("email", email, lambda text: names.canonical_email(text).display),
        ("name", name, names.clean_name),
    ):
        try:
            cleaned[part] = None if value is None else clean(value)
        except Invalid as invalid:
            errors.update(invalid.errors)
    if errors:
        raise Invalid(" ".join(errors.values()), errors=errors)
    return NewUser(**cleaned)
