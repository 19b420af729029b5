"""By what a person can log in, so that nobody loses the last of it."""

from dataclasses import dataclass

from chalicelib.errors import NotAllowed
from chalicelib.i18n.said import said
from chalicelib.users.user import User


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Which ways are open to all. Passkeys are no part of the user, and are not counted."""

    by_password: bool = True
    by_mail: bool = False

    def demand_one(self, user: User) -> None:
        """Raise NotAllowed ``last_way_to_log_in`` where a user could log in by nothing of what is left."""
        if user.identities or (self.by_password and user.password) or (self.by_mail and user.email_verified):
            return
        raise NotAllowed(self._first(), code="last_way_to_log_in")

    def _first(self) -> str:
        if self.by_password:
            return said("This is the only way to log in: set a password or link another provider first.")
        if self.by_mail:
            return said("This is the only way to log in: prove an address or link another provider first.")
        return said("This is the only way to log in: link another provider first.")
