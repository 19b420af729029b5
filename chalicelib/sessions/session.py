"""One session as a value: what is stored of a log-in, and the one rule of when it is over."""

import hmac
from dataclasses import dataclass, field
from typing import Any, NewType

from chalicelib import scopes
from chalicelib.audit.trail import Source
from chalicelib.errors import InvalidToken
from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.keys.secret_hash import hash_of
from chalicelib.sessions.resource_scopes import Audience, ResourceScopes
from chalicelib.store import Key, Record
from chalicelib.store.owned_partitions import partition_of
from chalicelib.store.stored_values import StoredRecord, stored_as, stored_unless_default
from chalicelib.users.user import User

SessionId = NewType("SessionId", str)

PREFIX = "session#"


MULTIPLE = "mfa"  # in ``amr``: more than one factor was shown (RFC 8176)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lives, in seconds: unused, at most, and how long a spent token is forgiven.

    And which scopes are in its tokens only after a second factor: ``guarded`` ones, or with ``guards_all`` every one.
    """

    idle: int
    absolute: int
    grace: int
    guarded: scopes.Scopes = scopes.NONE
    guards_all: bool = False


@dataclass(frozen=True, slots=True)
class Session(StoredRecord):
    """One log-in on one device. Times are seconds since the epoch; ``scope`` None means all that the user has."""

    session_id: SessionId
    user_id: str
    client_id: str
    scope: scopes.Scopes | None
    created_at: int
    last_used_at: float
    secret_hash: str
    epoch: int
    auth_time: int
    amr: tuple[str, ...] = ("pwd",)
    ip: str | None = None
    user_agent: str = ""
    counter: int = 0
    spent: tuple[tuple[int, float], ...] = ()  # (counter, when) of the tokens spent within the grace window
    ended: str | None = None  # why, once it is over
    consent_id: str = ""  # of the consent that a client's came from
    # When a second factor was last shown: here, or where a remembered device began.
    factor_time: int | None = None
    acr_values: tuple[
        str, ...
    ] = ()  # the levels that its client wished for: its ID tokens name one, at each refresh
    # The APIs of others that its tokens are for, each with what was granted there; none: our own.
    audience: tuple[ResourceScopes, ...] = field(default=(), metadata=stored_unless_default())
    # Of a client that is told of its end, or in the place of another: the log-in that it came from.
    login_id: str = field(default="", metadata=stored_unless_default())
    # Of a log-in: such clients' sessions came from it.
    tells_clients: bool = field(default=False, metadata=stored_unless_default())
    # The key that its refresh tokens are bound to, of a public client that shows proofs (RFC 9449 section 5).
    dpop_jkt: str | None = field(default=None, metadata=stored_unless_default())
    # The trail has it that a refresh was refused: once is enough (DS-3).
    refusal_audited: bool = field(default=False, metadata=stored_as("told"))

    def data(self) -> dict[str, Any]:
        """Return what is stored; of few sessions the time of a factor is, or what was wished for."""
        data = StoredRecord.data(self)
        if self.factor_time is None:
            del data["factor_time"]
        if not self.acr_values:
            del data["acr_values"]
        return data

    @property
    def is_told(self) -> bool:
        """Return whether a client is told when it ends (OpenID Connect Back-Channel Logout 1.0)."""
        return self.client_id != FIRST_PARTY and bool(self.login_id)

    @property
    def first_id(self) -> str:
        """Return the log-in that clients' sessions name: the first where others took its place since."""
        return self.login_id or self.session_id

    def has_secret(self, secret: str) -> bool:
        """Return whether a token that holds this secret is of this session, in constant time."""
        return hmac.compare_digest(self.secret_hash, hash_of(secret))

    @property
    def is_multiple(self) -> bool:
        """Return whether the log-in showed more than one factor."""
        return MULTIPLE in self.amr

    def lacks_factor(self, limits: SessionLimits) -> bool:
        """Return whether a second factor is required of all and none was shown: a remembered device has shown one before."""
        return limits.guards_all and not self.is_multiple and self.factor_time is None

    def granted(self, user: User, limits: SessionLimits) -> scopes.Scopes:
        """Return the scopes an access token of this session carries now (SC-2).

        Where it lacks a factor there are none; a guarded scope wants it shown in this very log-in.
        """
        if self.lacks_factor(limits):
            return scopes.NONE
        held = user.scopes if self.is_multiple else user.scopes - limits.guarded
        if self.scope is None:
            return held
        return scopes.grant(requested=self.scope, entitled=held | scopes.PROTOCOL)


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a new session shall be: begun from where, on what proof and when, for which client and how far.

    ``existing`` are the records of the user's sessions: some give way where there are too many, never the one that this
    one ``comes_from``. ``auth_time`` None means now; ``factor_time`` is when a second factor was shown, if one was.
    ``created_at`` is from when its greatest age counts, None for now.
    """

    source: Source
    amr: tuple[str, ...]
    client_id: str = FIRST_PARTY
    scope: scopes.Scopes | None = None
    auth_time: int | None = None
    existing: tuple[Record, ...] = ()
    comes_from: Session | None = None
    consent_id: str = ""
    factor_time: int | None = None
    created_at: int | None = None
    acr_values: tuple[str, ...] = ()
    audience: Audience = ()
    is_told: bool = False  # its client, when it ends
    dpop_jkt: str | None = None


@dataclass(frozen=True, slots=True)
class AccountRecords:
    """A user, the records of all its sessions and what else stands beside them, by one query; ``user`` None for nobody."""

    user: User | None
    sessions: tuple[Record, ...] = ()
    others: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that goes on and its user, both as read together: who acts by a token, or is logged in at a browser."""

    user: User
    session: Session


def session_key(user_id: str, session_id: str) -> Key:
    """Return where a session lives: beside its user, so one query reads both."""
    return Key(partition_of("user", user_id), PREFIX + session_id)


def over(  # noqa: PLR0911 - one line a reason
    session: Session | None, user: User | None, *, now: float, limits: SessionLimits
) -> str | None:
    """Return why a session does not go on, one of ``errors.REFRESH_REASONS``, or None while it does. The one rule of it."""
    if user is None:
        return "revoked"
    if session is None:
        return "expired"  # swept away long after its end
    if session.ended:
        return session.ended
    if user.disabled:
        return "disabled"
    if session.epoch != user.epoch:
        return user.epoch_reason
    if now >= session.created_at + limits.absolute:
        return "expired"
    if now >= session.last_used_at + limits.idle:
        return "idle"
    return None


def require_live(
    user: User | None, session: Session | None, *, now: float, limits: SessionLimits
) -> LiveSession:
    """Return both where the session goes on; raise InvalidToken, which tells the log why it does not."""
    reason = over(session, user, now=now, limits=limits)
    if reason is not None or user is None or session is None:
        raise InvalidToken(f"its session is over: {reason}")
    return LiveSession(user, session)
