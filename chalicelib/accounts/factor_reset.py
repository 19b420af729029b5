"""The way back for who has lost every factor: an operator takes them away, after a day in which the person can object."""

from dataclasses import dataclass, replace

from chalicelib.accounts.notices import BY_OPERATOR, Notices
from chalicelib.audit.trail import OPERATOR, Audit, Source
from chalicelib.credentials.factor_records import Reset
from chalicelib.credentials.factors import Factors
from chalicelib.errors import NotFound, Taken
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Check, Remove, Store
from chalicelib.store.retrying import retrying
from chalicelib.users.user import User
from chalicelib.users.users import Users
from chalicelib.world import World

WAIT_SECONDS = 24 * 60 * 60

_BUSY = "The account is being changed by others: try again."


@dataclass(frozen=True, slots=True)
class FactorReset:
    """The verbs of an operator; nothing polls: a reset that is due acts at the next log-in."""

    store: Store
    world: World
    users: Users
    sessions: Sessions
    notices: Notices
    audit: Audit

    def ask(self, user_id: str, *, source: Source, actor: str = OPERATOR) -> int:
        """Return when the factors of now will end, in seconds since the epoch. Raises NotFound."""

        def attempt() -> int:
            user, factors = self._read(user_id)
            now = self.world.timestamp()
            reset = Reset(user_id, Reset.sort, now, now + WAIT_SECONDS)
            write = reset.inserting() if factors.reset is None else factors.reset.replacing(reset)
            audit = self.audit.write("factors_reset_asked", target=user_id, source=source, actor=actor)
            unchanged = (Check(user.record),) if user.record else ()
            telling = self.notices.telling(
                user, "factors_reset_asked", source=BY_OPERATOR, until=reset.due_at
            )
            self.store.commit(write, *factors.clearing(), *unchanged, audit, *telling)
            self.notices.deliver(*telling)
            return reset.due_at

        return retrying(attempt, busy=Taken(_BUSY))

    def act(self, user_id: str, *, source: Source, actor: str = OPERATOR) -> None:
        """Take all factors away at once and end every session. Raises NotFound."""

        def attempt() -> None:
            user, factors = self._read(user_id)
            ended = replace(user.with_sessions_ended("revoked"), may_have_factors=False)
            audit = self.audit.write("factors_reset", target=user_id, source=source, actor=actor)
            telling = self.notices.telling(user, "factors_reset", source=BY_OPERATOR)
            changing = self.users.records.changing(user, ended)
            self.users.commit(*changing, *factors.forgetting(), audit, *telling)
            self.notices.deliver(*telling)

        retrying(attempt, busy=Taken(_BUSY))

    def withdraw(self, user_id: str, *, source: Source, actor: str) -> None:
        """Take back a reset that is not due yet: the person still has the factors. Raises NotFound where there is none."""

        def attempt() -> None:
            _, factors = self._read(user_id)
            if factors.reset is None:
                raise NotFound("reset")
            audit = self.audit.write("factors_reset_withdrawn", target=user_id, source=source, actor=actor)
            self.store.commit(Remove(factors.reset.read), audit)

        retrying(attempt, busy=Taken(_BUSY))

    def _read(self, user_id: str) -> tuple[User, Factors]:
        account = self.sessions.read_account(user_id)
        factors = Factors.of(account.others, now=self.world.now())
        if account.user is None:
            raise NotFound("user")
        if not factors.is_set:
            raise NotFound("second factor of this account")
        return account.user, factors
