"""The one doorway for proving a second factor: reserved before it is checked, settled whatever comes, written down.

What is proven is spent in the commit that it allows, so it counts once (MF-1). A short code has a budget for a year;
what nobody can guess has none of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import logs
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.factor_answers import (
    ONE_TIME,
    FactorAnswer,
    FactorCheck,
    demand_unspent,
    holder_of,
    key_amr,
)
from chalicelib.credentials.factor_records import Passkey
from chalicelib.credentials.factor_refusals import SecondFactorRefused, SecondFactorRequired
from chalicelib.credentials.factors import TOTP, Factors
from chalicelib.credentials.passkeys import Passkeys
from chalicelib.credentials.recovery_codes import RecoveryCodeBook
from chalicelib.credentials.throttling import Reservation, Throttle
from chalicelib.credentials.totp import Totps
from chalicelib.errors import SlowDown
from chalicelib.keys.secret_hash import hash_of
from chalicelib.store import Conflict, Key, Store, Write
from chalicelib.users.user import User
from chalicelib.world import World

NOTED_SECONDS = 60 * 60  # a budget that is spent is written down once in this time (DS-3)
TRIES_SECONDS = 60 * 60  # how long the failures of one log-in are its own

_WRONG = "This code is wrong. Look at the clock of the device that shows it, or use another way."


Telling = Callable[[User, Source], tuple[Write, ...]]


@dataclass(frozen=True, slots=True)
class FactorChecks:
    """Checks factors of a user whose first proof was right, or who has a session.

    ``telling`` returns the writes that tell a person of a used recovery code; whoever commits them has them delivered.
    """

    store: Store
    world: World
    totps: Totps
    passkeys: Passkeys
    throttle: Throttle
    audit: Audit
    telling: Telling = lambda _user, _source: ()

    def demand(
        self, user: User, factors: Factors, answer: FactorAnswer | None, *, attempt: str, source: Source
    ) -> FactorCheck:
        """Return the proof for an act that begins no session; of who has no factor nothing is demanded.

        Raises SecondFactorRequired, without a token, where nothing was shown; else as :meth:`check`.
        """
        if not factors.is_set:
            return FactorCheck("", (), (), Reservation(()))
        if answer is None:
            raise SecondFactorRequired(None, factors.kinds)
        before = self.own_failures(attempt)
        return self.check(user, factors, answer, attempt=attempt, own_failures=before, source=source)

    def check(
        self,
        user: User,
        factors: Factors,
        answer: FactorAnswer,
        *,
        attempt: str,
        own_failures: int = 0,
        source: Source,
    ) -> FactorCheck:
        """Return the proof. Raises SecondFactorRefused, SlowDown, Invalid.

        ``attempt`` names the log-in or the session that it is for; ``own_failures`` were counted of it before.
        """
        kind = answer.kind
        reservation = self._reserve(user, kind, own_failures, source)
        try:
            check = self._verify(user, factors, answer, kind, reservation, source)
        except SecondFactorRefused as refused:
            self._failed(user, reservation, refused, kind, attempt, source)
            raise
        except BaseException:
            reservation.withdraw()
            raise
        return check

    def again(
        self,
        check: FactorCheck,
        conflict: Conflict,
        *,
        user: User,
        factors: Factors,
        answer: FactorAnswer,
        source: Source,
    ) -> FactorCheck:
        """Return the proof on what is there now, after its commit lost a race. Raises SecondFactorRefused."""
        check.reservation.lost(conflict)
        demand_unspent(conflict)
        if not check.kind:  # who had no factor before may have one now
            return self.demand(user, factors, None, attempt="", source=source)
        return self._verify(user, factors, answer, check.kind, check.reservation, source)

    def passkey_options(
        self, source: Source, passkeys: Sequence[Passkey] = (), *, verified: bool
    ) -> dict[str, Any]:
        """Return what the browser that asks shall want of a passkey; without ``passkeys`` of any for this site."""
        return self.passkeys.request_options(passkeys, holder=holder_of(source), verified=verified)

    def own_failures(self, attempt: str) -> int:
        """Return how many wrong codes were shown for one log-in or act, by one read."""
        (tries,) = self.store.get(self.failures(attempt))
        return tries.data.get("failures", 0) if tries else 0

    def failures(self, attempt: str) -> Key:
        """Return where the failures of one log-in are counted, to be read with it."""
        return Key(f"factor-tries#{hash_of(attempt)}", "count")

    def _reserve(self, user: User, kind: str, own_failures: int, source: Source) -> Reservation:
        if kind != TOTP:
            return self.throttle.admit(source.network)
        try:
            return self.throttle.reserve_code(user.user_id, network=source.network, own_failures=own_failures)
        except SlowDown:
            if self.throttle.is_first("told-code", user.user_id, seconds=NOTED_SECONDS):
                self._write_down("second_factor_refused", user, source, "slow_down", kind)
            raise

    def _verify(
        self,
        user: User,
        factors: Factors,
        answer: FactorAnswer,
        kind: str,
        reservation: Reservation,
        source: Source,
    ) -> FactorCheck:
        if answer.totp is not None:
            spent = self._totp(factors, answer.totp)
            return FactorCheck(kind, ONE_TIME, (spent,), reservation)
        if answer.recovery_code is not None:
            spent = self._recovery_code(factors, answer.recovery_code)
            used = self.audit.write("recovery_code_used", target=user.user_id, source=source)
            telling = self.telling(user, source)
            return FactorCheck(kind, ONE_TIME, (spent, used, *telling), reservation)
        shown = self.passkeys.verify(
            factors.passkeys, answer.passkey or {}, holder=holder_of(source), verified=False
        )
        writes = shown.writes(self.world.now())
        return FactorCheck(kind, key_amr(shown.passkey), writes, reservation)

    def _totp(self, factors: Factors, code: str) -> Write:
        step = None if factors.totp is None else self.totps.step_of(factors.totp, code)
        if step is None or factors.totp is None:
            raise SecondFactorRefused(_WRONG)
        if self.totps.is_spent(factors.totp, step):
            raise SecondFactorRefused("This code was used already: wait for the next one.", reason="used")
        return self.totps.spending(factors.totp, step)

    @staticmethod
    def _recovery_code(factors: Factors, code: str) -> Write:
        codes = factors.recovery_codes
        spent = None if codes is None or not factors.is_set else RecoveryCodeBook.spending(codes, code)
        if spent is None:
            raise SecondFactorRefused("This recovery code is wrong, or was used before.")
        return spent

    def _failed(
        self,
        user: User,
        reservation: Reservation,
        refused: SecondFactorRefused,
        kind: str,
        attempt: str,
        source: Source,
    ) -> None:
        """Settle a refused factor. A code that was used is no guess; each other one counts, also as one of this log-in."""
        if refused.reason == "used":
            reservation.withdraw()
        else:
            reservation.failed()
            if kind == TOTP:
                until = self.world.timestamp() + TRIES_SECONDS
                self.store.bump(self.failures(attempt), {"failures": 1}, expires_at=until)
        event = "passkey_cloned" if refused.reason == "cloned" else "second_factor_refused"
        self._write_down(event, user, source, refused.reason, kind)
        logs.metric("SecondFactorFailures", request_id=source.request_id)

    def _write_down(self, event: str, user: User, source: Source, outcome: str, kind: str) -> None:
        self.audit.record(event, target=user.user_id, source=source, outcome=outcome, kind=kind)
