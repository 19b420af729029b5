"""What an operator does with anybody's account, on the command line or with the scope ``users:write``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from chalicelib import scopes
from chalicelib.audit.trail import OPERATOR, Audit, Source
from chalicelib.credentials.passwords import Passwords
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import NotAllowed, Taken
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import MAX_WRITES, Check, Forget, Store, Write, each_once
from chalicelib.store.retrying import retrying
from chalicelib.users import names
from chalicelib.users.user import User, consents_partition
from chalicelib.users.users import Users

LATELY = 50  # events of the trail: the networks in them are unlocked

Change = Callable[[User], User]
Permit = Callable[
    [User, User | None], Iterable[Check]
]  # of a change, or with None a deletion; may raise a refusal


def at_the_command_line(_old: User, _new: User | None) -> tuple[Check, ...]:
    """Permit everything: whoever has this machine has the store."""
    return ()


@dataclass(frozen=True, slots=True)
class Administration:
    """The verbs of an operator; ``actor`` is a user id, or the operator at the command line.

    ``permitted`` judges a change and returns what its commit demands. The last operator stays one without ``force``.
    """

    store: Store
    users: Users
    passwords: Passwords
    throttle: Throttle
    sessions: Sessions
    audit: Audit

    def change(
        self,
        user_id: str,
        change: Change,
        *,
        source: Source,
        actor: str = OPERATOR,
        permitted: Permit = at_the_command_line,
        force: bool = False,
    ) -> User:
        """Change a user whatever others do meanwhile; each difference is written down in the same commit."""

        def also(old: User, new: User) -> Iterable[Write]:
            for event, detail in differences(old, new):
                yield self.audit.write(event, target=user_id, actor=actor, source=source, **detail)
            yield from permitted(old, new)
            yield from self._another_left(old, new, force=force)

        _, user = self.users.change(user_id, change, also)
        return user

    def administer(
        self,
        user_id: str,
        *,
        granted: scopes.Scopes | None = None,
        disabled: bool | None = None,
        name: str | None = None,
        source: Source,
        actor: str = OPERATOR,
        permitted: Permit = at_the_command_line,
        force: bool = False,
    ) -> User:
        """Change scopes, ``disabled`` and the name of anybody at once; None leaves as is. Disabling ends every session (SE-6)."""
        cleaned = None if name is None else names.clean_name(name)

        def change(user: User) -> User:
            if disabled is not None and disabled != user.disabled:
                user = user.with_sessions_ended("disabled") if disabled else user
                user = replace(user, disabled=disabled)
            return replace(
                user,
                name=user.name if cleaned is None else cleaned,
                scopes=user.scopes if granted is None else granted,
            )

        return self.change(user_id, change, source=source, actor=actor, permitted=permitted, force=force)

    def change_scopes(
        self,
        user_id: str,
        change: Callable[[scopes.Scopes], scopes.Scopes],
        *,
        source: Source,
        force: bool = False,
    ) -> User:
        """Grant or revoke scopes relative to what the user has, whatever others do meanwhile."""
        return self.change(
            user_id, lambda user: replace(user, scopes=change(user.scopes)), source=source, force=force
        )

    def set_password(self, user_id: str, *, new: str, source: Source, actor: str = OPERATOR) -> None:
        """Set anybody's password and end every session."""
        self.passwords.check_new(new, context=self.users.require(user_id).words)
        hashed = self.passwords.hash(new)
        self.change(
            user_id,
            lambda user: replace(user.with_sessions_ended("password_changed"), password=hashed),
            source=source,
            actor=actor,
        )

    def end_session(
        self, user_id: str, session_id: str | None, *, source: Source, actor: str = OPERATOR
    ) -> None:
        """End one session of anybody, or with None every one."""
        if session_id is not None:
            self.sessions.end(user_id, session_id, source=source, actor=actor)
            return
        self.change(user_id, lambda user: user.with_sessions_ended("revoked"), source=source, actor=actor)

    def unlock(self, user_id: str, *, source: Source, actor: str = OPERATOR) -> None:
        """Lift the lock that wrong passwords put on an account."""
        user = self.users.require(user_id)
        events, _ = self.audit.of(user_id, limit=LATELY)
        tried_from = (event.ip for event in events if event.ip is not None)
        self.throttle.unlock(user.canonical, names=user.login_names, networks=(*user.networks, *tried_from))
        self.store.commit(self.audit.write("unlocked", target=user_id, source=source, actor=actor))

    def delete(
        self,
        user_id: str,
        *,
        source: Source,
        actor: str = OPERATOR,
        permitted: Permit = at_the_command_line,
        force: bool = False,
    ) -> None:
        """Delete anybody: account and names in one commit, by which every session ends. The trail stays until it expires."""

        def attempt() -> None:
            user = self.users.require(user_id)
            audit = self.audit.write("deleted", target=user_id, source=source, actor=actor)
            demanded = (*permitted(user, None), *self._another_left(user, None, force=force))
            self.store.commit(*each_once(*self.users.deletion(user), audit, *demanded))

        retrying(attempt, busy=Taken("The account is being changed by others: try again."))
        self._forget_rest(f"user#{user_id}")
        self._forget_rest(consents_partition(user_id))

    def _another_left(self, old: User, new: User | None, *, force: bool) -> tuple[Check, ...]:
        """Demand another operator beside one who ceases to be one; raise NotAllowed ``last_operator``."""
        if force or not old.is_operator or (new is not None and new.is_operator):
            return ()
        other = self.users.another_operator(old.user_id)
        if other is None or other.record is None:
            raise NotAllowed(
                f"{old.username} is the last account that holds {scopes.ADMINISTER}: give that to another account "
                "first, or use the command line with --force.",
                code="last_operator",
            )
        return (Check(other.record),)

    def _forget_rest(self, partition: str) -> None:
        """Remove what is left of a deleted user: without it nothing of this works, and nobody has that id again."""
        while page := self.store.list(partition, limit=MAX_WRITES).records:
            self.store.commit(*(Forget(record.key) for record in page))


def differences(old: User, new: User) -> list[tuple[str, dict[str, str]]]:
    """Return the audit events, with their detail, that say how a user changed."""
    found: list[tuple[str, dict[str, str]]] = []
    profile = [part for part in ("username", "name", "email") if getattr(old, part) != getattr(new, part)]
    if profile:
        found.append(("profile_changed", {"changed": " ".join(profile)}))
    if old.scopes != new.scopes:
        found.append(("scopes_changed", _scope_change(old, new)))
    if old.disabled != new.disabled:
        found.append(("disabled" if new.disabled else "enabled", {}))
    if old.password != new.password:
        found.append(("password_changed", {}))
    elif old.epoch != new.epoch and not new.disabled:
        found.append(("log_out_everywhere", {}))
    return found


def _scope_change(old: User, new: User) -> dict[str, str]:
    changed = {
        "granted": " ".join(sorted(new.scopes - old.scopes)),
        "revoked": " ".join(sorted(old.scopes - new.scopes)),
    }
    return {word: value for word, value in changed.items() if value}
