"""Another address for an account: the new one is proven first, the old one is told and can undo it for seven days.

Undoing takes back this change and every later one, ends all sessions and the password, since whoever changed the address
may know it: the old address chooses a new one right away. Why: ``docs/decisions/0082-addresses-and-ways-back.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.accounts.mailed_tickets import newest, standing, told
from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import TicketRefused
from chalicelib.mail.message import Mail
from chalicelib.mail.outbox import Outbox
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import PASSWORD_RESET, UNDO_CHANGE
from chalicelib.mail.tickets import Holder, Tickets
from chalicelib.store import Record, Remove, Store, Write
from chalicelib.users.user import User
from chalicelib.users.users import Users
from chalicelib.world import World

MAX_FORMER = 5  # former addresses that are still told of what happens


@dataclass(frozen=True, slots=True)
class ChangeOfAddress:
    """What goes with a change, and its undoing."""

    store: Store
    world: World
    users: Users
    tickets: Tickets
    outbox: Outbox
    audit: Audit

    def telling_old(self, old: User, new: User, *, source: Source) -> tuple[Write, ...]:
        """Return the writes that tell the verified address that is given up, with the link that undoes it."""
        if not old.email or not old.email_verified or not self.outbox.is_sent:
            return ()
        before = newest(self.tickets.several(UNDO_CHANGE, old.user_id))
        holder = Holder(old.user_id, old.user_id, old.email, epoch=None)
        ticket, issuing = self.tickets.issuing(UNDO_CHANGE, holder, before=before)
        at = self.world.timestamp()
        values = told(old.display_name, source, at=at, old=old.email, new=new.email or "")
        mail = Mail(
            "address_changed",
            old.email,
            values,
            ticket=ticket.name,
            until=ticket.expires_at,
            language=old.language,
        )
        return (issuing, *self.outbox.sending(mail))

    def former(self, user: User) -> Iterable[str]:
        """Return the addresses that were given up in the last seven days, the latest first."""
        records = self.tickets.several(UNDO_CHANGE, user.user_id)[:MAX_FORMER]
        return dict.fromkeys(Ticket.from_record(record).address for record in records)

    def read(self, text: str) -> tuple[Ticket, User]:
        """Return the ticket of a link and whose it is, spending nothing. Raises TicketRefused."""
        ticket = self.tickets.read(text, UNDO_CHANGE)
        return ticket, standing(ticket, self.users.get(ticket.user_id or "-"))

    def undo(self, text: str, *, source: Source) -> str:
        """Give the account its old address back; return the text of a ticket by which a new password is chosen.

        Raises TicketRefused, or Taken where the address is another account's by now.
        """
        ticket, _ = self.read(text)
        issued: list[Ticket] = []

        def change(user: User) -> User:
            return replace(
                standing(ticket, user).with_sessions_ended("revoked"),
                email=ticket.address,
                email_verified=True,
                password=None,
            )

        def also(_old: User, new: User) -> Iterable[Write]:
            yield from self._spending(ticket)
            (before,) = self.store.get(self.tickets.key(PASSWORD_RESET, new.user_id))
            holder = Holder(new.user_id, new.user_id, ticket.address, epoch=new.epoch)
            reset, issuing = self.tickets.issuing(PASSWORD_RESET, holder, before=before)
            issued[:] = [reset]
            yield issuing
            yield self.audit.write("email_change_undone", target=new.user_id, source=source)

        self.users.change(ticket.user_id or "-", change, also)
        return self.tickets.text(issued[0])

    def _spending(self, ticket: Ticket) -> Iterable[Write]:
        """Return the writes that spend a ticket and those of all later changes, which are undone with it."""
        listed = self.tickets.several(UNDO_CHANGE, ticket.user_id or "-")
        later: list[Record] = [record for record in listed if record.key.sort >= ticket.sort]
        if ticket.name not in {Ticket.from_record(record).name for record in later}:
            raise TicketRefused("used meanwhile")
        return [Remove(record) for record in later]
