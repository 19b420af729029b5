"""A second factor of who is logged in already: a session of a higher level takes the place of the one before (SE-8)."""

from dataclasses import dataclass

from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogIn, LogInResult
from chalicelib.authentication.pending_log_in import over
from chalicelib.authentication.second_factor import SecondFactor
from chalicelib.credentials.factor_answers import FactorAnswer, FactorCheck
from chalicelib.credentials.factor_check import FactorChecks
from chalicelib.errors import Taken
from chalicelib.sessions.session import (
    MULTIPLE,
    AccountRecords,
    LiveSession,
    Session,
    SessionRequest,
    session_key,
)
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Conflict
from chalicelib.store.retrying import retrying
from chalicelib.world import World


@dataclass(frozen=True, slots=True)
class StepUp:
    """Takes the factor and changes the session."""

    world: World
    sessions: Sessions
    log_in: LogIn
    second_factor: SecondFactor
    checks: FactorChecks

    def raise_level(self, before: LiveSession, answer: FactorAnswer, *, source: Source) -> LogInResult:
        """Return the new session. Raises SecondFactorRefused, ``over`` where the one before has ended; SlowDown, Invalid.

        The first proof was not shown again, so ``auth_time`` and the session's greatest age stay as they were.
        """
        session_id = before.session.session_id
        account, live = self._read(before)
        check = self.checks.check(
            live.user,
            self.second_factor.factors(account),
            answer,
            attempt=session_id,
            own_failures=self.checks.own_failures(session_id),
            source=source,
        )

        def attempt() -> LogInResult:
            return self._replace(account, live.session, check, source)

        def reread(conflict: Conflict) -> None:
            nonlocal account, live, check
            account, live = self._read(before)
            factors = self.second_factor.factors(account)
            check = self.checks.again(
                check, conflict, user=live.user, factors=factors, answer=answer, source=source
            )

        with check.reservation:
            return retrying(attempt, reread=reread, busy=Taken("The account is being changed: try again."))

    def _read(self, before: LiveSession) -> tuple[AccountRecords, LiveSession]:
        account = self.sessions.read_account(before.user.user_id)
        key = session_key(before.user.user_id, before.session.session_id)
        found = next((Session.from_record(record) for record in account.sessions if record.key == key), None)
        live = self.sessions.live_of(account.user, found)
        if live is None:
            raise over()
        return account, live

    def _replace(
        self, account: AccountRecords, before: Session, check: FactorCheck, source: Source
    ) -> LogInResult:
        wanted = SessionRequest(
            source,
            amr=tuple(dict.fromkeys((*before.amr, *check.amr, MULTIPLE))),
            scope=before.scope,
            auth_time=before.auth_time,
            created_at=before.created_at,
            comes_from=before,
            factor_time=self.world.timestamp(),
        )
        writes = (*self.sessions.ending(before, reason="revoked", telling=False), *check.writes())
        detail = {"second_factor": check.kind, "replaces": before.session_id}
        return self.log_in.start(account, wanted, writes=writes, detail=detail)
