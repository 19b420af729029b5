"""The cookie of a browser that need not show a second factor for a while (BR-1)."""

from chalicelib.web.call import Call
from chalicelib.web.cookies import host_cookie

NAME = "__Host-cupbearer_device"
DAY = 24 * 60 * 60


def kept(call: Call, token: str | None) -> tuple[str, ...]:
    """Return the cookie that makes a browser keep the token, if there is one."""
    days = call.services.settings.remember_device_days
    return () if token is None else (host_cookie.kept(NAME, token, seconds=days * DAY),)


def of(call: Call) -> str | None:
    """Return the token that a browser sent, well formed or not."""
    return call.cookie(NAME)
