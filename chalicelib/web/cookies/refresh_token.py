"""The refresh token in a cookie: ``__Host-``, ``HttpOnly``, sent to our own site alone (BR-1)."""

from chalicelib.web.call import Call
from chalicelib.web.cookies import host_cookie

NAME = "__Host-cupbearer_refresh"
_SAME_SITE = "Strict"


def kept(refresh_token: str, *, seconds: int) -> dict[str, str | list[str]]:
    """Return the header that makes a browser keep the token for as long as an unused session lives."""
    return {"Set-Cookie": host_cookie.kept(NAME, refresh_token, seconds=seconds, same_site=_SAME_SITE)}


def dropped() -> dict[str, str | list[str]]:
    """Return the header that makes a browser forget the token."""
    return {"Set-Cookie": host_cookie.dropped(NAME, same_site=_SAME_SITE)}


def of(call: Call) -> str | None:
    """Return the token that a browser sent, if our own pages made it send it (BR-2)."""
    token = call.cookie(NAME)
    if token is not None:
        call.demand_own_origin()
    return token
