"""How an account ends: at once, or closed first and gone by itself when a grace is over (CUPBEARER_DELETION_GRACE_DAYS).

A closed account opens nothing, and its names stay taken. Each of its records expires at one moment, so nobody has to come
and delete it: ``docs/decisions/0084-deletion-with-a-grace.md``. Until then its person takes it back by a log-in, or an
operator does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.accounts.administration import AT_THE_COMMAND_LINE, Administration, Authority, Change, Telling
from chalicelib.accounts.notices import BY_OPERATOR, Notices
from chalicelib.audit.trail import Source
from chalicelib.authentication.closed_accounts import ClosedAccounts
from chalicelib.errors import Invalid
from chalicelib.store import Store, Write
from chalicelib.users import owned_records
from chalicelib.users.user import Closing, User, profile_key
from chalicelib.world import World

DAY = 24 * 60 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Deletion:
    """The verbs."""

    store: Store
    world: World
    administration: Administration
    closed: ClosedAccounts
    notices: Notices
    grace_days: int

    def delete(
        self, user_id: str, *, at_once: bool = False, source: Source, by: Authority = AT_THE_COMMAND_LINE
    ) -> int | None:
        """Delete an account; return when it is gone, in seconds since the epoch, or None: it is gone.

        A closed one stays closed as it is. Raises NotFound, and NotAllowed as ``by`` judges.
        """
        if at_once or not self.grace_days:
            self.administration.delete(user_id, source=source, by=by)
            return None
        by_person = by.actor == user_id
        closing = Closing(self.world.timestamp() + self.grace_days * DAY, by_person)

        def close(user: User) -> User:
            if user.closing is not None:
                return user
            return replace(user.with_sessions_ended("disabled"), closing=closing)

        def telling(user: User) -> Iterable[Write]:
            what = "account_closed" if by_person else "account_closed_by_operator"
            seen = source if by_person else BY_OPERATOR
            return self.notices.telling(user, what, source=seen, until=closing.deletes_at)

        user = self._change(user_id, close, telling, source=source, by=by)
        return user.deletes_at

    def take_back(self, token: str, *, source: Source) -> User:
        """Open a closed account again by the token that a log-in gave; the log-in is begun anew. Raises Invalid."""
        user_id = self.closed.owner(token)
        if self.administration.users.get(user_id) is None:
            raise Invalid("This account is gone.", code="invalid_restore_token")

        def open_again(user: User) -> User:
            self.closed.demand_good(token, user)
            return replace(user.with_sessions_ended("revoked"), closing=None)

        return self._open(user_id, open_again, source=source, by=Authority(user_id))

    def undelete(self, user_id: str, *, source: Source, by: Authority = AT_THE_COMMAND_LINE) -> User:
        """Open a closed account again, as an operator. Raises NotFound, Invalid where it is not closed."""

        def open_again(user: User) -> User:
            if user.closing is None:
                raise Invalid("This account is not closed.", code="not_closed")
            return replace(user.with_sessions_ended("revoked"), closing=None)

        return self._open(user_id, open_again, source=source, by=by)

    def _open(self, user_id: str, change: Change, *, source: Source, by: Authority) -> User:
        seen = source if by.actor == user_id else BY_OPERATOR

        def telling(user: User) -> Iterable[Write]:
            return self.notices.telling(replace(user, closing=None), "account_taken_back", source=seen)

        return self._change(user_id, change, telling, source=source, by=by)

    def _change(
        self, user_id: str, change: Change, telling: Telling, *, source: Source, by: Authority
    ) -> User:
        """Change how long an account is kept, and with it in the same commit how long what belongs to it is.

        What a commit has no room for follows, also where the account was closed before and that was cut short.
        """
        before: int | None = None

        def also(old: User, new: User) -> Iterable[Write]:
            nonlocal before
            before = old.deletes_at
            return owned_records.keeping(
                self.store, user_id, new.deletes_at, before=before, but=profile_key(user_id)
            )

        user = self.administration.change_and_tell(user_id, change, telling, also, source=source, by=by)
        owned_records.keep_rest(self.store, user_id, user.deletes_at, before=before, but=profile_key(user_id))
        return user
