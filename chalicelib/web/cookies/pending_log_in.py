"""The cookie of a log-in that waits for its second factor: the token stands in no URL and no page (BR-1, MF-2).

``SameSite=Lax``, because the browser may come from a provider's site.
"""

from chalicelib.web.call import Call
from chalicelib.web.cookies import host_cookie

NAME = "__Host-cupbearer_pending"


def kept(token: str) -> str:
    """Return the cookie that makes a browser keep the token for as long as it is good."""
    from chalicelib.authentication.pending_log_in import SECONDS

    return host_cookie.kept(NAME, token, seconds=SECONDS)


def dropped() -> str:
    """Return the cookie that makes a browser forget it."""
    return host_cookie.dropped(NAME)


def of(call: Call) -> str | None:
    """Return the token that a browser sent, well formed or not."""
    return call.cookie(NAME)
