"""Who carries a mail away, and how that may fail."""

from typing import Protocol

from chalicelib.mail.message import RenderedMail

MAX_REASON = 200  # characters that are kept of a failure


class MailNotSent(Exception):  # noqa: N818 - what happened
    """A mail did not leave. ``reason`` is for operators and holds nothing of the mail's text (M9)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = "".join(each if each.isprintable() else " " for each in reason)[:MAX_REASON]


class MailRefused(MailNotSent):
    """It is refused for good: another try would end the same."""


class MailTrouble(MailNotSent):
    """Nothing is settled: a later try may succeed."""


class Sender(Protocol):
    """A way out."""

    def send(self, mail: RenderedMail) -> None:
        """Hand a mail over within :data:`chalicelib.mail.delivery.SEND_SECONDS`; raise MailRefused or MailTrouble."""
