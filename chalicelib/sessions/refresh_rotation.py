"""The line of refresh tokens of one session: which of them still count, and what spending one makes of the session.

A token spent within the grace window, however many steps back, stands for the session's current one (D2, SE-3); an
older one was used twice (SE-2). Between the two lies what clocks that differ cannot tell apart: such a token gets
nothing and ends nothing. Why: ``docs/decisions/0013-clocks.md``. Pure rules: :mod:`.sessions` reads and writes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.sessions.refresh_tokens import RefreshToken
from chalicelib.sessions.session import Session, SessionLimits, over
from chalicelib.store import Write
from chalicelib.users.user import User
from chalicelib.world import SKEW_SECONDS, is_within

MAX_SPENT = 32  # spends remembered while they may be repeated; past it the counter rests


@dataclass(frozen=True, slots=True)
class Moved:
    """A refresh that was honoured: the session as it is now and its current token. ``extra`` is what ``issue`` made."""

    user: User
    session: Session
    refresh_token: str
    extra: Any


Issue = Callable[[User, Session], tuple[Any, Iterable[Write]]]


def refusal(
    token: RefreshToken,
    user: User | None,
    session: Session | None,
    *,
    client_id: str,
    now: float,
    limits: SessionLimits,
) -> str | None:
    """Return why a token is not honoured, one of ``errors.REFRESH_REASONS``, or None where it is."""
    if session is not None and not _is_of(token, session, client_id):
        return "invalid_token"
    reason = over(session, user, now=now, limits=limits)
    if reason is not None or session is None:
        return reason
    if token.counter > session.counter:
        return "revoked"  # the store was restored to a time before this token (DL-3)
    if token.counter == session.counter:
        return None
    return _refusal_of_spent(token.counter, session, now=now, grace=limits.grace)


def spend(session: Session, counter: int, *, now: float, grace: float) -> Session:
    """Return the session moved on by its token of this counter; the very same one for a forgiven replay."""
    recent = tuple((spent, when) for spent, when in session.spent if _may_repeat(when, now=now, grace=grace))
    if counter != session.counter or len(recent) >= MAX_SPENT:
        return session
    return replace(session, counter=counter + 1, last_used_at=now, spent=(*recent, (counter, now)))


def _is_of(token: RefreshToken, session: Session, client_id: str) -> bool:
    return session.client_id == client_id and session.has_secret(token.secret)


def _refusal_of_spent(counter: int, session: Session, *, now: float, grace: int) -> str | None:
    """Return None for a token spent a moment ago, ``spent`` where clocks may be wrong about that, else ``reused``."""
    times = [when for spent, when in session.spent if spent == counter]
    if any(0 <= now - when < grace for when in times):
        return None
    return "spent" if any(_may_repeat(when, now=now, grace=grace) for when in times) else "reused"


def _may_repeat(when: float, *, now: float, grace: float) -> bool:
    """Tell whether, by some clock that differs by the skew at most, the grace window is open. One of 0 s never is."""
    return grace > 0 and is_within(when, grace + SKEW_SECONDS, now=now)
