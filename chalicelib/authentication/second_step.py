"""The log-ins that end with a second factor, or that begin and end with a passkey alone."""

from dataclasses import dataclass, replace

from chalicelib.audit.trail import Audit, Source
from chalicelib.authentication.log_in import LogIn, LogInResult
from chalicelib.authentication.pending_log_in import PendingLogIn, over
from chalicelib.authentication.second_factor import SecondFactor
from chalicelib.credentials.factor_answers import (
    FactorAnswer,
    FactorCheck,
    demand_unspent,
    holder_of,
    key_amr,
)
from chalicelib.credentials.factor_check import FactorChecks
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.credentials.factors import Factors
from chalicelib.credentials.passkey_answers import assertion
from chalicelib.credentials.passkeys import Assertion, Passkeys
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import Taken
from chalicelib.sessions.session import MULTIPLE, AccountRecords, SessionRequest
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Conflict, key_of
from chalicelib.store.retrying import retrying
from chalicelib.users import user_ids
from chalicelib.users.user import User
from chalicelib.world import World

_BUSY = "The account is being changed: try again."
_NOBODYS = "This passkey opens no account here."


@dataclass(frozen=True, slots=True)
class SecondStep:
    """Finishes what :class:`LogIn` left pending, and logs in by passkey."""

    world: World
    sessions: Sessions
    log_in: LogIn
    second_factor: SecondFactor
    checks: FactorChecks
    passkeys: Passkeys
    throttle: Throttle
    audit: Audit

    def finish(
        self, pending_token: str, answer: FactorAnswer, *, remember: bool = False, source: Source
    ) -> LogInResult:
        """Begin the session that is pending, with a right second factor; ``remember`` spares this browser the next ones.

        Raises SecondFactorRefused, SlowDown, Invalid. The factor and what is pending are spent in one commit with it.
        """
        pending = self.second_factor.pending.find(pending_token, source=source)
        account = self.sessions.read_account(pending.user_id)
        user, factors = pending.owner(account), self.second_factor.factors(account)
        check = self.checks.check(
            user,
            factors,
            answer,
            attempt=pending_token,
            own_failures=pending.own_failures,
            source=source,
        )

        def attempt() -> LogInResult:
            return self._begin(pending, account, check, remember=remember, source=source)

        def reread(conflict: Conflict) -> None:
            nonlocal account, check
            if key_of(pending.spending) in conflict.keys:
                raise over()
            account = self.sessions.read_account(pending.user_id)
            user, factors = pending.owner(account), self.second_factor.factors(account)
            check = self.checks.again(
                check, conflict, user=user, factors=factors, answer=answer, source=source
            )

        with check.reservation:
            return retrying(attempt, reread=reread, busy=Taken(_BUSY))

    def waiting(self, pending_token: str, *, source: Source) -> Factors:
        """Return what can be shown for a log-in that is pending. Raises SecondFactorRefused ``over``."""
        pending = self.second_factor.pending.find(pending_token, source=source)
        account = self.sessions.read_account(pending.user_id)
        pending.owner(account)
        return self.second_factor.factors(account)

    def _begin(
        self,
        pending: PendingLogIn,
        account: AccountRecords,
        check: FactorCheck,
        *,
        remember: bool,
        source: Source,
    ) -> LogInResult:
        user, factors = pending.owner(account), self.second_factor.factors(account)
        token, keeping = self.second_factor.remembering(user, factors, source) if remember else (None, ())
        writes = (pending.spending, *check.writes(), *keeping)
        wanted = self.second_factor.shown(pending, check, source)
        signed_in = self.log_in.start(
            account, wanted, writes=writes, detail={**pending.detail, "second_factor": check.kind}
        )
        return replace(signed_in, device_token=token)

    def with_passkey(self, answer: FactorAnswer, *, source: Source) -> LogInResult:
        """Log in by a passkey that knew its person: it proves two factors at once. Raises SecondFactorRefused.

        Of no account, of a disabled one and with a wrong signature are one answer (EN-1).
        """
        self.throttle.admit(source.network)
        given = assertion(answer.passkey or {})
        user_id = given.user_handle or ""
        if not user_ids.is_user_id(user_id):
            raise SecondFactorRefused(_NOBODYS)

        def attempt() -> LogInResult:
            account = self.sessions.read_account(user_id)
            user = account.user
            if user is None or not user.may_prove:
                raise SecondFactorRefused(_NOBODYS)
            shown = self._shown(user, account, answer, source)
            amr = (*key_amr(shown.passkey), MULTIPLE)
            wanted = SessionRequest(source, amr, factor_time=self.world.timestamp())
            writes = shown.writes(self.world.now())
            return self.log_in.start(account, wanted, writes=writes, detail={"passkey": shown.passkey.name})

        return retrying(attempt, reread=demand_unspent, busy=Taken(_BUSY))

    def _shown(self, user: User, account: AccountRecords, answer: FactorAnswer, source: Source) -> Assertion:
        passkeys = self.second_factor.factors(account).passkeys
        try:
            return self.passkeys.verify(
                passkeys, answer.passkey or {}, holder=holder_of(source), verified=True
            )
        except SecondFactorRefused as refused:
            if refused.reason == "cloned":
                self.audit.record("passkey_cloned", target=user.user_id, source=source, outcome="cloned")
            else:
                self.audit.count_nobody("second_factor_refused")
            raise
