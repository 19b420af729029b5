"""The browser that asked for a log-in by mail: it alone may use the code (SE-8).

The cookie holds a secret of its own and the address that was typed, sealed; it says nothing of whether there is an account.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.web.call import Call
from chalicelib.web.cookies import host_cookie

if TYPE_CHECKING:
    from chalicelib.keys.signed_payloads import SignedPayloads

NAME = "__Host-cupbearer_email_login"
PURPOSE = "log-in by mail"
SECONDS = 10 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser asked for: the address, and the secret that its ticket knows."""

    address: str
    secret: str


def asked(call: Call, address: str) -> tuple[Asked, str]:
    """Return a new asking, and the cookie by which the browser keeps it."""
    secret = call.services.world.secret()
    payload = {"address": address, "secret": secret}
    sealed = _payloads(call).seal(payload, purpose=PURPOSE, holder="", seconds=SECONDS)
    return Asked(address, secret), host_cookie.kept(NAME, sealed, seconds=SECONDS)


def of(call: Call) -> Asked | None:
    """Return what the browser asked for, if it did lately."""
    found = _payloads(call).open(call.cookie(NAME) or "", purpose=PURPOSE, holder="", seconds=SECONDS)
    return None if found is None else Asked(found["address"], found["secret"])


def dropped() -> str:
    """Return the cookie that makes the browser forget it."""
    return host_cookie.dropped(NAME)


def _payloads(call: Call) -> "SignedPayloads":
    from chalicelib.keys.signed_payloads import SignedPayloads

    return SignedPayloads(call.services.keys.mac, call.services.world)
