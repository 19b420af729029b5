"""Addresses that nobody has proven: an index for operators to find people by, never a name to log in by (IN-3).

Anyone can write anyone's address into an account, so a record here is one account's claim and unique to nobody: it
leads to each account that names the address. A verified address needs none, for it is a log-in name.
"""

from dataclasses import dataclass

from chalicelib.store import Check, Conflict, Insert, Key, Store
from chalicelib.users import names
from chalicelib.users.user import DIRECTORY, User, users_of

LINES = 90  # read at once


def partition(canonical: str) -> str:
    """Return where the claims to an address live."""
    return f"address#{canonical}"


def keys_of(user: User) -> frozenset[Key]:
    """Return the user's claim: one where it names an address that is not verified."""
    if user.email is None or user.email_verified:
        return frozenset()
    return frozenset({Key(partition(names.canonical_email(user.email).canonical), user.user_id)})


@dataclass(frozen=True, slots=True)
class Addresses:
    """Finds who claims an address, and writes down the claims that an earlier release did not."""

    store: Store

    def claimed_by(
        self, address: str, *, after: str | None = None, limit: int = 50
    ) -> tuple[tuple[User, ...], str | None]:
        """Return whose account names this address without proof, and where the next page starts. Raises Invalid."""
        lines = self.store.list(partition(names.canonical_email(address).canonical), after=after, limit=limit)
        users = users_of(self.store, lines.records)
        # An earlier release that runs beside this one leaves claims behind: those that hold no more are left out.
        holds = {line.key for line in lines.records}
        return tuple(user for user in users if not holds.isdisjoint(keys_of(user))), lines.next_after

    def index(self) -> int:
        """Write down every claim that is missing, page by page through the directory; return how many. Safe to repeat."""
        written, after = 0, None
        while True:
            page = self.store.list(DIRECTORY, after=after, limit=LINES)
            written += sum(map(self._index, users_of(self.store, page.records)))
            after = page.next_after
            if after is None:
                return written

    def _index(self, user: User) -> bool:
        for key in keys_of(user):
            (line,) = self.store.get(key)
            if line is None and user.record is not None:
                try:
                    self.store.commit(Insert(key, {"user_id": user.user_id}), Check(user.record))
                except Conflict:
                    return False  # changed this moment: whoever changed it wrote the claim as well
                return True
        return False
