"""Sign-up without a password: the address is proven first, by a link or a code, and the account made by that proof.

Only where nobody logs in by password (CUPBEARER_PASSWORD_LOG_IN=off) and people log in by mail. Whoever asks learns nothing: an
address that has an account is sent a link to log in instead (EN-3).
"""

from dataclasses import dataclass, replace

from chalicelib.accounts.mailed_tickets import Asking, MailedTickets
from chalicelib.accounts.sign_up import Profile, SignUp
from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogInResult
from chalicelib.errors import Invalid, NotAllowed, Taken, TicketRefused
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import LOG_IN
from chalicelib.sessions.session import SessionRequest
from chalicelib.store import Store, Write
from chalicelib.users import names
from chalicelib.users.free_names import free_name
from chalicelib.users.user import User, new_user

BY_MAIL = ("email",)  # amr: RFC 8176 has no word for it


@dataclass(frozen=True, slots=True)
class EmailSignUp:
    """Asks for the proof, and makes the account by it. ``is_on`` says whether people sign up so here."""

    store: Store
    sign_up: SignUp
    mailed: MailedTickets
    is_on: bool

    def demand_on(self) -> None:
        """Raise NotAllowed where sign-up is closed, or asks for more than an address."""
        self.sign_up.demand_open()
        if not self.is_on:
            raise NotAllowed("Nobody signs up by mail alone here.", code="email_sign_up_off")

    def ask(self, *, username: str | None, profile: Profile, browser: str, source: Source) -> None:
        """Write to an address: the same for one that has an account and one that has none (EN-3).

        ``browser`` is the secret of the one that may use the code. Without a ``username`` one is made of the address,
        and the person may change it once. Raises Invalid, NotAllowed, SlowDown, and Taken ``username_taken``.
        """
        self.demand_on()
        if profile.email is None:
            raise Invalid("The address is what you log in by.", errors={"email": "is required"})
        wanted = new_user(username=username or "newcomer", email=profile.email, name=profile.name)
        self.sign_up.admit(source)
        if username is not None and self.sign_up.users.id_of(wanted.username.canonical):
            raise Taken("This user name is taken.", code="username_taken")
        self.sign_up.demand_person(profile)
        called = {"username": wanted.username.display if username else "", "name": wanted.name or ""}
        address = wanted.email or ""
        asking = Asking(
            LOG_IN,
            "log_in",
            "email_log_in_asked",
            names.canonical_email(address).canonical,
            by_name=True,
            browser=browser,
            newcomer=called,
            to=address,
        )
        self.mailed.send(asking, source=source)

    def begin(self, ticket: Ticket, *, source: Source) -> LogInResult:
        """Make the account and begin its session in the commit that spends the ticket. Raises TicketRefused, NotAllowed."""
        self.demand_on()
        if self.sign_up.users.id_of(names.canonical_email(ticket.address).canonical):
            raise TicketRefused("the address has an account since")
        user = self._composed(ticket, source)
        signed_in, session = self.sign_up.log_in.compose(user, SessionRequest(source, BY_MAIL))
        audit = self.sign_up.audit.write("sign_up", target=user.user_id, source=source, how="mail")
        spending: tuple[Write, ...] = (self.mailed.tickets.spending(ticket), audit, *session)
        self.store.commit(*self.sign_up.users.records.making(user), *spending)
        return signed_in

    def _composed(self, ticket: Ticket, source: Source) -> User:
        """Return the person under the wished name, or one like it that may be changed once where it was taken meanwhile."""
        called = ticket.newcomer or {}
        wished = called.get("username") or ""
        name = free_name(self.store, self.mailed.world, wished or ticket.address)
        wanted = new_user(username=name.display, email=ticket.address, name=called.get("name") or None)
        user, _ = self.sign_up.users.compose(
            wanted,
            password=None,
            granted=self.sign_up.policy.default_scopes,
            network=source.network,
            in_person=True,
        )
        return replace(user, email_verified=True, username_is_given=name.display != wished)
