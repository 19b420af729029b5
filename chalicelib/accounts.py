"""What a person does with the own account, and what an operator does with anybody's.

A person acts through a token; these verbs look whether its user and session still go on, in one consistent read, so
a log-out or a disable acts here at the first request (TK-6, M8).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import names, scopes
from chalicelib.audit import Audit, Source
from chalicelib.claims import AccessClaims
from chalicelib.errors import Invalid, InvalidToken, NotAllowed, NotFound, SlowDown, Taken
from chalicelib.networks import network_of
from chalicelib.passwords import Passwords
from chalicelib.session import Session, session_key
from chalicelib.sessions import Sessions
from chalicelib.store import Conflict, Forget, Store, Write
from chalicelib.throttling import Throttle
from chalicelib.user import User
from chalicelib.users import Users
from chalicelib.world import World

FRESH_SECONDS = 5 * 60  # a log-in this recent stands for a password (MF-3)
MAX_TRIES = 8
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Acting:
    """A person at work: the user and the session that the token is of, both as read and going on."""

    user: User
    session: Session


@dataclass(frozen=True, slots=True)
class Accounts:
    """The verbs of an account."""

    store: Store
    world: World
    users: Users
    passwords: Passwords
    throttle: Throttle
    sessions: Sessions
    audit: Audit

    def acting(self, claims: AccessClaims) -> Acting:
        """Return who acts by an own token; raise InvalidToken when the user or the session is over."""
        user, session = self.sessions.read(claims.sub, claims.sid or "-")
        reason = self.sessions.is_over(session, user)
        if reason is not None or user is None or session is None:
            raise InvalidToken(f"its session is over: {reason}")
        return Acting(user, session)

    def change_profile(self, acting: Acting, *, changes: dict[str, str | None], source: Source) -> User:
        """Change ``name``, ``email`` (then unverified) or, once, a user name that was made up; return the user."""

        def change(user: User) -> User:
            return replace(user, **_cleaned(user, changes))

        return self._change(
            acting.user.user_id, change, "profile_changed", source=source, detail=sorted(changes)
        )

    def change_password(self, acting: Acting, *, current: str | None, new: str, source: Source) -> None:
        """Set a new password and end all other sessions; asks for the current one, if there is one (PW-6)."""
        if acting.user.password is not None or current is not None:
            self._prove(acting, current, source=source)
        elif not self._is_fresh(acting):
            raise NotAllowed(
                "Log in again first: there is no password to ask for.", code="reauthentication_required"
            )
        self.passwords.check_new(new, context=context_of(acting.user))
        hashed = self.passwords.hash(new)
        for _ in range(MAX_TRIES):
            user = replace(acting.user.with_sessions_ended("password_changed"), password=hashed)
            try:
                self.store.commit(
                    *self.users.writes_for(acting.user, user),
                    self.sessions.carried_over(acting.session, user.epoch),
                    self.audit.write("password_changed", target=user.user_id, source=source),
                )
            except Conflict:
                acting = self._again(acting)
                continue
            return
        raise Taken("The account is being changed by others: try again.")

    def delete_own(self, acting: Acting, *, password: str | None, source: Source) -> None:
        """Delete the account that acts; asks for the password or a log-in of the last five minutes."""
        if password is not None or not self._is_fresh(acting):
            self._prove(acting, password, source=source)
        self.delete(acting.user.user_id, source=source, actor=acting.user.user_id)

    def end_all(self, acting: Acting, *, source: Source) -> None:
        """End every session of the person, this one too, by one write."""
        self._change(
            acting.user.user_id,
            lambda user: user.with_sessions_ended("revoked"),
            "log_out_everywhere",
            source=source,
        )

    def administer(
        self,
        user_id: str,
        *,
        granted: scopes.Scopes | None = None,
        disabled: bool | None = None,
        name: str | None = None,
        source: Source,
        actor: str = OPERATOR,
    ) -> User:
        """Change scopes, ``disabled`` or the name of anybody; None leaves as is. Disabling ends every session (SE-6)."""
        user = self.users.require(user_id)
        if name is not None:
            name = names.clean_name(name)
            user = self._change(
                user_id, lambda u: replace(u, name=name), "profile_changed", source=source, actor=actor
            )
        if granted is not None:
            detail = [scopes.text(granted)]
            user = self._change(
                user_id,
                lambda u: replace(u, scopes=granted),
                "scopes_changed",
                source=source,
                actor=actor,
                detail=detail,
            )
        if disabled is not None:
            user = self._change(
                user_id,
                _disabling(disabled=disabled),
                "disabled" if disabled else "enabled",
                source=source,
                actor=actor,
            )
        return user

    def change_scopes(
        self,
        user_id: str,
        change: Callable[[scopes.Scopes], scopes.Scopes],
        *,
        source: Source,
        actor: str = OPERATOR,
    ) -> User:
        """Grant or revoke scopes relative to what the user has, whatever others do meanwhile."""
        return self._change(
            user_id,
            lambda user: replace(user, scopes=change(user.scopes)),
            "scopes_changed",
            source=source,
            actor=actor,
        )

    def set_password(self, user_id: str, *, new: str, source: Source, actor: str = OPERATOR) -> None:
        """Set anybody's password and end every session."""
        self.passwords.check_new(new, context=context_of(self.users.require(user_id)))
        hashed = self.passwords.hash(new)
        self._change(
            user_id,
            lambda user: replace(user.with_sessions_ended("password_changed"), password=hashed),
            "password_changed",
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
        self._change(
            user_id,
            lambda user: user.with_sessions_ended("revoked"),
            "log_out_everywhere",
            source=source,
            actor=actor,
        )

    def unlock(self, user_id: str, *, source: Source, actor: str = OPERATOR) -> None:
        """Lift the lock that wrong passwords put on an account."""
        user = self.users.require(user_id)
        for name in user.login_names:
            self.throttle.unlock(name, networks=user.networks)
        self.store.commit(self.audit.write("unlocked", target=user_id, source=source, actor=actor))

    def delete(self, user_id: str, *, source: Source, actor: str = OPERATOR) -> None:
        """Delete anybody: the account, its names and its sessions in one commit. The trail is kept until it expires."""
        for _ in range(MAX_TRIES):
            user, sessions = self.sessions.read_all(user_id)
            if user is None:
                raise NotFound("user")
            forget = (Forget(session_key(user_id, session.session_id)) for session in sessions)
            audit = self.audit.write("deleted", target=user_id, source=source, actor=actor)
            try:
                self.store.commit(*self.users.deletion(user), *forget, audit)
            except Conflict:
                continue
            return
        raise Taken("The account is being changed by others: try again.")

    def _change(
        self,
        user_id: str,
        change: Callable[[User], User],
        event: str,
        *,
        source: Source,
        actor: str | None = None,
        detail: Iterable[str] = (),
    ) -> User:
        def audit(old: User, new: User) -> tuple[Write, ...]:
            told = {"changed": " ".join(detail)} if detail else _scope_change(old, new)
            return (self.audit.write(event, target=user_id, actor=actor, source=source, **told),)

        _, user = self.users.change(user_id, change, audit)
        return user

    def _is_fresh(self, acting: Acting) -> bool:
        return self.world.now() - acting.session.auth_time <= FRESH_SECONDS

    def _prove(self, acting: Acting, password: str | None, *, source: Source) -> None:
        """Demand the password again, throttled like a log-in (TH-4); raise NotAllowed ``wrong_password``."""
        if password is None:
            raise Invalid("The password is asked for again.", errors={"password": "is required"})
        self.passwords.check_form(password)
        user, network = acting.user, network_of(source.ip)
        try:
            reservation = self.throttle.reserve(
                account=user.canonical, network=network, known=user.known_from(network)
            )
        except SlowDown:
            self.audit.record("log_in_throttled", target=user.user_id, source=source, outcome="slow_down")
            raise
        if not self.passwords.verify(password, user.password).ok:
            reservation.failed()
            self.audit.record(
                "password_refused", target=user.user_id, source=source, outcome="wrong_password"
            )
            raise NotAllowed("The password is wrong.", code="wrong_password")
        for write in reservation.cleared():
            self.store.commit(write)

    def _again(self, acting: Acting) -> Acting:
        """Return who acts as it is now, after a lost race; what was proven must still be so."""
        user, session = self.sessions.read(acting.user.user_id, acting.session.session_id)
        reason = self.sessions.is_over(session, user)
        if reason is not None or user is None or session is None or user.password != acting.user.password:
            raise InvalidToken(f"its session is over: {reason}")
        return Acting(user, session)


def context_of(user: User) -> tuple[str, ...]:
    """Return the words that this user's password may not be."""
    return tuple(word for word in (user.username, user.email, user.name) if word)


def _disabling(*, disabled: bool) -> Callable[[User], User]:
    def change(user: User) -> User:
        if user.disabled == disabled:
            return user
        return replace(user.with_sessions_ended("disabled") if disabled else user, disabled=disabled)

    return change


def _scope_change(old: User, new: User) -> dict[str, str]:
    changed = {
        "granted": " ".join(sorted(new.scopes - old.scopes)),
        "revoked": " ".join(sorted(old.scopes - new.scopes)),
    }
    return {word: value for word, value in changed.items() if value}


def _cleaned(user: User, changes: dict[str, str | None]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    if "name" in changes:
        name = changes["name"]
        cleaned["name"] = None if name is None else names.clean_name(name)
    if "email" in changes:
        email = changes["email"]
        address = None if email is None else names.canonical_email(email).display
        if address != user.email:
            cleaned |= {"email": address, "email_verified": False}
    if changes.get("username") is not None:
        if not user.username_is_given:
            raise Invalid("The user name cannot be changed.", errors={"username": "cannot be changed"})
        username = names.canonical_username(changes["username"] or "")
        cleaned |= {"username": username.display, "canonical": username.canonical, "username_is_given": False}
    return cleaned
