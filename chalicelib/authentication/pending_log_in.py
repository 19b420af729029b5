"""A pending log-in: the first proof was right, a second factor is still to come (MF-2).

Its token (``cbm_``) is of a kind of its own, kept by hash; it lives five minutes, belongs to the browser or the program
that began it, opens nothing, and is spent in the commit that begins the session.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib import scopes
from chalicelib.audit.trail import Source
from chalicelib.credentials.factor_answers import holder_of
from chalicelib.credentials.factor_check import FactorChecks
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.keys.secret_hash import hash_of
from chalicelib.sessions.session import AccountRecords, SessionRequest
from chalicelib.store import Insert, Key, Remove, Store, Write
from chalicelib.store.stored_values import StoredRecord, stored_as
from chalicelib.users.user import User
from chalicelib.world import World, is_within

PREFIX = "cbm_"
SECONDS = 5 * 60

_FORM = re.compile(r"cbm_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class PendingLogIn(StoredRecord):
    """What was proven, by whom, and which session was wanted. ``epoch`` is the user's then: what ended all sessions ends it."""

    user_id: str
    epoch: int
    amr: tuple[str, ...]
    scope: scopes.Scopes | None
    auth_time: int | None
    holder: str  # hashed
    begun_at: int  # seconds since the epoch
    detail: Mapping[str, str] = field(default_factory=dict)  # for the trail
    own_failures: int = field(
        default=0, metadata=stored_as(None)
    )  # codes that were shown for it and were wrong

    @property
    def spending(self) -> Write:
        """Return the write that spends it, as read: of two commits that hold it one fails."""
        if self.record is None:
            raise ValueError("only a pending log-in that was read can be spent")
        return Remove(self.record)

    def owner(self, account: AccountRecords) -> User:
        """Return the person as it is now; raise SecondFactorRefused ``over`` where its sessions were ended meanwhile."""
        user = account.user
        if user is None or not user.may_prove or user.epoch != self.epoch:
            raise over()
        return user


@dataclass(frozen=True, slots=True)
class PendingLogIns:
    """Begins and finds them."""

    store: Store
    world: World
    checks: FactorChecks

    def begin(self, user: User, wanted: SessionRequest, detail: Mapping[str, str]) -> tuple[str, Write]:
        """Return the token of a new pending log-in, and the write that makes it good."""
        token, now = PREFIX + self.world.secret(), self.world.timestamp()
        pending = PendingLogIn(
            user_id=user.user_id,
            epoch=user.epoch,
            amr=wanted.amr,
            scope=wanted.scope,
            auth_time=wanted.auth_time,
            holder=hash_of(holder_of(wanted.source)),
            begun_at=now,
            detail=dict(detail),
        )
        return token, Insert(_key(token), pending.data(), expires_at=now + SECONDS)

    def find(self, token: str, *, source: Source) -> PendingLogIn:
        """Return what is pending, by one read. Raises SecondFactorRefused ``over``: spent, too old, or another's."""
        if not _FORM.fullmatch(token):
            raise over()
        record, tries = self.store.get(_key(token), self.checks.failures(token))
        if record is None:
            raise over()
        failures = tries.data.get("failures", 0) if tries else 0
        pending = PendingLogIn.from_data(record.data, record=record, own_failures=failures)
        is_holders = hmac.compare_digest(pending.holder, hash_of(holder_of(source)))
        if not is_holders or not is_within(pending.begun_at, SECONDS, now=self.world.now()):
            raise over()
        return pending


def over() -> SecondFactorRefused:
    """Return the refusal that sends back to the beginning."""
    return SecondFactorRefused(
        "This log-in took too long, or was begun elsewhere: log in again.", reason="over"
    )


def _key(token: str) -> Key:
    return Key(f"pending#{hash_of(token)}", "log-in")
