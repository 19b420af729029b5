"""Who carries a mail away, and how that may fail."""

from typing import Protocol

from chalicelib.mail.message import RenderedMail
from chalicelib.outbox.line import NotSent, Refused


class MailNotSent(NotSent):
    """A mail did not leave. ``reason`` is for operators and holds nothing of the mail's text (M9)."""


class MailRefused(MailNotSent, Refused):
    """It is refused for good: another try would end the same."""


class MailTrouble(MailNotSent):
    """Nothing is settled: a later try may succeed."""


class Sender(Protocol):
    """A way out."""

    def send(self, mail: RenderedMail) -> None:
        """Hand a mail over within :data:`chalicelib.outbox.delivery.SEND_SECONDS`; raise MailRefused or MailTrouble."""
