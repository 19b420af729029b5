"""The one doorway for proving a password: reserved before it is checked, settled whatever comes, written down (TH-2, TH-4)."""

from dataclasses import dataclass

from chalicelib import logs
from chalicelib.audit import Audit, Source
from chalicelib.errors import SlowDown
from chalicelib.networks import network_of
from chalicelib.passwords import Passwords
from chalicelib.store import Write
from chalicelib.throttling import Reservation, Throttle
from chalicelib.user import User

TOLD_SECONDS = 60 * 60  # a throttled account is written down once in this time, however many try (DS-3)


@dataclass(frozen=True, slots=True)
class Proof:
    """A right password: a better hash to keep, if there is one, and the reservation that a commit clears.

    Commit ``cleared`` within ``with proof.reservation``: what befalls the commit then weighs on nobody.
    """

    new_hash: str | None
    reservation: Reservation

    @property
    def cleared(self) -> tuple[Write, ...]:
        """Return the writes that clear the throttle."""
        return self.reservation.cleared()


@dataclass(frozen=True, slots=True)
class PasswordProofs:
    """Checks passwords of users, known or not, at the same cost and within the same budgets (EN-2)."""

    passwords: Passwords
    throttle: Throttle
    audit: Audit

    def prove(
        self,
        user: User | None,
        *,
        account: str,
        password: str,
        source: Source,
        refusal: str = "log_in_failed",
    ) -> Proof | None:
        """Return the proof, or None for a wrong password, no such user and a disabled one, written down as ``refusal``.

        ``account`` is the canonical name that was given; all names of a known user share one budget (TH-4). Raises
        SlowDown when it, or the network's, is spent.
        """
        self.passwords.check_form(password)
        account = account if user is None else user.canonical
        network = network_of(source.ip)
        known = user is not None and user.known_from(network)
        try:
            reservation = self.throttle.reserve(account=account, network=network, known=known)
        except SlowDown:
            if self.throttle.is_first("told", account, seconds=TOLD_SECONDS):
                self._write_down("log_in_throttled", user, source, "slow_down")
            raise
        with reservation:
            verdict = self.passwords.verify(password, user.password if user else None)
            if user is None or user.disabled or not verdict.ok:
                reservation.failed()
                self._write_down(refusal, user, source, "wrong_password")
                logs.metric("LogInFailures", request_id=source.request_id)
                return None
        return Proof(verdict.new_hash, reservation)

    def _write_down(self, event: str, user: User | None, source: Source, outcome: str) -> None:
        if user is None:
            self.audit.count_nobody(event)
        else:
            self.audit.record(event, target=user.user_id, source=source, outcome=outcome)
