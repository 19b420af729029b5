"""One mail of each kind, as tests and pictures show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chalicelib.mail.message import Line, Mail

AT = 1_800_000_000
ISSUER = "https://auth.example.com"


@dataclass(frozen=True)
class Sample:
    """What a subject stores of a mail, what its ticket adds, and which of it the mail does not say."""

    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    unsaid: frozenset[str] = frozenset()

    @property
    def said(self) -> list[str]:
        """What must be found in both parts, times as people read them."""
        given = {
            name: text for name, text in {**self.values, **self.secrets}.items() if name not in self.unsaid
        }
        return ["15 Jan 2027, 08:00 UTC" if name in ("at", "when") else text for name, text in given.items()]


def ticket(path: str) -> str:
    return f"{ISSUER}{path}?ticket=cbm4kQ2h8tXv9Zr1nYw7Lp3sDf6gJb5c0aEeUuIiOo"


ASKED = {"username": "Ada", "at": str(AT), "ip": "203.0.113.7"}
SAMPLES: Mapping[str, Sample] = {
    "verify_address": Sample(
        # A stranger chose the user name and whom to write to: no word of theirs stands in it.
        {"username": "win-a-prize.example", "address": "ada@example.com"},
        {"link": ticket("/verify-email"), "code": "7Q4-K2M", "hours": "24", "code_minutes": "10"},
        unsaid=frozenset({"username", "address"}),
    ),
    "log_in": Sample(ASKED, {"link": ticket("/email-login"), "code": "X3V-9TD", "minutes": "10"}),
    "sign_up": Sample(
        ASKED,
        {"link": ticket("/email-login"), "code": "M4R-8WQ", "minutes": "10"},
        unsaid=frozenset({"username"}),
    ),
    "reset_password": Sample(ASKED, {"link": ticket("/reset-password"), "minutes": "30"}),
    "address_changed": Sample(
        {**ASKED, "old": "ada@example.com", "new": "ada@new.example.com"},
        {"link": ticket("/undo-address"), "days": "7"},
    ),
    "notice": Sample(
        {
            "subject": "A log-in from a new device",
            "what": "Somebody logged in to your account from a device that we do not know.",
            "when": str(AT),
            "where": "203.0.113.7",
            "device": "Firefox on Linux",
            "advice": "If it was you, there is nothing to do. If not, end every session and change your password.",
        },
        {"link": ticket("/end-sessions")},
    ),
}


def sample(kind: str, **changes: str) -> Line:
    """Return the line of a kind, with some values changed."""
    mail = Mail(kind, "ada@example.com", {**SAMPLES[kind].values, **changes})
    return replace(Line(line_id="line-1", mail=mail, at=AT), tries=1)
