"""A way back for who forgot the password: a link to the verified address, good once, for half an hour (PW-7)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib import logs
from chalicelib.accounts.change_of_address import ChangeOfAddress
from chalicelib.accounts.mailed_tickets import Asking, MailedTickets, written_to
from chalicelib.accounts.notices import Notices
from chalicelib.audit.trail import Audit, Source
from chalicelib.authentication.second_factor import SecondFactor
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factor_check import FactorChecks
from chalicelib.credentials.passwords import Passwords
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import Invalid, Taken
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import PASSWORD_RESET
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Conflict, StoreUnavailable, Write
from chalicelib.store.retrying import retrying
from chalicelib.users.user import User, login_name
from chalicelib.users.users import Users


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """Asks for the link and honours it."""

    users: Users
    mailed: MailedTickets
    passwords: Passwords
    throttle: Throttle
    notices: Notices
    addresses: ChangeOfAddress
    sessions: Sessions
    gate: SecondFactor
    checks: FactorChecks
    audit: Audit

    def ask(self, login: str, *, source: Source) -> None:
        """Send the link to the verified address of a user name or address, if there is one: the same for all (EN-3).

        Raises Invalid for what can be no name, SlowDown for what this network asked.
        """
        self.passwords.demand_on()
        asking = Asking(PASSWORD_RESET, "reset_password", "password_reset_asked", login_name(login))
        self.mailed.send(asking, source=source)

    def ask_for(self, user_id: str, *, source: Source, actor: str) -> None:
        """Send the link to a person, as an operator. Raises NotFound, Invalid where there is nowhere to send it, SlowDown."""
        self.passwords.demand_on()
        user = self.users.require(user_id)
        if not written_to(user):
            raise Invalid("The account has no verified address, or is disabled: no mail can be sent to it.")
        asking = Asking(PASSWORD_RESET, "reset_password", "password_reset_asked", user.canonical, actor=actor)
        self.mailed.send(asking, source=source)

    def read(self, text: str) -> tuple[Ticket, User]:
        """Return the ticket of a link and whose it is, spending nothing. Raises TicketRefused."""
        self.passwords.demand_on()
        ticket = self.mailed.tickets.read(text, PASSWORD_RESET)
        return ticket, self.mailed.owner(ticket)

    def kinds(self, user: User) -> tuple[str, ...]:
        """Return the second factors that a person can show, none where none is set."""
        factors = self.gate.factors(self.sessions.read_account(user.user_id))
        return factors.kinds if factors.is_set else ()

    def set_password(
        self, text: str, *, new: str, answer: FactorAnswer | None = None, source: Source
    ) -> User:
        """Set the password, end every session and spend the ticket, in one commit; return the user.

        Whoever has a second factor shows it (PW-7): else SecondFactorRequired, and the ticket stays as it is, as it does
        where the password is refused (Invalid). Lifts the lock that wrong guesses made (TH-5).
        """
        ticket, user = self.read(text)
        self.passwords.check_new(new, context=user.words)
        account = self.sessions.read_account(user.user_id)
        factors = self.gate.factors(account)
        check = self.checks.demand(user, factors, answer, attempt=ticket.nonce, source=source)

        def attempt() -> tuple[User, tuple[Write, ...]]:
            spending = (self.mailed.tickets.spending(ticket), *check.writes())
            return self._commit(user, hashed, spending, source)

        def reread(conflict: Conflict) -> None:
            nonlocal ticket, user, check
            ticket = self.mailed.tickets.again(ticket)
            user = self.mailed.owner(ticket)
            factors = self.gate.factors(self.sessions.read_account(user.user_id))
            check = self.checks.again(
                check, conflict, user=user, factors=factors, answer=answer or FactorAnswer(), source=source
            )

        busy = Taken("The account is being changed: try again.")
        with check.reservation:
            hashed = self.passwords.hash(new)
            changed, telling = retrying(attempt, reread=reread, busy=busy)
        self._unlock(changed, source)
        self.mailed.outbox.deliver_soon(*telling)
        return changed

    def _commit(
        self, user: User, hashed: str, spending: tuple[Write, ...], source: Source
    ) -> tuple[User, tuple[Write, ...]]:
        changed = replace(user.with_sessions_ended("password_changed"), password=hashed)
        telling = tuple(self._telling(user, source))
        audit = self.audit.write("password_changed", target=user.user_id, source=source, how="reset")
        self.users.commit(*self.users.records.changing(user, changed), *spending, audit, *telling)
        return changed, (*telling, *spending)

    def _telling(self, user: User, source: Source) -> Iterable[Write]:
        """Yield the writes that tell the person, also at the addresses that were changed in the last seven days."""
        for address in (written_to(user), *self.addresses.former(user)):
            yield from self.notices.telling(user, "password_changed", to=address, source=source)

    def _unlock(self, user: User, source: Source) -> None:
        """Forget the guesses that were made at the account; that it cannot be done now does not undo the reset."""
        networks = (*user.networks, *((source.network,) if source.network else ()))
        try:
            self.throttle.unlock(user.canonical, names=user.login_names, networks=networks)
        except StoreUnavailable:
            logs.trouble("unlock_failed", request_id=source.request_id)
