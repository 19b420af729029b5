"""The refresh token in a cookie: ``__Host-``, ``HttpOnly``, sent to our own site alone (BR-1)."""

from chalicelib.web.call import Call

NAME = "__Host-cupbearer_refresh"
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"


def kept(refresh_token: str, *, seconds: int) -> dict[str, str | list[str]]:
    """Return the header that makes a browser keep the token for as long as an unused session lives."""
    return {"Set-Cookie": f"{NAME}={refresh_token}; Max-Age={seconds}; {_ATTRIBUTES}"}


def dropped() -> dict[str, str | list[str]]:
    """Return the header that makes a browser forget the token."""
    return {"Set-Cookie": f"{NAME}=; Max-Age=0; {_ATTRIBUTES}"}


def of(call: Call) -> str | None:
    """Return the token that a browser sent, if our own pages made it send it (BR-2)."""
    token = call.cookie(NAME)
    if token is not None:
        call.demand_own_origin()
    return token
