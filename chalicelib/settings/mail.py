"""Where mail leaves, and as whose: two settings that are more than a word.

They are read where a mail is delivered, so no other process loads this.
"""

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

from chalicelib.settings.reader import LOOPBACK_HOSTS, PREFIX, SettingsError
from chalicelib.settings.structured import SECRET_REFERENCES
from chalicelib.value import Value

if TYPE_CHECKING:
    from chalicelib.settings.settings import Settings

SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT = 25, 587, 465  # RFC 5321, RFC 6409, RFC 8314
EXAMPLES = "console:, none, ses:, ses:REGION, smtp://HOST:PORT, smtps://USER:PASSWORD@HOST, ssm:NAME or secretsmanager:NAME"

_NAMED = re.compile(r'(?P<name>[^\x00-\x1f\x7f<>"]{1,100})<(?P<address>[^<>]+)>')
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
)


class MailAddress(Value):
    """An address, with the name that mail programs show beside it, or None."""

    name: str | None
    address: str


class MailRoute(Value):
    """How mail leaves. ``host`` and what follows is of SMTP alone, ``region`` of SES; None is the SDK's usual one."""

    scheme: Literal["console", "smtp", "smtps", "ses"]
    host: str = ""
    port: int = 0
    user: str | None = None
    password: str | None = None
    region: str | None = None

    @property
    def tls(self) -> Literal["implicit", "starttls", "none"]:
        """Return how the way is secured: only a server on this very machine is spoken to in the clear."""
        if self.scheme == "smtps":
            return "implicit"
        return "none" if self.host in LOOPBACK_HOSTS else "starttls"


def demand_usable(settings: "Settings") -> None:
    """Refuse what a deliverer could not use; what a reference to a secret stands for is seen when it is looked up."""
    if settings.mail is not None and not settings.mail.startswith(SECRET_REFERENCES):
        parse_route(settings.mail)
    if settings.mail not in (None, "console:") and settings.mail_from is None:
        raise SettingsError(PREFIX + "MAIL_FROM", "must be given where mail is sent: whom it is from")
    for name, value in (("MAIL_FROM", settings.mail_from), ("MAIL_REPLY_TO", settings.mail_reply_to)):
        if value is not None:
            parse_address(name, value)


def parse_route(text: str) -> MailRoute:
    """Return what ``CUPBEARER_MAIL`` means once any reference to a secret is looked up; raise SettingsError."""
    if text == "console:":
        return MailRoute(scheme="console")
    if found := re.fullmatch(r"ses:([a-z0-9-]{0,30})", text):
        return MailRoute(scheme="ses", region=found[1] or None)
    for scheme in ("smtp", "smtps"):
        if text.startswith(f"{scheme}://"):
            return _server(scheme, text)
    raise _unusable()


def _server(scheme: Literal["smtp", "smtps"], text: str) -> MailRoute:
    if not re.fullmatch(r"[!-~]+", text):  # urlsplit would drop a line end
        raise _unusable()
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise _unusable() from None
    beside = parts.path.strip("/") or parts.query or parts.fragment
    if not host or port == 0 or beside or not re.fullmatch(r"[a-z0-9.:-]{1,253}", host):
        raise _unusable()
    if (parts.username is None) != (parts.password is None):
        raise SettingsError(PREFIX + "MAIL", "has a user without a password, or the other way round")
    usual = (
        SUBMISSIONS_PORT if scheme == "smtps" else SMTP_PORT if host in LOOPBACK_HOSTS else SUBMISSION_PORT
    )
    return MailRoute(
        scheme=scheme,
        host=host,
        port=port or usual,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def parse_address(variable: str, text: str) -> MailAddress:
    """Return an address as a setting has it; raise SettingsError that names the variable."""
    named = _NAMED.fullmatch(text.strip())
    name = named["name"].strip() if named else None
    address = named["address"] if named else text.strip()
    if name == "" or not _ADDRESS.fullmatch(address):
        raise SettingsError(
            PREFIX + variable,
            "must be an address such as no-reply@example.com or Example <no-reply@example.com>",
        )
    return MailAddress(name=name, address=address)


def _unusable() -> SettingsError:
    return SettingsError(PREFIX + "MAIL", f"must be one of {EXAMPLES}")  # its value may hold a password
