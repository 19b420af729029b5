"""The one doorway for proving a password: reserved before it is checked, settled whatever comes, written down (TH-2, TH-4)."""

from dataclasses import dataclass

from chalicelib import logs
from chalicelib.audit import Audit, Source
from chalicelib.errors import SlowDown
from chalicelib.networks import network_of
from chalicelib.passwords import Passwords
from chalicelib.store import Write
from chalicelib.throttling import Throttle
from chalicelib.user import User


@dataclass(frozen=True, slots=True)
class Proof:
    """A right password: a better hash to keep, if there is one, and the writes that clear the throttle."""

    new_hash: str | None
    cleared: tuple[Write, ...]


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

        ``account`` is the canonical name that was given. Raises SlowDown when its budget, or the network's, is spent.
        """
        self.passwords.check_form(password)
        network = network_of(source.ip)
        known = user is not None and user.known_from(network)
        try:
            reservation = self.throttle.reserve(account=account, network=network, known=known)
        except SlowDown:
            self._write_down("log_in_throttled", user, source, "slow_down")
            raise
        with reservation:
            verdict = self.passwords.verify(password, user.password if user else None)
            if user is None or user.disabled or not verdict.ok:
                reservation.failed()
                self._write_down(refusal, user, source, "wrong_password")
                logs.metric("LogInFailures", request_id=source.request_id)
                return None
        return Proof(verdict.new_hash, reservation.cleared())

    def _write_down(self, event: str, user: User | None, source: Source, outcome: str) -> None:
        if user is None:
            self.audit.count_nobody(event)
        else:
            self.audit.record(event, target=user.user_id, source=source, outcome=outcome)
