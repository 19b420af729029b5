"""What a person does with the own account.

A person acts through a token; these verbs look whether its user and session still go on, in one consistent read, so
a log-out or a disable acts here at the first request (TK-6, M8).
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.accounts.administration import Administration, Authority
from chalicelib.accounts.idempotency import Attempt
from chalicelib.accounts.reauthentication import Reauthentication
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.passwords import Passwords
from chalicelib.errors import Invalid, InvalidToken, NotAllowed, NotFound, Taken
from chalicelib.jose.claims import AccessClaims
from chalicelib.sessions.session import LiveSession
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Conflict, Store
from chalicelib.store.retrying import retrying
from chalicelib.users import names
from chalicelib.users.user import User


@dataclass(frozen=True, slots=True)
class SelfService:
    """The verbs of an account."""

    store: Store
    passwords: Passwords
    reauthentication: Reauthentication
    sessions: Sessions
    administration: Administration
    audit: Audit

    def acting(self, claims: AccessClaims) -> LiveSession:
        """Return who acts by an own token; raise InvalidToken when the user or the session is over."""
        return self.sessions.require_live(claims.sub, claims.sid or "-")

    def change_profile(
        self,
        acting: LiveSession,
        *,
        changes: dict[str, str | None],
        password: str | None = None,
        answer: FactorAnswer | None = None,
        source: Source,
    ) -> User:
        """Change ``name``, ``email`` (then unverified) or, once, a user name that was made up; return the user.

        What one logs in by, a user name or a verified address, is changed only on a fresh proof (MF-3).
        """
        if "username" in changes or (acting.user.email_verified and "email" in changes):
            self.reauthentication.demand(acting, password=password, answer=answer, source=source)

        def change(user: User) -> User:
            return replace(user, **_cleaned(user, changes))

        user_id = acting.user.user_id
        return self.administration.change(user_id, change, source=source, by=Authority(user_id))

    def change_password(
        self,
        acting: LiveSession,
        *,
        current: str | None,
        new: str,
        answer: FactorAnswer | None = None,
        source: Source,
        attempt: Attempt | None = None,
    ) -> None:
        """Set a new password and end all other sessions; asks for the current one, if there is one (PW-6).

        And for the second factor of who has one.
        What an ``attempt`` did before is not done again.
        """
        if attempt and attempt.done() is not None:
            return
        try:
            acting = self.reauthentication.demand_password(
                acting, password=current, answer=answer, source=source
            )
            self._change_password(acting, new=new, source=source, attempt=attempt)
        except (
            NotAllowed,
            InvalidToken,
        ):  # perhaps because this very request, sent twice, was done meanwhile
            if attempt is None or attempt.done() is None:
                raise

    def _change_password(
        self, acting: LiveSession, *, new: str, source: Source, attempt: Attempt | None
    ) -> None:
        self.passwords.check_new(new, context=acting.user.words)
        hashed = self.passwords.hash(new)

        def change() -> None:
            user = replace(acting.user.with_sessions_ended("password_changed"), password=hashed)
            self.store.commit(
                *self.administration.users.records.changing(acting.user, user),
                self.sessions.carried_over(acting.session, user.epoch),
                self.audit.write("password_changed", target=user.user_id, source=source),
                *((attempt.note(),) if attempt else ()),
            )

        def reread(_: Conflict) -> None:
            nonlocal acting
            acting = self._again(acting)

        retrying(change, reread=reread, busy=Taken("The account is being changed by others: try again."))

    def delete_own(
        self,
        acting: LiveSession,
        *,
        password: str | None,
        answer: FactorAnswer | None = None,
        source: Source,
    ) -> None:
        """Delete the account that acts; asks for a second factor, the password or a log-in of the last five minutes."""
        self.reauthentication.demand(acting, password=password, answer=answer, source=source)
        user_id = acting.user.user_id
        self.administration.delete(user_id, source=source, by=Authority(user_id))

    def end_all(self, acting: LiveSession, *, source: Source) -> None:
        """End every session of the person, this one too, by one write."""
        user_id = acting.user.user_id
        self.administration.end_session(user_id, None, source=source, actor=user_id)

    def log_out(self, acting: LiveSession, *, source: Source) -> None:
        """End the session that acts; where another has ended it meanwhile, that is done."""
        with suppress(NotFound):
            self.sessions.end(acting.user.user_id, acting.session.session_id, source=source)

    def _again(self, acting: LiveSession) -> LiveSession:
        """Return who acts as it is now, after a lost race; what was proven must still be so."""
        live = self.sessions.require_live(acting.user.user_id, acting.session.session_id)
        if live.user.password != acting.user.password:
            raise InvalidToken("the password was changed meanwhile")
        return live


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
