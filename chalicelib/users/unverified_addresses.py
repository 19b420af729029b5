"""Addresses that nobody has proven: an index for operators to find people by, never a name to log in by (IN-3).

Anyone can write anyone's address into an account, so a record here is one account's claim and unique to nobody: it
leads to each account that names the address. A verified address needs none, for it is a log-in name.
"""

from dataclasses import dataclass

from chalicelib.store import Key, Store
from chalicelib.users import names
from chalicelib.users.user import User, users_of


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
    """Finds who claims an address."""

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
