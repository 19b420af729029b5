"""Notices: a mail to the person about what happened at the account, with one link that ends all sessions."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.audit.trail import Audit, Source
from chalicelib.mail.message import Mail
from chalicelib.mail.outbox import Outbox
from chalicelib.mail.ticket_purposes import END_SESSIONS
from chalicelib.mail.tickets import Holder, Tickets
from chalicelib.store import Write
from chalicelib.users.user import User
from chalicelib.users.users import Users
from chalicelib.world import World

RESET_IF_NOT_YOU = "If this was not you, end all sessions by the link below and choose a new password."
NOTICES: dict[str, tuple[str, str, str]] = {  # what happened: subject, sentence, advice
    "password_changed": ("Your password was changed", "The password of your account was changed.", RESET_IF_NOT_YOU),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notices:
    """Tells people, and honours the link."""

    users: Users
    tickets: Tickets
    outbox: Outbox
    audit: Audit
    world: World

    def telling(self, user: User, what: str, *, to: str, source: Source) -> Iterable[Write]:
        """Return the writes that tell a person at an address, for the commit of what happened; none for no address."""
        if not to:
            return ()
        subject, sentence, advice = NOTICES[what]
        holder = Holder(f"{user.user_id} {self.world.identifier()}", user.user_id, to, epoch=None)
        ticket, issuing = self.tickets.issuing(END_SESSIONS, holder, before=None)
        values = {
            "username": user.display_name,
            "subject": subject,
            "what": sentence,
            "advice": advice,
            "when": f"{self.world.timestamp()}",
            "where": source.ip or "",
            "device": source.user_agent[:200],
        }
        mail = Mail("notice", to, values, ticket=ticket.name, until=ticket.expires_at)
        return (issuing, *self.outbox.sending(mail))

    def end_sessions(self, text: str, *, source: Source) -> User:
        """End every session of whom the link was sent to, by one write; good for a week, and once. Raises TicketRefused."""
        ticket = self.tickets.read(text, END_SESSIONS)

        def also(_old: User, new: User) -> tuple[Write, ...]:
            audit = self.audit.write("log_out_everywhere", target=new.user_id, source=source, how="mail")
            return self.tickets.spending(self.tickets.again(ticket)), audit

        _, user = self.users.change(
            ticket.user_id or "-", lambda user: user.with_sessions_ended("revoked"), also
        )
        return user
