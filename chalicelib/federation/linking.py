"""Whose an identity is: found by (``iss``, ``sub``) alone, linked by rule or by hand, made at a first log-in (FD-3)."""

from dataclasses import dataclass, replace

from chalicelib.accounts.notices import Notices
from chalicelib.audit.trail import Audit, Source
from chalicelib.authentication.log_in import LogIn, LogInResult
from chalicelib.errors import Invalid, NotAllowed, NotFound, Taken
from chalicelib.federation.newcomers import Newcomers
from chalicelib.federation.profile import Person
from chalicelib.i18n.said import said
from chalicelib.sessions.session import MULTIPLE, LiveSession, Session, SessionRequest
from chalicelib.store import Conflict, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.users.linked_identity import MAX_IDENTITIES, Identity
from chalicelib.users.user import User
from chalicelib.users.users import Users
from chalicelib.users.ways_in import WaysIn
from chalicelib.world import World

FEDERATED = ("fed",)  # amr: RFC 8176 has no word for it


@dataclass(frozen=True, slots=True)
class Identities:
    """Logs people in who come from a provider, links and unlinks them, and tells them by mail of what was linked."""

    store: Store
    world: World
    users: Users
    authentication: LogIn
    newcomers: Newcomers
    notices: Notices
    audit: Audit
    ways_in: WaysIn

    def user_id_of(self, person: Person) -> str | None:
        """Return which user an identity is linked to."""
        (record,) = self.store.get(person.key)
        return str(record.data["user_id"]) if record else None

    def log_in(self, person: Person, *, auth_time: int, source: Source) -> LogInResult:
        """Begin a session for the user of an identity, making or linking the account at a first time.

        ``auth_time`` is when the person was authenticated, in seconds since the epoch (MF-3).
        Every step is one commit that fails if another was first, and then is judged anew: of two first log-ins
        one makes the account and the other finds it (ST-1).
        """

        def attempt() -> LogInResult:
            user_id = self.user_id_of(person)
            if user_id is None:
                self._link_or_create(person, source)
                user_id = self.user_id_of(person)
            if user_id is None:
                raise Conflict([person.key])  # unlinked in this very moment
            return self._start(user_id, person, auth_time, source)

        return retrying(attempt, busy=Taken("The account is being changed: try again."))

    def link(self, acting: LiveSession, person: Person, *, source: Source) -> Identity:
        """Link an identity to the user who acts. Taken ``identity_taken`` where it is another user's."""
        linked = person.as_identity(self.world)
        told: list[Write] = []

        def change(user: User) -> User:
            self._still_live(acting)
            return user if person.key in user.unique_keys else _with(user, linked)

        def also(old: User, _new: User) -> tuple[Write, ...]:
            told[:] = self._linking(old, person, source)
            return tuple(told)

        try:
            _, user = self.users.change(acting.user.user_id, change, also)
        except Taken as taken:
            self._refused(acting.user, person, source, taken.public_code)
            raise
        self.notices.deliver(*told)
        return next(identity for identity in user.identities if identity.key == person.key)

    def unlink(self, acting: LiveSession, identity_id: str, *, source: Source) -> None:
        """Unlink an identity and end all other sessions (SE-6); never the last way to log in."""
        gone: list[Identity] = []
        told: list[Write] = []

        def change(user: User) -> User:
            self._still_live(acting)
            gone[:] = [each for each in user.identities if each.identity_id == identity_id]
            kept = tuple(each for each in user.identities if each.identity_id != identity_id)
            if not gone:
                raise NotFound("identity")
            left = replace(user.with_sessions_ended("revoked"), identities=kept)
            self.ways_in.demand_one(left)
            return left

        def also(old: User, new: User) -> tuple[Write, ...]:
            carried = self.authentication.sessions.carried_over(self._still_live(acting), new.epoch)
            told[:] = self._noting("identity_unlinked", old, gone[0].provider, source)
            return carried, *told

        self.users.change(acting.user.user_id, change, also)
        self.notices.deliver(*told)

    def _start(self, user_id: str, person: Person, auth_time: int, source: Source) -> LogInResult:
        account = self.authentication.sessions.read_account(user_id)
        user = account.user
        if user is None:
            raise Conflict([person.key])  # deleted in this very moment, its identities with it
        self._refuse_disabled(user, person, source)
        return self.authentication.start(
            account,
            self._wanted(person, auth_time, source),
            detail={"provider": person.provider},
        )

    @staticmethod
    def _wanted(person: Person, auth_time: int, source: Source) -> SessionRequest:
        """Return the session to begin; a provider that is trusted with it has asked for the second factor itself."""
        if not person.is_multiple:
            return SessionRequest(source, FEDERATED, auth_time=auth_time)
        return SessionRequest(source, (*FEDERATED, MULTIPLE), auth_time=auth_time, factor_time=auth_time)

    def _link_or_create(self, person: Person, source: Source) -> None:
        """Link an unknown identity to the account that has the same address, verified on both sides, or make one."""
        user = self._verified_owner(person)
        if user is None or any(each.issuer == person.issuer for each in user.identities):
            # Another sub of the same issuer is another person there, who got the address after the first one.
            self.newcomers.make(person, source, address_is_free=user is None)
            return
        self._refuse_disabled(user, person, source)
        linking = self._linking(user, person, source)
        linked = _with(user, person.as_identity(self.world))
        self.store.commit(*self.users.records.changing(user, linked), *linking)
        self.notices.deliver(*linking)

    def _verified_owner(self, person: Person) -> User | None:
        """Return the user who has proven the address that the provider verified too."""
        user_id = self.users.id_of(person.verified_email) if person.verified_email else None
        return self.users.get(user_id) if user_id else None

    def _still_live(self, acting: LiveSession) -> Session:
        return self.authentication.sessions.require_live(
            acting.user.user_id, acting.session.session_id
        ).session

    def _refuse_disabled(self, user: User, person: Person, source: Source) -> None:
        if not user.may_prove:
            self._refused(user, person, source, "disabled")
            raise NotAllowed("This account is disabled.", code="disabled")

    def _refused(self, user: User, person: Person, source: Source, outcome: str) -> None:
        self.audit.record(
            "federated_log_in_refused",
            target=user.user_id,
            source=source,
            outcome=outcome,
            provider=person.provider,
        )

    def _linking(self, user: User, person: Person, source: Source) -> tuple[Write, ...]:
        return self._noting("identity_linked", user, person.provider, source)

    def _noting(self, event: str, user: User, provider: str, source: Source) -> tuple[Write, ...]:
        """Return the writes that note a change of someone's identities, and tell the person as it was before."""
        telling = self.notices.telling(user, event, source=source, provider=provider.capitalize())
        return self.audit.write(event, target=user.user_id, source=source, provider=provider), *telling


def _with(user: User, identity: Identity) -> User:
    if len(user.identities) >= MAX_IDENTITIES:
        raise Invalid(
            said("An account has at most {most} linked log-ins: unlink one first.", most=MAX_IDENTITIES)
        )
    return replace(user, identities=(*user.identities, identity))
