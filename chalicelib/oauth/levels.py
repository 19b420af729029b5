"""Whether a request wants a second factor of who is logged in already: by what its client wishes for, and by policy.

``acr_values`` are wishes (OpenID Connect Core sections 3.1.2.1 and 5.5.1.1): they ask for a factor that the person has,
and where there is none the answer says truthfully what was reached. Policy is no wish.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from chalicelib.credentials.factors import PASSKEY, Factors
from chalicelib.scopes import Scopes
from chalicelib.sessions import assurance
from chalicelib.sessions.session import LiveSession, SessionLimits


class Need(Enum):
    """What has to happen first: a factor is shown, or made by a person who has none."""

    FACTOR = "factor"
    ENROLMENT = "enrolment"


@dataclass(frozen=True, slots=True)
class Levels:
    """Judges. ``factors`` reads what a person has now; of who never had any it reads nothing."""

    limits: SessionLimits
    factors: Callable[[LiveSession], Factors]

    def required(self, live: LiveSession) -> Need | None:
        """Return what the policy of this service needs of a log-in."""
        if not live.session.lacks_factor(self.limits):
            return None
        return Need.FACTOR if self.factors(live).is_set else Need.ENROLMENT

    def wanted(self, live: LiveSession, scope: Scopes, acr_values: tuple[str, ...] = ()) -> Need | None:
        """Return what is needed, or would give what is asked for: a level, or a scope that only a second factor opens."""
        required = self.required(live)
        if required is not None:
            return required
        is_weak = bool(acr_values) and assurance.reached(live.session.amr).isdisjoint(acr_values)
        is_narrow = self._opened_by_factor(live, scope)
        if not is_weak and not is_narrow:
            return None
        factors = self.factors(live)
        would_help = factors.is_set and (is_narrow or not _reachable(factors).isdisjoint(acr_values))
        return Need.FACTOR if would_help else None

    def _opened_by_factor(self, live: LiveSession, scope: Scopes) -> bool:
        """Return whether the person holds a scope that is asked for and that this log-in may have only after a factor."""
        session = live.session
        guarded = scope & self.limits.guarded & live.user.scopes
        within = guarded if session.scope is None else guarded & session.scope
        return bool(within) and not session.is_multiple


def _reachable(factors: Factors) -> frozenset[str]:
    """Return the levels that showing one of these reaches."""
    resistant = {assurance.PHISHING_RESISTANT} if PASSKEY in factors.kinds else set()
    return frozenset({assurance.TWO_FACTORS} | resistant)
