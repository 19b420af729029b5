"""An operator's view: a look at a person's account as that person sees it, for ten minutes, reading only (OV-1 to OV-7).

It hangs on the operator's own log-in and is stored nowhere. Whoever takes it reads operator, log-in and person anew, so it
ends with any of them, and with the scope: docs/decisions/0106-seeing-as-a-person-sees.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib import scopes
from chalicelib.errors import InvalidToken
from chalicelib.jose.claims import FIRST_PARTY, AccessClaims
from chalicelib.sessions.session import LiveSession, Session, SessionLimits, require_live, session_key
from chalicelib.store import Key, Record
from chalicelib.users.user import User, profile_key

VIEW_SECONDS = 10 * 60


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, at whom, and what both of them may: no right of one of the two alone is in it."""

    operator: LiveSession
    person: User
    scope: scopes.Scopes

    def acting(self) -> LiveSession:
        """Return the person as if logged in, by a log-in at which nothing was proven: it is fresh for nothing (MF-3)."""
        nothing_proven = replace(
            self.operator.session,
            user_id=self.person.user_id,
            auth_time=0,
            factor_time=None,
            amr=(),
            record=None,
        )
        return LiveSession(self.person, nothing_proven)


def keys_of(claims: AccessClaims) -> tuple[Key, ...]:
    """Return what has to be read to judge a view: the operator, the operator's log-in, the person."""
    operator = claims.act or "-"
    return profile_key(operator), session_key(operator, claims.sid or "-"), profile_key(claims.sub)


def judged(records: Sequence[Record | None], *, now: float, limits: SessionLimits) -> View:
    """Return a view by the records of :func:`keys_of`; raise InvalidToken, which tells the log why it is over."""
    operator, log_in, person = records
    live = require_live(
        User.from_record(operator) if operator else None,
        Session.from_record(log_in) if log_in else None,
        now=now,
        limits=limits,
    )
    held = live.session.granted(live.user, limits)
    if not scopes.covers(held, scopes.ADMINISTER) or live.session.client_id != FIRST_PARTY:
        raise InvalidToken(f"its operator does not hold {scopes.ADMINISTER} any more")
    seen = User.from_record(person) if person else None
    if seen is None or seen.disabled:
        raise InvalidToken("the account that is looked at is disabled or gone")
    if scopes.are_about_users(seen.scopes):
        raise InvalidToken("the account that is looked at is an operator's")
    return View(live, seen, held & seen.scopes)
