"""What a request shows as proof beside its token: a password, or a second factor."""

from typing import TYPE_CHECKING, Any

from chalicelib.web.parsing import Body

if TYPE_CHECKING:  # the authorizer loads every shape and checks no factor
    from chalicelib.credentials.factor_answers import FactorAnswer


class Shown(Body):
    """A second factor: at most one of the three. ``passkey`` is what the browser's ``toJSON()`` gives."""

    totp: str | None = None
    recovery_code: str | None = None
    passkey: dict[str, Any] | None = None

    @property
    def answer(self) -> "FactorAnswer | None":
        """Return what was shown, or None for nothing."""
        from chalicelib.credentials.factor_answers import FactorAnswer

        if self.totp is None and self.recovery_code is None and self.passkey is None:
            return None
        return FactorAnswer(self.totp, self.recovery_code, self.passkey)


class Proof(Shown):
    """A second factor of the last five minutes where the person has one; else the password, or a log-in as young."""

    password: str | None = None
