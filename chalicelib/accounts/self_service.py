"""What a person does with the own account.

A person acts through a token; these verbs look whether its user and session still go on, in one consistent read, so
a log-out or a disable acts here at the first request (TK-6, M8).
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.accounts.administration import Administration, Authority
from chalicelib.accounts.deletion import Deletion
from chalicelib.accounts.idempotency import Attempt
from chalicelib.accounts.own_address import OwnAddress
from chalicelib.accounts.reauthentication import Reauthentication
from chalicelib.accounts.views import Views
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.passwords import Passwords
from chalicelib.errors import Invalid, InvalidToken, NotAllowed, NotFound, Taken
from chalicelib.i18n.languages import LANGUAGES
from chalicelib.jose.claims import AccessClaims
from chalicelib.sessions.session import LiveSession
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Conflict, Write
from chalicelib.store.retrying import retrying
from chalicelib.users import names
from chalicelib.users.user import User
from chalicelib.users.ways_in import WaysIn


@dataclass(frozen=True, slots=True)
class SelfService:
    """The verbs of an account."""

    passwords: Passwords
    reauthentication: Reauthentication
    sessions: Sessions
    administration: Administration
    deletion: Deletion
    audit: Audit
    ways_in: WaysIn
    views: Views
    address: OwnAddress | None = None  # None where no mail is sent

    def acting(self, claims: AccessClaims) -> LiveSession:
        """Return who acts by an own token; raise InvalidToken when the user or the session is over, or an operator's view."""
        if claims.is_view:
            return self.views.look(claims).acting()
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
        """Change ``name``, ``email``, ``language`` or, once, a user name that was made up; return the user.

        A new address is unverified; beside a verified one it only waits to be proven, where mail is sent. What one
        logs in by, or may by its proof, is changed only on a fresh proof of the person (MF-3).
        """
        if "username" in changes or self._touches_log_in(acting.user, changes):
            self.reauthentication.demand(acting, password=password, answer=answer, source=source)
        wanted = _cleaned(acting.user, changes)  # refuses what is malformed before anything is sent
        if self.address is not None and wanted.get("email") is not None:
            if self.address.wait(acting, wanted["email"], source=source):
                changes = {field: value for field, value in changes.items() if field != "email"}
            else:
                self.address.admit(acting.user, wanted["email"], source=source)
        return self._change_profile(acting.user.user_id, changes, source)

    def _change_profile(self, user_id: str, changes: dict[str, str | None], source: Source) -> User:
        told: list[Write] = []

        def change(user: User) -> User:
            changed = replace(user, **_cleaned(user, changes))
            if user.email_verified and not changed.email_verified:
                self.ways_in.demand_one(changed)
            return changed

        def telling(old: User, new: User) -> Iterable[Write]:
            told[:] = self.address.telling(old, new, source=source) if self.address else ()
            return told

        user = self.administration.change(user_id, change, telling, source=source, by=Authority(user_id))
        if self.address:
            self.address.outbox.deliver_soon(*told)
        return user

    def _touches_log_in(self, user: User, changes: dict[str, str | None]) -> bool:
        """Return whether a change is about an address that logs in, or that will once it is proven by mail."""
        if "email" not in changes:
            return False
        return user.email_verified or (self.address is not None and changes["email"] != user.email)

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
        self.passwords.demand_on()
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
        hashed, notices = self.passwords.hash(new), self.administration.notices

        def change() -> tuple[Write, ...]:
            user = replace(acting.user.with_sessions_ended("password_changed"), password=hashed)
            telling = notices.telling(acting.user, "password_changed", source=source)
            self.administration.users.commit(
                *self.administration.users.records.changing(acting.user, user),
                self.sessions.carried_over(acting.session, user.epoch),
                self.audit.write("password_changed", target=user.user_id, source=source),
                *((attempt.note(),) if attempt else ()),
                *telling,
            )
            return telling

        def reread(_: Conflict) -> None:
            nonlocal acting
            acting = self._again(acting)

        busy = Taken("The account is being changed by others: try again.")
        notices.deliver(*retrying(change, reread=reread, busy=busy))

    def delete_own(
        self,
        acting: LiveSession,
        *,
        password: str | None,
        answer: FactorAnswer | None = None,
        source: Source,
    ) -> int | None:
        """Delete the account that acts; asks for a second factor, the password or a log-in of the last five minutes.

        Returns when it is gone, in seconds since the epoch, where there is a grace; else None: it is gone.
        """
        self.reauthentication.demand(acting, password=password, answer=answer, source=source)
        user_id = acting.user.user_id
        return self.deletion.delete(user_id, source=source, by=Authority(user_id))

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
    if "language" in changes:
        language = changes["language"] or ""
        if language not in ("", *LANGUAGES):
            raise Invalid("There is no such language.", errors={"language": "is none that there is"})
        cleaned["language"] = language
    if changes.get("username") is not None:
        if not user.username_is_given:
            raise Invalid("The user name cannot be changed.", errors={"username": "cannot be changed"})
        username = names.canonical_username(changes["username"] or "")
        cleaned |= {"username": username.display, "canonical": username.canonical, "username_is_given": False}
    return cleaned
