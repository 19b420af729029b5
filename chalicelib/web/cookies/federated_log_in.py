"""The browser that began a log-in elsewhere, known by a secret in a cookie until it comes back (FD-1, SE-8).

``SameSite=Lax``, because it comes back by a link from another site; a new one for every beginning, so that a planted
one is worth nothing.
"""

from collections.abc import Mapping

from chalicelib.web.call import Call
from chalicelib.web.cookies import host_cookie

NAME = "__Host-cupbearer_login"


def new(call: Call, *, seconds: int) -> tuple[str, Mapping[str, str | list[str]]]:
    """Return a new secret and the header that makes the browser keep it."""
    secret = call.services.world.secret()
    return secret, {"Set-Cookie": host_cookie.kept(NAME, secret, seconds=seconds)}


def dropped() -> str:
    """Return the cookie that makes the browser forget it."""
    return host_cookie.dropped(NAME)


def of(call: Call) -> str | None:
    """Return the secret that a browser sent, well formed or not."""
    return call.cookie(NAME)
