"""What tells people of their log-ins: who they are told by is decided above this folder, where mail is known."""

from typing import Protocol

from chalicelib.audit.trail import Source
from chalicelib.store import Write
from chalicelib.users.user import User


class LogInNotices(Protocol):
    """Tells people of their log-ins; what is mailed to them is decided above this folder."""

    def of_log_in(self, user: User, source: Source) -> tuple[Write, ...]:
        """Return the writes that tell of one, for its commit; none where there is nothing to tell."""

    def deliver(self, *writes: Write) -> None:
        """Have what they stored delivered."""
