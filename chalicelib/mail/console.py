"""Mail of a laptop: shown, not sent. Development only: a mail holds links that open an account."""

import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.mail.message import RenderedMail

KEPT = 100  # mails that the page shows


def _print(text: str) -> None:
    sys.stderr.write(f"{text}\n")


@dataclass(slots=True)
class Console:
    """A :class:`~chalicelib.mail.senders.Sender` that prints, and keeps the last mails in memory for a page to show."""

    say: Callable[[str], None] = _print
    _mails: deque[RenderedMail] = field(default_factory=lambda: deque(maxlen=KEPT), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def send(self, mail: RenderedMail) -> None:
        """Show a mail."""
        with self._lock:
            self._mails.appendleft(mail)
        self.say(f"\n--- mail to {mail.to}: {mail.subject}\n\n{mail.text}\n---\n")

    @property
    def mails(self) -> tuple[RenderedMail, ...]:
        """Return the last mails, newest first."""
        with self._lock:
            return tuple(self._mails)
