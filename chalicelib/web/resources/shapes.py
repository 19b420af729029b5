"""The shapes of answers that several views give; structs, so that OpenAPI is made from what is really sent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib.web.call import Answer
from chalicelib.web.scope_words import in_words

if TYPE_CHECKING:  # the authorizer loads every shape and makes none
    from chalicelib.authentication.log_in import LogInResult
    from chalicelib.sessions.session import Session
    from chalicelib.users.linked_identity import Identity
    from chalicelib.users.listed_user import ListedUser
    from chalicelib.users.user import User


class UserShape(msgspec.Struct, frozen=True):
    """A user as shown to the person and to operators. ``created_at`` is seconds since the epoch."""

    user_id: str
    username: str
    name: str | None
    email: str | None
    email_verified: bool
    scopes: list[str]
    created_at: int
    disabled: bool = False
    language: str = ""  # of pages and mails, where the person wished for one
    deletes_at: int | msgspec.UnsetType = (
        msgspec.UNSET
    )  # when a closed account is gone, in seconds since the epoch

    @classmethod
    def of(cls, user: "User | ListedUser") -> "UserShape":
        closed = {} if user.deletes_at is None else {"disabled": True, "deletes_at": user.deletes_at}
        return msgspec.convert({**user.data(), **closed}, cls)


class UserAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One user; after a change of address, ``waiting_email`` is the new one that counts once it is proven.

    ``has_password``, and ``may``, the scopes in words, are told to the person alone.
    """

    user: UserShape
    waiting_email: str | None = None
    has_password: bool | None = None
    may: list[str] | None = None

    @classmethod
    def of(cls, user: "User | ListedUser") -> "UserAnswer":
        return cls(UserShape.of(user))

    @classmethod
    def of_own(cls, user: "User", waiting_email: str | None = None) -> "UserAnswer":
        return cls(UserShape.of(user), waiting_email, user.password is not None, in_words(user.scopes))


class TokenShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """The token body. ``expires_in`` is seconds; ``refresh_token`` is left out where a cookie holds it."""

    access_token: str
    expires_in: int
    scope: str
    session_id: str
    refresh_token: str | None = None
    token_type: str = msgspec.field(default_factory=lambda: "Bearer")

    @classmethod
    def of(cls, signed_in: "LogInResult", *, in_cookie: bool = False) -> "TokenShape":
        return cls(
            access_token=signed_in.access_token,
            expires_in=signed_in.expires_in,
            scope=" ".join(sorted(signed_in.scope)),
            session_id=signed_in.session_id,
            refresh_token=None if in_cookie else signed_in.refresh_token,
        )


class ClosedShape(msgspec.Struct, frozen=True):
    """An account that is closed and not gone yet: when it is, in seconds since the epoch."""

    deletes_at: int


def deleted(deletes_at: int | None, headers: Mapping[str, str | list[str]] | None = None) -> Answer:
    """Return the answer to a deletion: 204, or 202 where the account is closed and goes later."""
    if deletes_at is None:
        return Answer(status=204, headers=dict(headers or {}))
    return Answer(ClosedShape(deletes_at), status=202, headers=dict(headers or {}))


class SessionShape(msgspec.Struct, frozen=True):
    """One session. Times are seconds since the epoch; ``current`` is the one that asks.

    ``client`` is the name of the application that it was begun through, empty for our own.
    """

    session_id: str
    client_id: str
    created_at: int
    last_used_at: int
    ip: str | None
    user_agent: str
    current: bool
    client: str = ""

    @classmethod
    def of(cls, session: "Session", current: str, names: Mapping[str, str]) -> "SessionShape":
        """Return it with the name that its client has among ``names``."""
        return cls(
            session_id=session.session_id,
            client_id=session.client_id,
            created_at=session.created_at,
            last_used_at=int(session.last_used_at),
            ip=session.ip,
            user_agent=session.user_agent,
            current=session.session_id == current,
            client=names.get(session.client_id, ""),
        )


class IdentityShape(msgspec.Struct, frozen=True):
    """A linked identity. ``linked_at`` is seconds since the epoch; ``email`` is the address that the provider gave."""

    identity_id: str
    provider: str
    issuer: str
    email: str | None
    linked_at: int

    @classmethod
    def of(cls, identity: "Identity") -> "IdentityShape":
        return msgspec.convert(identity.data(), cls)


class OptionsShape(msgspec.Struct, frozen=True):
    """What the browser is asked with: ``PublicKeyCredential.parseCreationOptionsFromJSON(options)`` or its sister."""

    options: dict[str, Any]
