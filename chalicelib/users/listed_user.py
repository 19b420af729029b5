"""What a list of users shows of one. The directory's lines hold it, so that a page of the list is one request.

It is kept in the commit of each change, and shows: whatever decides something reads the account itself.
"""

from dataclasses import dataclass
from typing import Any, Self

from chalicelib.scopes import Scopes
from chalicelib.store.stored_values import StoredValue
from chalicelib.users.user import User


@dataclass(frozen=True, slots=True)
class ListedUser(StoredValue):
    """One line."""

    user_id: str
    username: str
    name: str | None
    email: str | None
    email_verified: bool
    scopes: Scopes
    created_at: int
    disabled: bool
    deletes_at: int | None = None  # of a closed account

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the line of a user."""
        return cls.from_data({**user.data(), "disabled": user.disabled, "deletes_at": user.deletes_at})

    def data(self) -> dict[str, Any]:
        """Return what is stored; of who is not closed nothing is said of it."""
        data = StoredValue.data(self)
        if self.deletes_at is None:
            del data["deletes_at"]
        return data
