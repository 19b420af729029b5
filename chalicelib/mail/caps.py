"""How many mails strangers may cause: per network, per address and per account (TH-6).

A network that asks too often is told so. An address or an account that was written to enough is written to no more,
and nobody is told: the answer and its cost say nothing of who is behind it (EN-3).
"""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.errors import SlowDown

HOUR = 60 * 60  # seconds
DAY = 24 * HOUR

ADDRESS_MAILS, ADDRESS_SECONDS = 5, HOUR
ACCOUNT_MAILS, ACCOUNT_SECONDS = 20, DAY
NETWORK_MAILS, NETWORK_SECONDS = 60, HOUR  # a school or an office behind one address


class Budget(Protocol):
    """What counts: :class:`chalicelib.credentials.throttling.Throttle`."""

    def spend(self, kind: str, name: str | None, *, limit: int, seconds: int) -> None:
        """Count one of ``limit`` things in ``seconds``; raise SlowDown past it. None is not counted."""


@dataclass(frozen=True, slots=True)
class MailCaps:
    """Counts mails before they are stored."""

    budget: Budget

    def admit_network(self, network: str | None) -> None:
        """Count one request for a mail from a network; raise SlowDown past the limit."""
        self.budget.spend("mail-network", network, limit=NETWORK_MAILS, seconds=NETWORK_SECONDS)

    def allows(self, *, address: str, account: str | None) -> bool:
        """Count one mail and return whether it may be sent: two writes, whether or not there is an account.

        ``account`` is the one whose person asks, logged in; None where anybody may ask: strangers use up no account's
        mails (TH-5).
        """
        at_address = self._within("mail-address", address, ADDRESS_MAILS, ADDRESS_SECONDS)
        nobody = f"nobody {address}"  # no id of a user has a blank
        at_account = self._within("mail-account", account or nobody, ACCOUNT_MAILS, ACCOUNT_SECONDS)
        return at_address and (at_account or account is None)

    def _within(self, kind: str, name: str, limit: int, seconds: int) -> bool:
        try:
            self.budget.spend(kind, name, limit=limit, seconds=seconds)
        except SlowDown:
            return False
        return True
