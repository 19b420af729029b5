"""A mail as a subject asks for it, the line of the outbox that keeps it, and what is handed to a sender."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.outbox import line as outbox_line
from chalicelib.store.stored_values import StoredValue, stored_unless_default

KINDS = (
    "verify_address",
    "address_changed",
    "reset_password",
    "log_in",
    "sign_up",
    "notice",
)  # each has two templates

# One address as names.canonical_email leaves it: nothing in it ends a header or a command of SMTP (RFC 5321 4.1.2).
_ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^-~]{1,64}@[a-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True)
class Mail(StoredValue):
    """What is to be written to whom. It is stored, so it holds no secret: those of a ``ticket`` are made at delivery.

    ``to`` is a canonical address, or ``""`` for a decoy: kept and claimed like any other, and sent to nobody (EN-3).
    ``until`` is when it is of no use any more, in seconds since the epoch; None: it always is.
    """

    kind: str
    to: str
    values: Mapping[str, str] = field(default_factory=dict)
    ticket: str | None = None
    until: int | None = None
    language: str = field(
        default="", metadata=stored_unless_default()
    )  # of the reader; "": what the setting says

    def __post_init__(self) -> None:
        if self.to and not _ADDRESS.fullmatch(self.to):
            raise ValueError("a mail goes to one canonical address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(outbox_line.Line):
    """A mail in the outbox."""

    mail: Mail

    @property
    def logged(self) -> dict[str, str]:
        """Return what the log says of it: neither to whom it goes nor what it says."""
        return {"line": self.line_id, "kind": self.mail.kind}


KIND = outbox_line.Kind("mail", "Mail", waiting="outbox#waiting", given_up="outbox#given-up", line=Line)


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail as it is handed over: for SMTP and SES as ``octets``, for a page in its parts.

    ``message_id`` is made of the line, so every copy of one mail bears the same (RFC 5322 section 3.6.4).
    """

    message_id: str
    sender: str  # the bare address, for the envelope
    to: str
    subject: str
    text: str
    html: str
    at: int
    octets: bytes

    @property
    def line_id(self) -> str:
        """Return which line of the outbox it was."""
        return self.message_id[1:].partition("@")[0]
