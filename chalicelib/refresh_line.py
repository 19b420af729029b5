"""The line of refresh tokens of one session: which of them still count, and what spending one makes of the session.

A token spent within the grace window, however many steps back, stands for the session's current one (D2, SE-3); any
older one was used twice (SE-2). Pure rules over values: :mod:`chalicelib.sessions` reads and writes.
"""

import hmac
from dataclasses import replace

from chalicelib.refresh_tokens import RefreshToken
from chalicelib.session import Session, SessionLimits, over
from chalicelib.user import User

MAX_SPENT = 32  # spends remembered within the grace window; past it the counter rests


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
    if token.counter == session.counter or _is_forgiven(token.counter, session, now - limits.grace):
        return None
    return "reused"


def spend(session: Session, counter: int, *, now: float, grace: float) -> Session:
    """Return the session moved on by its token of this counter; the very same one for a forgiven replay."""
    recent = tuple((spent, when) for spent, when in session.spent if when > now - grace)
    if counter != session.counter or len(recent) >= MAX_SPENT:
        return session
    return replace(session, counter=counter + 1, last_used_at=now, spent=(*recent, (counter, now)))


def _is_of(token: RefreshToken, session: Session, client_id: str) -> bool:
    return session.client_id == client_id and hmac.compare_digest(session.secret_hash, token.secret_hash())


def _is_forgiven(counter: int, session: Session, since: float) -> bool:
    return any(spent == counter and when > since for spent, when in session.spent)
