"""Sign-up: who may make an account, how often, and what the new one holds."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib import scopes
from chalicelib.accounts.email_verification import EmailVerification
from chalicelib.accounts.idempotency import Attempt
from chalicelib.audit.trail import Audit, Source
from chalicelib.authentication.log_in import LogIn, LogInResult
from chalicelib.credentials.passwords import Passwords
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import Invalid, NotAllowed, Taken
from chalicelib.sessions.session import SessionRequest
from chalicelib.users.user import NewUser, User, new_user
from chalicelib.users.users import Users

SIGN_UPS_PER_NETWORK = 100  # an hour (TH-6, DS-3)
HOUR = 3600


@dataclass(frozen=True, slots=True)
class SignUpPolicy:
    """What the settings say: whether anybody may sign up, and what a new user may do."""

    default_scopes: scopes.Scopes
    is_open: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person may say of themself at sign-up, as typed, and what shows that it is one where that is asked."""

    email: str | None = None
    name: str | None = None
    captcha: str | None = None


class PersonCheck(Protocol):
    """Who says whether a person signs up."""

    def demand(self, answer: str | None) -> None:
        """Raise Invalid for what is no person's answer, or was given before; Unavailable without a verdict (BR-12)."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """The public way to an account; operators have their own in :mod:`chalicelib.accounts.provisioning`."""

    users: Users
    passwords: Passwords
    throttle: Throttle
    log_in: LogIn
    audit: Audit
    policy: SignUpPolicy
    verification: EmailVerification | None = None  # None where no mail is sent
    captcha: PersonCheck | None = None

    def demand_person(self, profile: Profile) -> None:
        """Have it said that a person signs up, after all that costs less: an answer is good once, and asking takes a call."""
        if self.captcha is not None:
            self.captcha.demand(profile.captcha)

    def admit(self, source: Source) -> None:
        """Count one newcomer of this network; raise NotAllowed where sign-up is closed, SlowDown where it is too much."""
        self.demand_open()
        self.throttle.spend("sign_up", source.network, limit=SIGN_UPS_PER_NETWORK, seconds=HOUR)

    def demand_open(self) -> None:
        """Raise NotAllowed ``sign_up_closed`` where only operators make accounts."""
        if not self.policy.is_open:
            raise NotAllowed("Sign-up is closed: ask the operator for an account.", code="sign_up_closed")

    def create(
        self,
        *,
        username: str,
        password: str,
        profile: Profile = Profile(),
        log_in: bool = False,
        source: Source,
        attempt: Attempt | None = None,
    ) -> tuple[User, LogInResult | None]:
        """Make an account with the default scopes, and with ``log_in`` a session in the same commit and without a second hash.

        What an ``attempt`` did before is answered again; its ``log_in`` is then a log-in of its own.
        """
        if attempt and (done := attempt.done()):
            return self._again(done["user_id"], password, log_in=log_in, source=source)
        self.demand_open()
        wanted = self._judged(username, password, profile)
        self.admit(source)
        try:
            self.demand_person(profile)
            return self.make_account(
                wanted,
                password=password,
                granted=self.policy.default_scopes,
                log_in=log_in,
                source=source,
                attempt=attempt,
            )
        except (Taken, Invalid):  # perhaps by this very request, sent twice at one moment
            if attempt and (done := attempt.done()):
                return self._again(done["user_id"], password, log_in=log_in, source=source)
            raise

    def _judged(self, username: str, password: str, profile: Profile) -> NewUser:
        """Return who it will be; raise Invalid with all that is wrong, so that nobody is told one fault at a time."""
        try:
            wanted = new_user(username=username, email=profile.email, name=profile.name)
        except Invalid as wrong:
            typed = tuple(word for word in (username, profile.email, profile.name) if word)
            try:
                self.passwords.check_new(password, context=typed)
            except Invalid as weak:
                detail, errors = f"{wrong.detail} {weak.detail}", {**wrong.errors, **weak.errors}
                raise Invalid(detail, code=wrong.rule, errors=errors) from None
            raise
        self.passwords.check_new(password, context=wanted.words)
        return wanted

    def _again(
        self, user_id: str, password: str, *, log_in: bool, source: Source
    ) -> tuple[User, LogInResult | None]:
        """Return the account that was made before, as it is now; a session begins as any log-in does."""
        user = self.users.get(user_id)
        if user is None:
            raise Taken("The account that was made with this Idempotency-Key is gone: make a new key.")
        if not log_in:
            return user, None
        return user, self.log_in.with_password(username=user.username, password=password, source=source)

    def make_account(
        self,
        wanted: NewUser,
        *,
        password: str,
        granted: scopes.Scopes,
        source: Source,
        log_in: bool = False,
        attempt: Attempt | None = None,
    ) -> tuple[User, LogInResult | None]:
        """Make an account whose password was checked. Raises Taken."""
        if self.users.id_of(wanted.username.canonical):
            raise Taken("This user name is taken.", code="username_taken")
        hashed = self.passwords.hash(password)
        user, writes = self.users.compose(
            wanted, password=hashed, granted=granted, network=source.network, in_person=True
        )
        audit = self.audit.write("sign_up", target=user.user_id, source=source)
        session = SessionRequest(source, amr=("pwd",))
        signed_in, more = self.log_in.compose(user, session) if log_in else (None, ())
        note = (attempt.note(user_id=user.user_id),) if attempt else ()
        sending = self.verification.welcoming(user) if self.verification else ()
        self.users.create(user, (*writes, audit, *more, *note, *sending))
        if self.verification:
            self.verification.mailed.outbox.deliver_soon(*sending)
        return user, signed_in
