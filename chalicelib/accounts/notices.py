"""Notices: a mail to the person about what happened at the account, with one link that ends all sessions.

A notice is a line of the outbox and a ticket, both in the commit of what it tells of: neither is there without the other.
Who has proven no address gets none, and costs nothing.
"""

from dataclasses import dataclass

from chalicelib.accounts.mailed_tickets import standing, written_to
from chalicelib.accounts.notice_words import WORDS
from chalicelib.audit.trail import Audit, Source
from chalicelib.audit.user_agents import device
from chalicelib.mail.message import Mail
from chalicelib.mail.outbox import Outbox
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import END_SESSIONS
from chalicelib.mail.tickets import Holder, Tickets
from chalicelib.store import Write
from chalicelib.users.user import User
from chalicelib.users.users import Users
from chalicelib.world import World

BY_OPERATOR = Source()  # where an operator sits is not the person's business


@dataclass(frozen=True, slots=True)
class Notices:
    """Tells people, and honours the link."""

    users: Users
    tickets: Tickets
    outbox: Outbox
    audit: Audit
    world: World
    by_password: bool = True  # whether people have passwords to change

    def telling(
        self, user: User, what: str, *, to: str | None = None, source: Source, **facts: str
    ) -> tuple[Write, ...]:
        """Return the writes that tell a person, for the commit of what happened; none where nobody can be written to.

        ``user`` is as before the act. ``to`` is another address than the one that the person has proven; ``facts`` fill the
        sentences of :data:`~chalicelib.accounts.notice_words.WORDS`.
        """
        address = written_to(user) if to is None else to
        if not address or not self.outbox.is_sent:
            return ()
        words = WORDS[what]
        values = {
            "username": user.display_name,
            "subject": words.subject,
            "what": words.what.format_map(facts),
            "advice": words.advice.format_map({**self._advised(), **facts}),
            "when": f"{self.world.timestamp()}",
            "where": source.ip or "",
            "device": device(source.user_agent) if source.user_agent else "",
        }
        if not words.has_link:
            return self.outbox.sending(Mail("notice", address, values))
        holder = Holder(f"{user.user_id} {self.world.identifier()}", user.user_id, address, epoch=None)
        ticket, issuing = self.tickets.issuing(END_SESSIONS, holder, before=None)
        mail = Mail("notice", address, values, ticket=ticket.name, until=ticket.expires_at)
        return (issuing, *self.outbox.sending(mail))

    def _advised(self) -> dict[str, str]:
        issuer = self.tickets.issuer
        new = f"choose a new password at {issuer}/forgot"
        then, first = (f", then {new}", f"{new} and ") if self.by_password else ("", "")
        return {"issuer": issuer, "then_new_password": then, "first_new_password": first}

    def deliver(self, *writes: Write) -> None:
        """Have delivered what a commit stored of mails, once it is done; of its other writes nothing comes. Never raises."""
        self.outbox.deliver_soon(*writes)

    def read(self, text: str) -> tuple[Ticket, User]:
        """Return the ticket of a link and whose it is, spending nothing. Raises TicketRefused."""
        ticket = self.tickets.read(text, END_SESSIONS)
        return ticket, standing(ticket, self.users.get(ticket.user_id or "-"))

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
