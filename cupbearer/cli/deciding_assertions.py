"""Why a client's assertion is refused (RFC 7523), looked at as the token endpoint does, and not spent by the look."""

from chalicelib.errors import InvalidToken
from chalicelib.jose import jws
from chalicelib.oauth.assertions import SPENT
from chalicelib.wiring import Services
from cupbearer.cli.output import when

OAUTH = "/oauth/"  # where clients prove themselves


def is_assertion(path: str, text: str) -> bool:
    """Return whether a text that is sent there says of itself that it is a client's assertion."""
    try:
        payload = jws.parse(text).payload
    except InvalidToken:
        return False
    return (
        path.startswith(OAUTH) and payload.get("iss") is not None and payload.get("iss") == payload.get("sub")
    )


def about_client(at: Services, text: str) -> str:
    """Return which client it is of; raise InvalidToken where that one could prove nothing by it."""
    client_id = str(jws.parse(text).payload["sub"])
    client = at.oauth.clients.find(client_id)
    if client is None:
        raise InvalidToken(f"no client {client_id[:26]!r} is registered")
    if client.disabled:
        raise InvalidToken(f"the client {client.name} is disabled")
    return f"{client.name} ({client.client_id}) proves itself by {client.auth_method}"


def about_assertion(at: Services, text: str) -> str:
    """Return until when it counts; raise InvalidToken with the reason for which it is refused."""
    client = at.oauth.clients.require(str(jws.parse(text).payload["sub"]))
    spending = at.oauth.client_authentication.assertions.spending(text, client)
    (spent,) = at.store.get(spending.key)
    if spent is not None:
        raise InvalidToken(SPENT)
    return f"it is good once, until {when(spending.expires_at)}"
