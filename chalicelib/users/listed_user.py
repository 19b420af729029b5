"""What a list of users shows of one. The directory's lines hold it, so that a page of the list is one request.

It is kept in the commit of each change, and shows: whatever decides something reads the account itself.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.store.stored_fields import stored_fields

if TYPE_CHECKING:
    from chalicelib.scopes import Scopes
    from chalicelib.users.user import User


@dataclass(frozen=True, slots=True)
class ListedUser:
    """One line."""

    user_id: str
    username: str
    name: str | None
    email: str | None
    email_verified: bool
    scopes: "Scopes"
    created_at: int
    disabled: bool

    @classmethod
    def of(cls, user: "User") -> "ListedUser":
        return cls(
            user_id=user.user_id,
            username=user.username,
            name=user.name,
            email=user.email,
            email_verified=user.email_verified,
            scopes=user.scopes,
            created_at=user.created_at,
            disabled=user.disabled,
        )

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ListedUser | None":
        """Return what a line holds; None for one that an earlier release wrote, with the id alone."""
        if "username" not in data:
            return None
        return cls(**stored_fields(cls, data) | {"scopes": frozenset(data["scopes"])})

    def data(self) -> dict[str, Any]:
        """Return what the line holds."""
        return asdict(self) | {"scopes": sorted(self.scopes)}
