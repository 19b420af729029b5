"""The one doorway for proving a password: reserved before it is checked, settled whatever comes, written down (TH-2, TH-4)."""

from dataclasses import dataclass

from chalicelib import logs
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.passwords import Passwords
from chalicelib.credentials.throttling import Reservation, Throttle
from chalicelib.errors import SlowDown
from chalicelib.store import Write
from chalicelib.users.user import User

NOTED_SECONDS = 60 * 60  # a throttled account is written down once in this time, however many try (DS-3)


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """A right password: a better hash to keep, if there is one, and the reservation that a commit clears.

    Commit ``cleared`` within ``with proof.reservation``: what stops the commit then weighs on nobody.
    """

    new_hash: str | None
    reservation: Reservation

    @property
    def cleared(self) -> tuple[Write, ...]:
        """Return the writes that clear the throttle."""
        return self.reservation.cleared()


@dataclass(frozen=True, slots=True)
class PasswordChecks:
    """Checks passwords of users, known or not, at the same cost and within the same budgets (EN-2)."""

    passwords: Passwords
    throttle: Throttle
    audit: Audit

    @property
    def are_on(self) -> bool:
        """Return whether anybody logs in by password."""
        return self.passwords.is_on

    def check_form(self, password: str) -> None:
        """Raise Invalid for what can be nobody's password, before anything is read."""
        self.passwords.check_form(password)

    def check(
        self,
        user: User | None,
        *,
        name: str,
        password: str,
        source: Source,
        refusal: str = "log_in_failed",
        is_acting: bool = False,
    ) -> PasswordCheck | None:
        """Return the proof, or None for a wrong password, no such user and a disabled one, written down as ``refusal``.

        ``name`` is the canonical name that was given; all names of a known user share one budget (TH-4): once that is
        spent, no password is right any more. Raises SlowDown, which depends on the name and the network alone, and for
        ``is_acting``, a person with a session, on the account too: there it reveals nothing.
        """
        self.check_form(password)
        reservation = self._reserve(user, name, source, is_acting=is_acting)
        try:
            verdict = self.passwords.verify(password, user.password if user else None)
        except BaseException:
            reservation.withdraw()
            raise
        if user is not None and verdict.ok and user.may_prove and reservation.spent is None:
            return PasswordCheck(verdict.new_hash, reservation)
        reservation.failed()
        if reservation.spent is not None:
            self._write_down_throttled(user, name, source)
        else:
            self._write_down(refusal, user, source, "wrong_password")
        logs.metric("LogInFailures", request_id=source.request_id)
        return None

    def _reserve(self, user: User | None, name: str, source: Source, *, is_acting: bool) -> Reservation:
        account, known = (name, ()) if user is None else (user.canonical, user.networks)
        try:
            reservation = self.throttle.reserve_guess(
                name=name, account=account, network=source.ip, known=known
            )
            if is_acting and reservation.spent is not None:
                reservation.withdraw()
                raise reservation.spent
        except SlowDown:
            self._write_down_throttled(user, name, source)
            raise
        return reservation

    def _write_down_throttled(self, user: User | None, name: str, source: Source) -> None:
        account = name if user is None else user.canonical
        if self.throttle.is_first("told", account, seconds=NOTED_SECONDS):
            self._write_down("log_in_throttled", user, source, "slow_down")

    def _write_down(self, event: str, user: User | None, source: Source, outcome: str) -> None:
        target = None if user is None else user.user_id
        self.audit.record(event, target=target, source=source, outcome=outcome)
