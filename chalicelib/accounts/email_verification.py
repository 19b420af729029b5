"""Proving an address: by the link of a mail, or by its code in the session that asked for it.

A proven address is a log-in name, unique to its account; whoever is second is told so. A new address beside one that is
proven already stays a wish until it is proven too (:mod:`chalicelib.accounts.change_of_address`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from chalicelib.accounts.change_of_address import ChangeOfAddress
from chalicelib.accounts.mailed_tickets import MailedTickets, same_address, standing
from chalicelib.audit.trail import OPERATOR, Audit, Source
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import Invalid, SlowDown, Taken
from chalicelib.mail.message import Mail
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import VERIFY_EMAIL
from chalicelib.mail.tickets import Holder
from chalicelib.sessions.session import LiveSession
from chalicelib.store import Conflict, Forget, Record, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.users import names
from chalicelib.users.user import User
from chalicelib.users.users import Users

TRY_LATER_SECONDS = 60 * 60  # the window of the cap


@dataclass(frozen=True, slots=True)
class EmailVerification:
    """Asks for the proof and takes it."""

    store: Store
    users: Users
    mailed: MailedTickets
    addresses: ChangeOfAddress
    throttle: Throttle
    audit: Audit

    def beginning(self, user: User, address: str, *, before: Record | None = None) -> tuple[Write, ...]:
        """Return the writes that send a ticket to an address that shall be this user's, for a commit of the caller's.

        ``before`` is what was read at :meth:`place`; a user who is being made has none.
        """
        holder = Holder(user.user_id, user.user_id, address, epoch=user.epoch)
        ticket, issuing = self.mailed.tickets.issuing(VERIFY_EMAIL, holder, before=before)
        values = {"username": user.display_name, "address": address}
        mail = Mail(
            "verify_address",
            address,
            values,
            ticket=ticket.name,
            until=ticket.expires_at,
            language=user.language,
        )
        return (issuing, *self.mailed.outbox.sending(mail))

    def welcoming(self, user: User) -> tuple[Write, ...]:
        """Return the writes that send the first ticket of a user who is being made; none without address or past a cap."""
        if user.email is None or user.email_verified:
            return ()
        canonical = names.canonical_email(user.email).canonical
        is_allowed = self.mailed.caps.allows(address=canonical, account=user.user_id)
        return self.beginning(user, user.email) if is_allowed else ()

    def waiting(self, user: User) -> Record | None:
        """Return the ticket that a user has been sent and not used, if there is one: by it one sees which address is meant."""
        (record,) = self.store.get(self.mailed.tickets.key(VERIFY_EMAIL, user.user_id))
        return record

    def forgetting(self, user: User) -> Write:
        """Return the write that ends a proof that a user was asked for and does not want any more."""
        return Forget(self.mailed.tickets.key(VERIFY_EMAIL, user.user_id))

    def ask(self, acting: LiveSession, *, address: str | None = None, source: Source) -> None:
        """Send a ticket to a new address, or again to the one that waits for its proof. Raises Invalid and SlowDown.

        Whoever gives an ``address`` has made sure that the person was asked for a factor lately (MF-3).
        """
        user = acting.user
        before = self.waiting(user)
        to = self._wanted(user, address, before)
        self.admit(user, to, source=source)

        def attempt() -> tuple[Write, ...]:
            writes = self.beginning(user, to, before=before)
            audit = self.audit.write("email_verification_asked", target=user.user_id, source=source)
            self.store.commit(*writes, audit)
            return writes

        def reread(_: Conflict) -> None:
            nonlocal before
            before = self.waiting(user)

        busy = Taken("The account is being changed: try again.")
        self.mailed.outbox.deliver_soon(*retrying(attempt, reread=reread, busy=busy))

    def admit(self, user: User, address: str, *, source: Source) -> None:
        """Count one mail to an address that is not proven; raise SlowDown past a cap (TH-6)."""
        self.mailed.caps.admit_network(source.network)
        canonical = names.canonical_email(address).canonical
        if not self.mailed.caps.allows(address=canonical, account=user.user_id):
            raise SlowDown(TRY_LATER_SECONDS)

    def read(self, text: str) -> tuple[Ticket, User]:
        """Return the ticket of a link and whose it is, spending nothing. Raises TicketRefused."""
        ticket = self.mailed.tickets.read(text, VERIFY_EMAIL)
        return ticket, self.mailed.holder(ticket)

    def verify(self, text: str, *, source: Source) -> User:
        """Take the proof of a link; return the user as it is then. Raises TicketRefused, Taken ``email_taken``."""
        return self._prove(self.mailed.tickets.read(text, VERIFY_EMAIL), source=source)

    def verify_code(self, acting: LiveSession, typed: str, *, source: Source) -> User:
        """Take the proof of a code from the person who asked for it; wrong ones are counted by account (TH-1)."""
        user = acting.user
        account = f"code of verify\n{user.user_id}"
        with self.throttle.reserve(account=account, network=source.ip, known=user.networks) as reservation:
            ticket = self.mailed.tickets.read_code(VERIFY_EMAIL, user.user_id, typed=typed)
            if ticket is None:
                reservation.failed()
                raise wrong_code()
            proven = self._prove(ticket, source=source)
            reservation.succeeded()
            return proven

    def set_by_operator(
        self, user_id: str, *, address: str | None, source: Source, actor: str = OPERATOR
    ) -> User:
        """Take an address as proven, the one that stands there or another; the old one is told, and can undo it.

        The operator has made sure that it is the person's. Raises NotFound, Invalid, Taken ``email_taken``.
        """
        wanted = None if address is None else names.canonical_email(address).display

        def change(user: User) -> User:
            if wanted is None and user.email is None:
                raise Invalid("There is no address.", errors={"email": "is missing"})
            return replace(user, email=wanted or user.email, email_verified=True)

        return self._change(user_id, change, source=source, actor=actor)

    def _prove(self, ticket: Ticket, *, source: Source) -> User:
        def change(user: User) -> User:
            nonlocal ticket
            ticket = self.mailed.tickets.again(ticket)  # also where there is nothing left to change
            return replace(standing(ticket, user), email=ticket.address, email_verified=True)

        def spending() -> Write:
            return self.mailed.tickets.spending(ticket)

        return self._change(ticket.user_id or "-", change, spending, source=source)

    def _change(
        self,
        user_id: str,
        change: Callable[[User], User],
        *spending: Callable[[], Write],
        source: Source,
        actor: str | None = None,
    ) -> User:
        told: list[Write] = []

        def also(old: User, new: User) -> Iterable[Write]:
            told[:] = (
                ()
                if same_address(old.email, new.email)
                else self.addresses.telling_old(old, new, source=source)
            )
            event = "email_changed" if told else "email_verified"
            yield self.audit.write(event, target=new.user_id, source=source, actor=actor)
            yield from (each() for each in spending)
            yield from told

        _, user = self.users.change(user_id, change, also)
        self.mailed.outbox.deliver_soon(*told)
        return user

    def _wanted(self, user: User, address: str | None, before: Record | None) -> str:
        """Return the address that is to be proven; raise Invalid where there is none, or nothing left to prove."""
        waiting = None if before is None else Ticket.from_record(before)
        if address is not None:
            wanted = names.canonical_email(address).display
            if user.email_verified and same_address(user.email, wanted):
                raise Invalid("This address is verified already.", errors={"email": "is verified already"})
            return wanted
        if waiting is not None and waiting.epoch == user.epoch:
            return waiting.address
        if user.email is None or user.email_verified:
            raise Invalid("There is no address that waits to be verified.", errors={"email": "is missing"})
        return user.email


def wrong_code() -> Invalid:
    """Return the refusal of a code: wrong, of another browser, or too old; which, is not said."""
    reason = "This code is wrong, or its ten minutes are over."
    return Invalid(reason, code="wrong_code", errors={"code": reason})
