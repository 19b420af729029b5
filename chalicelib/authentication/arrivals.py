"""What a log-in from somewhere new leaves behind, as :mod:`.log_in` asks for it; who tells people of it stands higher up."""

from typing import Protocol

from chalicelib.audit.trail import Source
from chalicelib.sessions.session import AccountRecords
from chalicelib.store import Write
from chalicelib.users.user import User


class Arrivals(Protocol):
    """``accounts/new_devices`` tells people of it."""

    def noting(
        self, account: AccountRecords, seen: User, kind: str, source: Source
    ) -> tuple[User, tuple[Write, ...]]:
        """Return the user as the log-in leaves it, and the writes that tell the person; ``seen`` has the network.

        ``kind`` is the device in words.
        """

    def deliver(self, *writes: Write) -> None:
        """Have delivered what a commit stored of mails."""
