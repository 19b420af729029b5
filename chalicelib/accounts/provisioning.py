"""Accounts that an operator makes: one by one with a password, or brought in from elsewhere with their old hashes."""

from dataclasses import dataclass, replace

from chalicelib import scopes
from chalicelib.audit.trail import OPERATOR, Audit, Source
from chalicelib.credentials.passwords import Passwords
from chalicelib.errors import Taken
from chalicelib.users.user import NewUser, User, UserId
from chalicelib.users.users import ID_TAKEN, Users


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who shall have an account. Whoever sets ``email_verified`` has checked that the address is this person's.

    ``user_id`` is the id that the person had elsewhere, well formed (:mod:`chalicelib.users.user_ids`); None: a new one.
    """

    wanted: NewUser
    granted: scopes.Scopes
    email_verified: bool = False
    disabled: bool = False
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Provisioning:
    """The two ways in; open where sign-up is closed. Each raises Taken where a name is another's."""

    users: Users
    passwords: Passwords
    audit: Audit

    def make(
        self, newcomer: Newcomer, *, password: str | None, source: Source, actor: str = OPERATOR
    ) -> User:
        """Make an account, without a password for None; Invalid ``weak_password`` for one that would be guessed."""
        if password is not None:
            self.passwords.check_new(password, context=newcomer.wanted.words)
        hashed = None if password is None else self.passwords.hash(password)
        return self._create(newcomer, hashed, source, actor, how="operator")

    def import_user(
        self, newcomer: Newcomer, *, hashed: str | None, source: Source, actor: str = OPERATOR
    ) -> User:
        """Make an account with a hash from elsewhere, which the next log-in replaces; None where there is none.

        Invalid for a hash that no log-in could ever match. Taken also where the id is another's, or was: what is left of
        that one, a token above all, must not open another's account (DL-3).
        """
        if newcomer.user_id is not None and self.is_used(newcomer.user_id):
            raise Taken(ID_TAKEN)
        if hashed is not None:
            self.passwords.check_import(hashed)
        return self._create(newcomer, hashed, source, actor, how="import")

    def is_used(self, user_id: str) -> bool:
        """Return whether an id is an account's, or was one's of which anything is left, be it the trail alone."""
        return self.users.is_used(user_id) or bool(self.audit.of(user_id, limit=1)[0])

    def _create(
        self, newcomer: Newcomer, hashed: str | None, source: Source, actor: str, *, how: str
    ) -> User:
        composed, _ = self.users.compose(newcomer.wanted, password=hashed, granted=newcomer.granted)
        verified = newcomer.email_verified and composed.email is not None
        kept = composed.user_id if newcomer.user_id is None else UserId(newcomer.user_id)
        user = replace(
            composed, user_id=kept, email_verified=verified, disabled_by_operator=newcomer.disabled
        )
        audit = self.audit.write("sign_up", target=user.user_id, actor=actor, source=source, how=how)
        self.users.create(user, (*self.users.records.making(user), audit))
        return user
