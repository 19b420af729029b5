"""Notices: a mail to the person about what happened at the account, with one link that ends all sessions."""

from dataclasses import dataclass

from chalicelib.accounts.mailed_tickets import standing, written_to
from chalicelib.audit.trail import Audit, Source
from chalicelib.mail.message import Mail
from chalicelib.mail.outbox import Outbox
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import END_SESSIONS
from chalicelib.mail.tickets import Holder, Tickets
from chalicelib.store import Write
from chalicelib.users.user import User
from chalicelib.users.users import Users
from chalicelib.world import World

END_AND_RESET = "If this was not you, end all sessions by the link below and choose a new password."
ASK_SOON = "If this was not you, end all sessions by the link below and ask whoever runs the service, soon."
MAX_DEVICE = 200  # characters
NOTICES: dict[str, tuple[str, str, str]] = {  # what happened: subject, sentence, advice
    "password_changed": (
        "Your password was changed",
        "The password of your account was changed.",
        END_AND_RESET,
    ),
    "new_network": (
        "A log-in from a new place",
        "Somebody logged in to your account from a network that was not used with it lately.",
        END_AND_RESET,
    ),
    "account_deleted": (
        "Your account was deleted",
        "Your account was deleted, with all that belonged to it.",
        "If this was not you, ask whoever runs the service.",
    ),
    "factor_added": (
        "A second factor was added",
        "A second factor was added to your account.",
        END_AND_RESET,
    ),
    "factor_removed": (
        "A second factor was removed",
        "A second factor was removed from your account.",
        END_AND_RESET,
    ),
    "recovery_codes_made": (
        "You have new recovery codes",
        "New recovery codes were made; the old ones are dead.",
        END_AND_RESET,
    ),
    "recovery_code_used": (
        "A recovery code was used",
        "A recovery code was used in place of your second factor.",
        END_AND_RESET,
    ),
    "factors_reset_asked": (
        "Your second factors will be removed",
        "An operator was asked to remove your second factors, and will in a day.",
        ASK_SOON,
    ),
    "factors_reset": (
        "Your second factors were removed",
        "An operator removed your second factors.",
        ASK_SOON,
    ),
}
LINKLESS = {"account_deleted"}  # there is no session left to end


@dataclass(frozen=True, slots=True)
class Notices:
    """Tells people, and honours the link."""

    users: Users
    tickets: Tickets
    outbox: Outbox
    audit: Audit
    world: World

    def telling(self, user: User, what: str, *, to: str, source: Source) -> tuple[Write, ...]:
        """Return the writes that tell a person at an address, for the commit of what happened; none for no address."""
        if not to or not self.outbox.is_sent:
            return ()
        subject, sentence, advice = NOTICES[what]
        values = {
            "username": user.display_name,
            "subject": subject,
            "what": sentence,
            "advice": advice,
            "when": f"{self.world.timestamp()}",
            "where": source.ip or "",
            "device": source.user_agent[:MAX_DEVICE],
        }
        if what in LINKLESS:
            return self.outbox.sending(Mail("notice", to, values))
        holder = Holder(f"{user.user_id} {self.world.identifier()}", user.user_id, to, epoch=None)
        ticket, issuing = self.tickets.issuing(END_SESSIONS, holder, before=None)
        mail = Mail("notice", to, values, ticket=ticket.name, until=ticket.expires_at)
        return (issuing, *self.outbox.sending(mail))

    def of_log_in(self, user: User, source: Source) -> tuple[Write, ...]:
        """Return the writes that tell of a log-in from a network that the person, who has others, was not seen in."""
        if source.network is None or not user.networks or source.network in user.networks:
            return ()
        return self.telling(user, "new_network", to=written_to(user), source=source)

    def deliver(self, *writes: Write) -> None:
        """Have what such writes stored delivered, after their commit."""
        self.outbox.deliver_soon(*writes)

    def read(self, text: str) -> tuple[Ticket, User]:
        """Return the ticket of a link and whose it is, spending nothing. Raises TicketRefused."""
        ticket = self.tickets.read(text, END_SESSIONS)
        return ticket, standing(ticket, self.users.get(ticket.user_id or "-"))

    def end_sessions(self, text: str, *, source: Source) -> User:
        """End every session of whom the link was sent to, by one write; good for a week, and once. Raises TicketRefused."""
        ticket, _ = self.read(text)

        def also(_old: User, new: User) -> tuple[Write, ...]:
            audit = self.audit.write("log_out_everywhere", target=new.user_id, source=source, how="mail")
            return self.tickets.spending(self.tickets.again(ticket)), audit

        _, user = self.users.change(
            ticket.user_id or "-", lambda user: user.with_sessions_ended("revoked"), also
        )
        return user
