"""What an act on the own account asks for again: the password, or a log-in that is fresh (MF-3)."""

from dataclasses import dataclass

from chalicelib.audit.trail import Source
from chalicelib.credentials.password_check import PasswordChecks
from chalicelib.errors import Invalid, NotAllowed
from chalicelib.sessions.session import LiveSession
from chalicelib.world import World, is_within

FRESH_SECONDS = 5 * 60  # a log-in this recent stands for a password (MF-3)


@dataclass(frozen=True, slots=True)
class Reauthentication:
    """Demands a proof of who acts."""

    world: World
    password_checks: PasswordChecks

    def demand(self, acting: LiveSession, *, password: str | None, source: Source) -> None:
        """Demand the password, or a log-in of the last five minutes; a password that is given is right."""
        if password is None and self._is_fresh(acting):
            return
        if acting.user.password is None:
            raise _log_in_again()
        self._prove(acting, password, source=source)

    def demand_password(self, acting: LiveSession, *, password: str | None, source: Source) -> None:
        """Demand the password however fresh the log-in is; the log-in counts where there is no password yet."""
        if acting.user.password is not None or password is not None:
            self._prove(acting, password, source=source)
        elif not self._is_fresh(acting):
            raise _log_in_again()

    def _is_fresh(self, acting: LiveSession) -> bool:
        return is_within(acting.session.auth_time, FRESH_SECONDS, now=self.world.now())

    def _prove(self, acting: LiveSession, password: str | None, *, source: Source) -> None:
        """Demand the password again, throttled like a log-in (TH-4); raise NotAllowed ``wrong_password``."""
        if password is None:
            raise Invalid("The password is asked for again.", errors={"password": "is required"})
        user = acting.user
        proof = self.password_checks.check(
            user,
            name=user.canonical,
            password=password,
            source=source,
            refusal="password_refused",
            is_acting=True,
        )
        if proof is None:
            raise NotAllowed("The password is wrong.", code="wrong_password")
        proof.reservation.succeeded()


def _log_in_again() -> NotAllowed:
    return NotAllowed(
        "Log in again first: there is no password to ask for.", code="reauthentication_required"
    )
