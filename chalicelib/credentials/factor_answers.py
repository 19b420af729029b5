"""What is shown as a second factor, what a right one is worth, and to whom what was begun belongs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.audit.trail import Source
from chalicelib.credentials.factor_records import Passkey
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.credentials.factors import PASSKEY, RECOVERY_CODE, TOTP
from chalicelib.credentials.passkeys import is_challenge
from chalicelib.credentials.throttling import Reservation
from chalicelib.errors import Invalid
from chalicelib.keys.secret_hash import hash_of
from chalicelib.store import Conflict, Write

# What the claim ``amr`` says (RFC 8176): a key that never leaves its device, or one that may; presence was shown.
HARDWARE, SOFTWARE = ("hwk", "user"), ("swk", "user")
ONE_TIME = ("otp",)


@dataclass(frozen=True, slots=True)
class FactorAnswer:
    """What was shown: one of the three. ``passkey`` is ``PublicKeyCredential.toJSON`` of the browser."""

    totp: str | None = None
    recovery_code: str | None = field(default=None, repr=False)
    passkey: Mapping[str, Any] | None = None

    @property
    def kind(self) -> str:
        """Return which; raise Invalid for none and for several."""
        shown = {TOTP: self.totp, RECOVERY_CODE: self.recovery_code, PASSKEY: self.passkey}
        given = [kind for kind, value in shown.items() if value is not None]
        if len(given) != 1:
            raise Invalid(f"Show one of {', '.join(shown)}.")
        return given[0]


@dataclass(frozen=True, slots=True)
class FactorCheck:
    """A right factor: how it counts (``amr``), what its commit holds, and the reservation that this commit clears.

    Commit ``writes()`` within ``with check.reservation``, asking anew for each try; a Conflict needs a new check.
    """

    kind: str
    amr: tuple[str, ...]
    spending: tuple[Write, ...]
    reservation: Reservation

    def writes(self) -> tuple[Write, ...]:
        """Return the writes that spend what was shown and clear the budget."""
        return (*self.spending, *self.reservation.cleared())


def demand_unspent(conflict: Conflict) -> None:
    """Refuse a passkey's answer whose challenge another commit has spent."""
    if any(is_challenge(key) for key in conflict.keys):
        raise SecondFactorRefused("This was used already: begin again.", reason="used")


def key_amr(passkey: Passkey) -> tuple[str, ...]:
    """Return what ``amr`` says of a passkey."""
    return SOFTWARE if passkey.backup_eligible else HARDWARE


def holder_of(source: Source) -> str:
    """Return who alone may go on with what was begun: the browser, or else the program as it calls itself."""
    return f"browser {source.browser}" if source.browser else f"program {hash_of(source.user_agent)}"
