"""What an operator does with anybody's account, on the command line or with the scope ``users:write``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from chalicelib import scopes
from chalicelib.accounts.changes import differences
from chalicelib.accounts.notices import BY_OPERATOR, Notices
from chalicelib.audit.trail import OPERATOR, Audit, Source
from chalicelib.credentials.passwords import Passwords
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import NotAllowed, Taken
from chalicelib.i18n.said import said
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Check, Store, Write
from chalicelib.store.each_once import each_once
from chalicelib.store.retrying import retrying
from chalicelib.users import names, owned_records
from chalicelib.users.user import User
from chalicelib.users.users import Users

LATELY = 50  # events of the trail: the networks in them are unlocked

Change = Callable[[User], User]
Telling = Callable[[User], Iterable[Write]]  # what a mail about a change takes, of the user as before it
Permit = Callable[
    [User, User | None], Iterable[Check]
]  # of a change, or with None a deletion; may raise a refusal


def permit_all(_old: User, _new: User | None) -> tuple[Check, ...]:
    """Permit everything: whoever has this machine has the store."""
    return ()


@dataclass(frozen=True, slots=True)
class Authority:
    """By whom something is done: ``actor`` is a user id, or the operator at the command line.

    ``permitted`` judges a change and returns what its commit demands. The last operator stays one without ``force``.
    """

    actor: str = OPERATOR
    permitted: Permit = permit_all
    force: bool = False


AT_THE_COMMAND_LINE = Authority()


@dataclass(frozen=True, slots=True)
class Administration:
    """The verbs of an operator."""

    store: Store
    users: Users
    passwords: Passwords
    throttle: Throttle
    sessions: Sessions
    audit: Audit
    notices: Notices

    def change(
        self,
        user_id: str,
        change: Change,
        *more: Callable[[User, User], Iterable[Write]],
        source: Source,
        by: Authority = AT_THE_COMMAND_LINE,
    ) -> User:
        """Change a user whatever others do meanwhile; each difference is written down in the same commit, with ``more``."""

        def also(old: User, new: User) -> Iterable[Write]:
            for event, detail in differences(old, new):
                yield self.audit.write(event, target=user_id, actor=by.actor, source=source, **detail)
            yield from by.permitted(old, new)
            yield from self._another_left(old, new, force=by.force)

        _, user = self.users.change(user_id, change, also, *more)
        return user

    def change_and_tell(
        self,
        user_id: str,
        change: Change,
        telling: Telling,
        *more: Callable[[User, User], Iterable[Write]],
        source: Source,
        by: Authority,
    ) -> User:
        """Change a user as :meth:`change` does, with the writes that tell the person, and have these delivered."""
        told: list[Write] = []

        def also(old: User, _new: User) -> Iterable[Write]:
            told[:] = telling(old)
            return told

        user = self.change(user_id, change, also, *more, source=source, by=by)
        self.notices.deliver(*told)
        return user

    def administer(
        self,
        user_id: str,
        *,
        granted: scopes.Scopes | None = None,
        disabled: bool | None = None,
        name: str | None = None,
        source: Source,
        by: Authority = AT_THE_COMMAND_LINE,
    ) -> User:
        """Change scopes, ``disabled`` and the name of anybody at once; None leaves as is. Disabling ends every session (SE-6)."""
        cleaned = None if name is None else names.clean_name(name)

        def change(user: User) -> User:
            if disabled is not None and disabled != user.disabled_by_operator:
                user = user.with_sessions_ended("disabled") if disabled else user
                user = replace(user, disabled_by_operator=disabled)
            return replace(
                user,
                name=user.name if cleaned is None else cleaned,
                scopes=user.scopes if granted is None else granted,
            )

        return self.change(user_id, change, source=source, by=by)

    def change_scopes(
        self,
        user_id: str,
        change: Callable[[scopes.Scopes], scopes.Scopes],
        *,
        source: Source,
        by: Authority = AT_THE_COMMAND_LINE,
    ) -> User:
        """Grant or revoke scopes relative to what the user has, whatever others do meanwhile."""
        return self.change(
            user_id, lambda user: replace(user, scopes=change(user.scopes)), source=source, by=by
        )

    def set_password(self, user_id: str, *, new: str, source: Source, actor: str = OPERATOR) -> None:
        """Set anybody's password and end every session; the person is told."""
        self.passwords.check_new(new, context=self.users.require(user_id).words)
        hashed = self.passwords.hash(new)
        self.change_and_tell(
            user_id,
            lambda user: replace(user.with_sessions_ended("password_changed"), password=hashed),
            lambda user: self.notices.telling(user, "password_set_by_operator", source=BY_OPERATOR),
            source=source,
            by=Authority(actor),
        )

    def end_session(
        self, user_id: str, session_id: str | None, *, source: Source, actor: str = OPERATOR
    ) -> None:
        """End one session of anybody, or with None every one."""
        if session_id is not None:
            self.sessions.end(user_id, session_id, source=source, actor=actor)
            return
        self.change(
            user_id, lambda user: user.with_sessions_ended("revoked"), source=source, by=Authority(actor)
        )

    def unlock(self, user_id: str, *, source: Source, actor: str = OPERATOR) -> None:
        """Lift the lock that wrong passwords put on an account."""
        user = self.users.require(user_id)
        events, _ = self.audit.of(user_id, limit=LATELY)
        tried_from = (event.ip for event in events if event.ip is not None)
        networks = (*user.networks, *tried_from)
        self.throttle.unlock(user.canonical, names=user.login_names, networks=networks, user_id=user_id)
        self.store.commit(self.audit.write("unlocked", target=user_id, source=source, actor=actor))

    def delete(
        self,
        user_id: str,
        *,
        source: Source,
        by: Authority = AT_THE_COMMAND_LINE,
    ) -> None:
        """Delete anybody at once: account and names in one commit, by which every session ends; the person is told.

        The trail stays until it expires.
        """

        def attempt() -> tuple[Write, ...]:
            user = self.users.require(user_id)
            audit = self.audit.write("deleted", target=user_id, source=source, actor=by.actor)
            demanded = (*by.permitted(user, None), *self._another_left(user, None, force=by.force))
            seen = source if by.actor == user_id else BY_OPERATOR
            telling = self.notices.telling(user, "account_deleted", source=seen)
            self.users.commit(*each_once(*self.users.records.deleting(user), audit, *demanded, *telling))
            return telling

        told = retrying(attempt, busy=Taken("The account is being changed by others: try again."))
        self.notices.deliver(*told)
        owned_records.forget_all(self.store, user_id)

    def _another_left(self, old: User, new: User | None, *, force: bool) -> tuple[Check, ...]:
        """Demand another operator beside one who ceases to be one; raise NotAllowed ``last_operator``."""
        if force or not old.is_operator or (new is not None and new.is_operator):
            return ()
        other = self.users.operators.another_than(old.user_id)
        if other is None or other.record is None:
            raise NotAllowed(
                said(
                    "{user} is the last account that holds {scope}: give that to another account first, or use the "
                    "command line with --force.",
                    user=old.username,
                    scope=scopes.ADMINISTER,
                ),
                code="last_operator",
            )
        return (Check(other.record),)
