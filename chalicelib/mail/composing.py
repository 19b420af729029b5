"""From a line of the outbox to a mail: two templates, and headers that nothing can break out of (IN-4, IN-5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.i18n import catalogue, formats
from chalicelib.i18n.chosen import language, speaking
from chalicelib.i18n.languages import LANGUAGES, SOURCE
from chalicelib.mail.message import Line, RenderedMail

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent / "templates"
HOUSE = {  # the colours of the pages (``settings/accent.py``); a support address there may be none of
    "wine": "#84263a",
    "on_wine": "#fff5ea",
    "wine_at_night": "#f0a4ae",
    "on_wine_at_night": "#2b0d13",
    "edge_at_night": "#b9475c",
    "support": "",
}
POLICY = SMTP.clone(cte_type="7bit")  # so that any server takes it, with or without 8BITMIME


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes mails of one issuer. ``sender`` and ``reply_to`` are addresses, with or without a name for show.

    ``look`` are the values that every template finds: what the service is called, where help is, and its colours.
    """

    issuer: str
    sender: Address
    reply_to: Address | None = None
    look: Mapping[str, str] = field(default_factory=dict)
    language: str = SOURCE  # of mails to people who wished for none

    def compose(self, line: Line, secrets: Mapping[str, str]) -> RenderedMail:
        """Return the mail that a line and what its ticket adds say: the same at every try but for ``secrets``.

        Raises jinja2.UndefinedError for a template that wants a value the line does not have.
        """
        with speaking(line.mail.language or self.language):
            return self._composed(line, secrets)

    def _composed(self, line: Line, secrets: Mapping[str, str]) -> RenderedMail:
        ours = {"issuer": self.issuer, "service": urlsplit(self.issuer).netloc, **HOUSE, **self.look}
        values = {name: _one_line(text) for name, text in {**line.mail.values, **secrets, **ours}.items()}
        subject, _, text = _rendered(f"{line.mail.kind}.txt", values).partition("\n")
        html = _rendered(f"{line.mail.kind}.html", values)
        sender = self.sender.addr_spec
        message = EmailMessage(policy=POLICY)
        message["Message-ID"] = f"<{line.line_id}@{self.sender.domain}>"
        message["Date"] = formatdate(line.at)
        message["From"] = self.sender
        message["To"] = Address(addr_spec=line.mail.to)
        if self.reply_to is not None:
            message["Reply-To"] = self.reply_to
        message["Subject"] = " ".join(subject.split())
        message["Content-Language"] = language()
        message["Auto-Submitted"] = "auto-generated"  # no holiday notice comes back (RFC 3834 section 5)
        message.set_content(text.strip() + "\n")
        message.add_alternative(html, subtype="html")
        message.set_boundary(f"={line.line_id}=")  # of the line too: every try sends the same octets
        return RenderedMail(
            message_id=str(message["Message-ID"]),
            sender=sender,
            to=line.mail.to,
            subject=str(message["Subject"]),
            text=text.strip(),
            html=html,
            at=line.at,
            octets=message.as_bytes(),
        )


def _one_line(text: str) -> str:
    """Return a value without anything that begins a new line or is not seen: it fills a place, and makes none."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _rendered(template: str, values: Mapping[str, Any]) -> str:
    ours = {"language": language(), "direction": LANGUAGES[language()].direction}
    return _templates().get_template(template).render({**values, **ours})


@lru_cache(maxsize=1)
def _templates() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),  # BR-5; the other part of a mail is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.gettext_here, catalogue.ngettext_here, newstyle=True
    )
    made.policies["ext.i18n.trimmed"] = True
    made.filters["moment"] = lambda seconds: formats.moment(int(seconds))
    return made
