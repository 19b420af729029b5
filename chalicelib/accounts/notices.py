"""Notices: a mail to the person about what happened at the account, with one link that ends all sessions.

A notice is a line of the outbox and a ticket, both in the commit of what it tells of: neither is there without the other.
Who has proven no address gets none, and costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.accounts.mailed_tickets import standing, written_to
from chalicelib.accounts.notice_words import WORDS, Words
from chalicelib.audit.trail import Audit, Source
from chalicelib.audit.user_agents import device_words
from chalicelib.i18n.catalogue import translated
from chalicelib.i18n.chosen import speaking
from chalicelib.i18n.formats import moment
from chalicelib.i18n.languages import SOURCE
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
    language: str = SOURCE  # of people who wished for none
    by_password: bool = True  # whether people have passwords to change

    def telling(
        self, user: User, what: str, *, to: str | None = None, source: Source, **facts: str | int
    ) -> tuple[Write, ...]:
        """Return the writes that tell a person, for the commit of what happened; none where nobody can be written to.

        ``user`` is as before the act. ``to`` is another address than the one that the person has proven; ``facts`` fill the
        sentences of :data:`~chalicelib.accounts.notice_words.WORDS`.
        """
        address = written_to(user) if to is None else to
        if not address or not self.outbox.is_sent:
            return ()
        words = WORDS[what]
        with speaking(user.language or self.language):
            values = {"username": user.display_name, **self._told(words, facts), **self._seen(source)}
        if not words.has_link:
            return self.outbox.sending(Mail("notice", address, values, language=user.language))
        holder = Holder(f"{user.user_id} {self.world.identifier()}", user.user_id, address, epoch=None)
        ticket, issuing = self.tickets.issuing(END_SESSIONS, holder, before=None)
        mail = Mail(
            "notice", address, values, ticket=ticket.name, until=ticket.expires_at, language=user.language
        )
        return (issuing, *self.outbox.sending(mail))

    def _told(self, words: Words, facts: Mapping[str, str | int]) -> dict[str, str]:
        """Return the sentences, in the language that is spoken now; facts that are numbers are moments."""
        places = {
            name: moment(fact) if isinstance(fact, int) else translated(fact) for name, fact in facts.items()
        }
        places["issuer"] = self.tickets.issuer
        advice = words.advice if self.by_password else words.without_passwords or words.advice
        return {
            "subject": translated(words.subject),
            "what": translated(words.what).format_map(places),
            "advice": " ".join(translated(sentence).format_map(places) for sentence in advice),
        }

    def _seen(self, source: Source) -> dict[str, str]:
        return {
            "when": f"{self.world.timestamp()}",
            "where": source.ip or "",
            "device": translated(device_words(source.user_agent)) if source.user_agent else "",
        }

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
