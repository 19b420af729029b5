"""The post of an app under test: nothing leaves, and every mail can be read and its link opened."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.mail.message import RenderedMail
    from cupbearer.testing import Client, Reply

_LINK = re.compile(r"https?://\S+")
_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}\b")  # Crockford's base32, in two groups


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail as its reader has it."""

    to: str
    subject: str
    text: str
    html: str
    issuer: str

    @property
    def links(self) -> tuple[str, ...]:
        """Return the links into the app, in their order."""
        return tuple(link for link in _LINK.findall(self.text) if link.startswith(f"{self.issuer}/"))

    @property
    def link(self) -> str:
        """Return the first link; AssertionError where there is none."""
        if not self.links:
            raise AssertionError(f"the mail {self.subject!r} has no link:\n{self.text}")
        return self.links[0]

    @property
    def path(self) -> str:
        """Return the path and query of the first link, as a client asks for it."""
        return self.link.removeprefix(self.issuer)

    @property
    def ticket(self) -> str:
        """Return the ticket in the first link, as a program sends it."""
        return self.link.partition("ticket=")[2]

    @property
    def code(self) -> str:
        """Return the code to be typed; AssertionError where there is none."""
        found = _CODE.search(self.text)
        if found is None:
            raise AssertionError(f"the mail {self.subject!r} has no code:\n{self.text}")
        return found[0]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Everybody's mail. Reading delivers what the app has stored until then."""

    client: "Client"

    def all(self, to: str | None = None) -> tuple[ReceivedMail, ...]:
        """Return the mails to an address, or to everybody, the newest first."""
        at = self.client.services
        at.mail.deliver_now()
        return tuple(
            _received(mail, at.settings.issuer) for mail in at.mail.console.mails if to in (None, mail.to)
        )

    def last(self, to: str) -> ReceivedMail:
        """Return the last mail to an address; AssertionError where there is none."""
        found = self.all(to)
        if not found:
            others = ", ".join(sorted({mail.to for mail in self.all()})) or "nobody"
            raise AssertionError(f"there is no mail to {to}; there is mail to {others}")
        return found[0]

    def open(self, to: str) -> "Reply":
        """Open the link of the last mail to an address, as a browser does: by GET, which spends nothing."""
        return self.client.anonymous().get(self.last(to).path)


def _received(mail: "RenderedMail", issuer: str) -> ReceivedMail:
    return ReceivedMail(mail.to, mail.subject, mail.text, mail.html, issuer)
