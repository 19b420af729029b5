"""The list of operators, by which the last one is known."""

from collections.abc import Iterator

from chalicelib.store import Store
from chalicelib.users.user import DIRECTORY, OPERATORS, User, users_of

LINES = 90  # read at once
MAX_LOOKED_AT = 900  # accounts in which an operator is looked for whom an earlier release has not listed


class OperatorList:
    """Finds operators."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def another_than(self, user_id: str) -> User | None:
        """Return an operator beside this user, if there is one."""
        return next(
            (user for user in self._candidates() if user.is_operator and user.user_id != user_id), None
        )

    def _candidates(self) -> Iterator[User]:
        """Yield who is listed as an operator, then the first accounts, in which an earlier release listed nobody."""
        for partition, most in ((OPERATORS, None), (DIRECTORY, MAX_LOOKED_AT)):
            after, seen = None, 0
            while most is None or seen < most:
                page = self._store.list(partition, after=after, limit=LINES)
                yield from users_of(self._store, page.records)
                after, seen = page.next_after, seen + LINES
                if after is None:
                    break
