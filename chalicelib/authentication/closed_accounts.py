"""Accounts that their person closed and may still take back: what a log-in is told, and the token that takes back.

The token is a text of ours, given to who has shown every proof that a log-in asks for. It names the state that the account
is in, so taking it back, or any end of all sessions, ends the token too.
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.errors import Invalid
from chalicelib.keys.signed_payloads import SignedPayloads
from chalicelib.users.account_refusals import AccountClosed
from chalicelib.users.user import User
from chalicelib.world import moment

PURPOSE = "take back an account"
SECONDS = 10 * 60


@dataclass(frozen=True, slots=True)
class ClosedAccounts:
    """Makes the refusal and judges its token."""

    payloads: SignedPayloads

    def refusal(self, user: User) -> AccountClosed:
        """Return what a log-in to a closed account is told, once everything is proven."""
        at = user.deletes_at or 0
        payload = {"user_id": user.user_id, "epoch": user.epoch, "deletes_at": at}
        token = self.payloads.seal(payload, purpose=PURPOSE, holder="", seconds=SECONDS)
        return _refusal(at, token)

    def again(self, token: str) -> AccountClosed:
        """Return the refusal that a token came with. Raises Invalid."""
        return _refusal(self._read(token)["deletes_at"], token)

    def owner(self, token: str) -> str:
        """Return the id of whose account a token takes back, as far as the token says. Raises Invalid."""
        owner: str = self._read(token)["user_id"]
        return owner

    def demand_good(self, token: str, user: User) -> None:
        """Raise Invalid unless the token was given for the account as it is now."""
        if self._read(token)["epoch"] != user.epoch or user.closing is None or not user.may_prove:
            raise _over()

    def _read(self, token: str) -> dict[str, Any]:
        payload = self.payloads.open(token, purpose=PURPOSE, holder="", seconds=SECONDS)
        if payload is None:
            raise _over()
        return payload


def _refusal(at: int, token: str) -> AccountClosed:
    return AccountClosed(moment(at), deletes_at=at, restore_token=token)


def _over() -> Invalid:
    return Invalid(
        "This took too long, or the account is not closed any more: log in again.",
        code="invalid_restore_token",
    )
