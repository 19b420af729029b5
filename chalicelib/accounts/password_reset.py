"""A way back for who forgot the password: a link to the verified address, good once, for half an hour (PW-7)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib import logs
from chalicelib.accounts.change_of_address import ChangeOfAddress
from chalicelib.accounts.mailed_tickets import Asking, MailedTickets, written_to
from chalicelib.accounts.notices import Notices
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.passwords import Passwords
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import Taken
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import PASSWORD_RESET
from chalicelib.store import Conflict, Store, StoreUnavailable, Write
from chalicelib.store.retrying import retrying
from chalicelib.users.user import User, login_name
from chalicelib.users.users import Users


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """Asks for the link and honours it."""

    store: Store
    users: Users
    mailed: MailedTickets
    passwords: Passwords
    throttle: Throttle
    notices: Notices
    addresses: ChangeOfAddress
    audit: Audit

    def ask(self, login: str, *, source: Source) -> None:
        """Send the link to the verified address of a user name or address, if there is one: the same for all (EN-3).

        Raises Invalid for what can be no name, SlowDown for what this network asked.
        """
        asking = Asking(PASSWORD_RESET, "reset_password", "password_reset_asked", login_name(login))
        self.mailed.send(asking, source=source)

    def read(self, text: str) -> tuple[Ticket, User]:
        """Return the ticket of a link and whose it is, spending nothing. Raises TicketRefused."""
        ticket = self.mailed.tickets.read(text, PASSWORD_RESET)
        return ticket, self.mailed.owner(ticket)

    def set_password(self, text: str, *, new: str, source: Source) -> User:
        """Set the password, end every session and spend the ticket, in one commit; return the user.

        A password that is refused (Invalid) leaves the ticket as it is. Lifts the lock that wrong guesses made (TH-5).
        """
        ticket, user = self.read(text)
        self.passwords.check_new(new, context=user.words)
        hashed = self.passwords.hash(new)

        def attempt() -> tuple[User, tuple[Write, ...]]:
            changed = replace(user.with_sessions_ended("password_changed"), password=hashed)
            telling = tuple(self._telling(user, source))
            self.store.commit(
                *self.users.records.changing(user, changed),
                self.mailed.tickets.spending(ticket),
                self.audit.write("password_changed", target=user.user_id, source=source, how="reset"),
                *telling,
            )
            return changed, telling

        def reread(_: Conflict) -> None:
            nonlocal ticket, user
            ticket = self.mailed.tickets.again(ticket)
            user = self.mailed.owner(ticket)

        changed, telling = retrying(
            attempt, reread=reread, busy=Taken("The account is being changed: try again.")
        )
        self._unlock(changed, source)
        self.mailed.outbox.deliver_soon(*telling)
        return changed

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
