"""What a sensitive act asks again: the second factor of who has one, else the password, or a log-in just now (MF-3)."""

from dataclasses import dataclass

from chalicelib.accounts.notices import Notices
from chalicelib.audit.trail import Source
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factor_check import FactorChecks
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.credentials.factors import Factors
from chalicelib.credentials.password_check import PasswordChecks
from chalicelib.errors import Invalid, NotAllowed, Taken
from chalicelib.i18n.said import said
from chalicelib.sessions.session import LiveSession
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Check, Conflict, Store
from chalicelib.store.retrying import retrying
from chalicelib.world import World, is_within

FRESH_SECONDS = 5 * 60  # a log-in this recent stands for a password, and a factor for a factor (MF-3)
LATELY_SECONDS = 60 * 60  # a second factor this recent is enough for what operators do (SC-4)


@dataclass(frozen=True, slots=True)
class Reauthentication:
    """Demands the proof. What is shown within an act counts for the next five minutes of this session."""

    store: Store
    world: World
    sessions: Sessions
    password_checks: PasswordChecks
    factor_checks: FactorChecks
    notices: Notices

    def demand(
        self,
        acting: LiveSession,
        *,
        password: str | None,
        answer: FactorAnswer | None = None,
        source: Source,
    ) -> LiveSession:
        """Return who acts, as it is then. Raises NotAllowed or Invalid, which say what to show; SlowDown."""
        factors = self.factors(acting)
        if factors.is_set:
            return self._demand_shown(acting, factors, answer, source)
        if not self.password_checks.are_on:
            password = None  # whoever still has one cannot prove anything by it
        if password is None and is_within(acting.session.auth_time, FRESH_SECONDS, now=self.world.now()):
            return acting
        if acting.user.password is None or not self.password_checks.are_on:
            raise NotAllowed(
                "Log in again first: there is no password to ask for.", code="reauthentication_required"
            )
        self._prove(acting, password, source=source)
        return acting

    def demand_password(
        self,
        acting: LiveSession,
        *,
        password: str | None,
        answer: FactorAnswer | None = None,
        source: Source,
    ) -> LiveSession:
        """Demand the password however fresh the log-in is, and the second factor of who has one.

        The log-in counts where there is no password yet.
        """
        if acting.user.password is None and password is None:
            return self.demand(acting, password=None, answer=answer, source=source)
        self._prove(acting, password, source=source)
        factors = self.factors(acting)
        return self._demand_shown(acting, factors, answer, source) if factors.is_set else acting

    def demand_lately(
        self, acting: LiveSession, *, answer: FactorAnswer | None, source: Source
    ) -> LiveSession:
        """Demand a second factor of the last hour of who has one, and of others nothing: what operators do asks for it (SC-4)."""
        factors = self.factors(acting)
        if not factors.is_set:
            return acting
        return self._demand_shown(acting, factors, answer, source, within=LATELY_SECONDS)

    def factors(self, acting: LiveSession) -> Factors:
        """Return the factors of who acts, by one read; none is made where there never were any."""
        if not acting.user.may_have_factors:
            return Factors()
        account = self.sessions.read_account(acting.user.user_id)
        return Factors.of(account.others, now=self.world.now())

    def _prove(self, acting: LiveSession, password: str | None, *, source: Source) -> None:
        """Demand the password, throttled like a log-in (TH-4); raise NotAllowed ``wrong_password``."""
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

    def _demand_shown(
        self,
        acting: LiveSession,
        factors: Factors,
        answer: FactorAnswer | None,
        source: Source,
        within: int = FRESH_SECONDS,
    ) -> LiveSession:
        shown_at = acting.session.factor_time
        if answer is None:
            if shown_at is not None and is_within(shown_at, within, now=self.world.now()):
                return acting
            raise NotAllowed(
                said("Show your second factor again: {kinds}.", kinds=_listed(factors.kinds)),
                code="second_factor_required",
            )
        try:
            return self._take(acting, factors, answer, source)
        except SecondFactorRefused as refused:
            raise NotAllowed(refused.detail, code=refused.public_code) from refused

    def _take(
        self, acting: LiveSession, factors: Factors, answer: FactorAnswer, source: Source
    ) -> LiveSession:
        """Spend a right factor, and write down at the session that it was shown."""
        user_id, session_id = acting.user.user_id, acting.session.session_id
        before = self.factor_checks.own_failures(session_id)
        check = self.factor_checks.check(
            acting.user, factors, answer, attempt=session_id, own_failures=before, source=source
        )

        def commit() -> None:
            shown = self.sessions.showing_factor(acting.session, self.world.timestamp())
            unchanged = (Check(acting.user.record),) if acting.user.record else ()
            writes = check.writes()
            self.store.commit(*writes, shown, *unchanged)
            self.notices.deliver(*writes)

        def reread(conflict: Conflict) -> None:
            nonlocal acting, check
            acting = self.sessions.require_live(user_id, session_id)
            now = self.factors(acting)
            check = self.factor_checks.again(
                check, conflict, user=acting.user, factors=now, answer=answer, source=source
            )

        with check.reservation:
            retrying(commit, reread=reread, busy=Taken("The account is being changed: try again."))
        return self.sessions.require_live(user_id, session_id)


def _listed(kinds: tuple[str, ...]) -> str:
    return " or ".join(kind.replace("_", " ") for kind in kinds)
