"""Sending tickets to people who are not logged in, and judging whose a ticket is when it comes back.

Whoever asks learns nothing: somebody unknown, without a verified address or disabled costs the same reads and writes as
anybody else, a ticket of nobody's and a line of the outbox that is sent to nobody (EN-3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import Taken, TicketRefused
from chalicelib.i18n import chosen
from chalicelib.mail.caps import MailCaps
from chalicelib.mail.message import Mail
from chalicelib.mail.outbox import Outbox
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import Purpose
from chalicelib.mail.tickets import Holder, Tickets
from chalicelib.store import Conflict, Key, Record, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.users import names
from chalicelib.users.nobody import NOWHERE, nobody
from chalicelib.users.user import User, UserId, profile_key
from chalicelib.users.users import Users
from chalicelib.world import World

ASKED_KEPT_SECONDS = 30 * 60  # how long a decoy of the trail is kept: it says nothing


@dataclass(frozen=True, slots=True)
class Asking:
    """What a mail is asked for. ``name`` is the canonical log-in name that was given.

    ``by_name`` says that the ticket stands for the name, else for the person behind it. Where nobody has the name, a
    ``newcomer`` is written to instead: ``to`` is their address, and the mail is of the kind ``sign_up``.
    """

    purpose: Purpose
    kind: str  # of the mail
    event: str  # of the trail
    name: str
    by_name: bool = False
    browser: str | None = None
    newcomer: Mapping[str, str] | None = None
    to: str = ""
    actor: str | None = (
        None  # an operator who asks in the person's stead; where one sits the mail does not say
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """Whom a mail goes to, "" for nobody, by which name it is counted, and what was read where the ticket goes.

    ``elsewhere`` is an id that nobody has.
    """

    to: str
    elsewhere: UserId
    counted: str
    username: str
    holder: Holder
    place: Key
    before: Record | None
    kind: str  # of the mail
    language: str = ""  # of who reads it
    is_capped: bool = False


@dataclass(frozen=True, slots=True)
class MailedTickets:
    """Asks and judges."""

    store: Store
    world: World
    users: Users
    tickets: Tickets
    outbox: Outbox
    caps: MailCaps
    audit: Audit

    def send(self, asking: Asking, *, source: Source) -> None:
        """Write to the verified address behind a name, if there is one. Raises SlowDown for what this network asked."""
        self.caps.admit_network(source.network)
        found = self._found(asking)
        if not self.caps.allows(address=found.counted, account=None):
            found = replace(found, is_capped=True)

        def attempt() -> tuple[Write, ...]:
            ticket, issuing = self.tickets.issuing(asking.purpose, found.holder, before=found.before)
            if found.is_capped:
                issuing = self.tickets.keeping(ticket, before=found.before)
            seen = source if asking.actor is None else Source()
            said = told(found.username, seen, at=self.world.timestamp())
            mail = Mail(
                found.kind,
                "" if found.is_capped else found.to,
                said,
                ticket=ticket.name,
                until=ticket.expires_at,
                language=found.language,
            )
            sending = self.outbox.sending(mail)
            self.store.commit(issuing, *sending, self._noted(asking, found, source))
            return sending

        def reread(_: Conflict) -> None:
            nonlocal found
            (before,) = self.store.get(found.place)
            found = replace(found, before=before)

        busy = Taken("Too many ask at once: try again.")
        self.outbox.deliver_soon(*retrying(attempt, reread=reread, busy=busy))

    def _found(self, asking: Asking) -> "_Found":
        """Return who is behind a name, known or not, by as many reads."""
        user_id = self.users.id_of(asking.name)
        subject = asking.name if asking.by_name or user_id is None else user_id
        place = self.tickets.key(asking.purpose, subject)
        elsewhere = self.users.nobodys_id()
        profile, before = self.store.get(profile_key(user_id or elsewhere), place)
        user = User.from_record(profile) if profile else nobody()
        to = written_to(user)
        canonical = names.canonical_email(user.email or NOWHERE).canonical
        holder = Holder(
            subject, user.user_id if to else None, to or asking.name, epoch=user.epoch, browser=asking.browser
        )
        counted, kind = canonical if to else asking.name, asking.kind
        if user_id is None and asking.newcomer is not None:
            to, kind = asking.to, "sign_up"
            holder = replace(holder, address=to, epoch=None, newcomer=asking.newcomer)
        tag = chosen.language() if kind == "sign_up" else user.language
        return _Found(to, elsewhere, counted, user.display_name, holder, place, before, kind, tag)

    def holder(self, ticket: Ticket) -> User:
        """Return whose a ticket is, as the user is now; raise TicketRefused where it was ended by what changed since."""
        return standing(ticket, self.users.get(ticket.user_id or self.users.nobodys_id()))

    def owner(self, ticket: Ticket) -> User:
        """Return what :meth:`holder` does, where the address it was sent to still is the one the person has proven."""
        user = self.holder(ticket)
        if not same_address(written_to(user), ticket.address):
            raise TicketRefused("the address was changed since")
        return user

    def _noted(self, asking: Asking, found: _Found, source: Source) -> Write:
        event, user_id = asking.event, found.holder.user_id
        if user_id is None:
            return self.audit.decoy(event, target=found.elsewhere, source=source, seconds=ASKED_KEPT_SECONDS)
        return self.audit.write(event, target=user_id, source=source, actor=asking.actor)


def standing(ticket: Ticket, user: User | None) -> User:
    """Return the user of a ticket where what has changed since has not ended it; raise TicketRefused."""
    if user is None or not user.may_prove:
        raise TicketRefused("there is no such user, or it is disabled")
    if ticket.epoch is not None and ticket.epoch != user.epoch:
        raise TicketRefused(f"ended since: {user.epoch_reason}")
    return user


def told(username: str, source: Source, *, at: int, **more: str) -> dict[str, str]:
    """Return what a mail says of an act: who, from where, and when in seconds since the epoch."""
    return {"username": username, "ip": source.ip or "", "at": f"{at}", **more}


def written_to(user: User | None) -> str:
    """Return the address that mail to a person goes to: the one that is stored and verified (IN-3); "" for none."""
    if user is None or not user.may_prove or not user.email_verified:
        return ""
    return user.email or ""


def same_address(one: str | None, other: str | None) -> bool:
    """Return whether two addresses are one."""
    return bool(
        one and other and names.canonical_email(one).canonical == names.canonical_email(other).canonical
    )


def newest(records: tuple[Record, ...]) -> Record | None:
    """Return the first of tickets listed with the newest first."""
    return records[0] if records else None
