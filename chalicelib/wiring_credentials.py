"""Wiring of the credentials: what people prove themselves by, and how often they may try."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.credentials.password_check import PasswordChecks
    from chalicelib.credentials.passwords import Passwords
    from chalicelib.credentials.throttling import Throttle
    from chalicelib.wiring import Services


class Credentials:
    """``services.credentials``."""

    def __init__(self, at: "Services") -> None:
        self._at = at

    @cached_property
    def passwords(self) -> "Passwords":
        """Return the hasher."""
        from chalicelib.credentials.passwords import Passwords

        chosen = self._at.settings
        return Passwords(self._at.world, min_length=chosen.password_min_length, is_on=chosen.password_log_in)

    @cached_property
    def password_checks(self) -> "PasswordChecks":
        """Return the doorway for proving a password."""
        from chalicelib.credentials.password_check import PasswordChecks

        return PasswordChecks(self.passwords, self.throttle, self._at.audit)

    @cached_property
    def throttle(self) -> "Throttle":
        """Return the budgets of guesses."""
        from chalicelib.credentials.throttling import Throttle

        return Throttle(self._at.store, self._at.world)
