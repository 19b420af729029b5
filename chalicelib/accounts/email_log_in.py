"""Log-in by mail: a link, or a code that only the browser that asked for it may use (CUPBEARER_EMAIL_LOG_IN)."""

from dataclasses import dataclass, replace

from chalicelib.accounts.email_sign_up import BY_MAIL, EmailSignUp
from chalicelib.accounts.email_verification import wrong_code
from chalicelib.accounts.mailed_tickets import Asking, MailedTickets
from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogIn, LogInResult
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import Taken
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import LOG_IN
from chalicelib.sessions.session import SessionRequest
from chalicelib.sessions.sessions import Sessions
from chalicelib.store.retrying import retrying
from chalicelib.users import names
from chalicelib.users.user import User
from chalicelib.users.users import Users


@dataclass(frozen=True, slots=True)
class EmailLogIn:
    """Asks for the mail and honours it."""

    users: Users
    sessions: Sessions
    mailed: MailedTickets
    throttle: Throttle
    log_in: LogIn
    sign_up: EmailSignUp

    def ask(self, address: str, *, browser: str, source: Source) -> None:
        """Write to an address if it is somebody's verified one: the same for all (EN-3).

        ``browser`` is the secret of the one that may use the code. Raises Invalid for what is no address, SlowDown.
        """
        name = names.canonical_email(address).canonical
        asking = Asking(LOG_IN, "log_in", "email_log_in_asked", name, by_name=True, browser=browser)
        self.mailed.send(asking, source=source)

    def read(self, text: str) -> tuple[Ticket, User | None]:
        """Return the ticket of a link and whose it is, None for a newcomer's, spending nothing. Raises TicketRefused."""
        ticket = self.mailed.tickets.read(text, LOG_IN)
        return ticket, self.mailed.owner(ticket) if ticket.newcomer is None else None

    def with_link(self, text: str, *, source: Source) -> LogInResult:
        """Begin a session by a link, which is spent in the same commit; a newcomer's makes the account. Raises TicketRefused."""
        ticket, _ = self.read(text)
        return self._begin(ticket, source)

    def with_code(self, address: str, typed: str, *, browser: str | None, source: Source) -> LogInResult:
        """Begin a session by the code that was sent to an address, in the browser that asked for it.

        Wrong codes are counted by address, known or not; other browsers than the one that asked get none right and
        count as well. Raises Invalid ``wrong_code``, SlowDown.
        """
        name = names.canonical_email(address).canonical
        user = self.users.get(self.users.id_of(name) or self.users.nobodys_id())
        known = user.networks if user else ()
        account = f"code of log-in\n{name}"
        with self.throttle.reserve(account=account, network=source.ip, known=known) as reservation:
            ticket = self.mailed.tickets.read_code(LOG_IN, name, typed=typed, browser=browser)
            if ticket is None or (ticket.user_id is None and ticket.newcomer is None):
                reservation.failed()
                raise wrong_code()
            begun = self._begin(ticket, source)
            reservation.succeeded()
            return begun

    def _begin(self, ticket: Ticket, source: Source) -> LogInResult:
        def attempt() -> LogInResult:
            if ticket.newcomer is not None:
                return self.sign_up.begin(self.mailed.tickets.again(ticket), source=source)
            user = self.mailed.owner(ticket)
            account = replace(self.sessions.read_account(user.user_id), user=user)
            spending = self.mailed.tickets.spending(self.mailed.tickets.again(ticket))
            return self.log_in.start(
                account,
                SessionRequest(source, BY_MAIL),
                writes=(spending,),
                detail={"how": "mail"},
            )

        return retrying(attempt, busy=Taken("The account is being changed: try again."))
