"""The answers that API Gateway makes by itself, deployed and local alike, without importing Chalice."""

import json
from collections.abc import Mapping

from chalicelib.errors import InvalidToken, Unavailable
from chalicelib.web import problems
from chalicelib.web.headers import SECURITY

RETRY_AFTER_SECONDS = 2

# Status → code and sentence of every answer that the gateway makes by itself; deployed ones say the same.
GATEWAY_ANSWERS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_request", "This is not a request that can be read."),
    401: (InvalidToken.code, InvalidToken("").detail),
    403: ("insufficient_scope", "The access token does not open this route."),
    404: ("not_found", "There is no such path, or it does not take this method."),
    408: ("timeout", "The request did not arrive in time."),
    413: ("too_large", "The body is larger than 10 MB."),
    414: ("uri_too_long", "The path and query are too long."),
    415: ("unsupported_media_type", "The body is of a type that this route does not read."),
    429: ("slow_down", "There are too many requests at once: wait, then try again."),
    431: ("headers_too_large", "The headers are too many or too long."),
    500: ("server_error", "Something went wrong on our side."),
    503: (Unavailable.code, Unavailable().detail),
}
# API Gateway gives one 401 for no token and for a bad one, with fixed headers. RFC 6750 section 3.1 forbids an
# error code where no token was shown, so there is none; a 401 of a handler, which saw a token, names its error.
_EXTRA_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": f'Bearer realm="{problems.REALM}"'},
    403: {"WWW-Authenticate": f'Bearer realm="{problems.REALM}", error="insufficient_scope"'},
    429: {"Retry-After": str(RETRY_AFTER_SECONDS)},
    503: {"Retry-After": str(RETRY_AFTER_SECONDS)},
}


def problem(status: int, *, request_id: str) -> tuple[dict[str, str], bytes]:
    """Return headers and body (RFC 9457) of an answer of the gateway's own; 500 for others.

    It protects a browser as our own answers do (BR-4).
    """
    known = status if status in GATEWAY_ANSWERS else 500
    body = problems.document(known, *GATEWAY_ANSWERS[known], request_id=request_id)
    headers = {**SECURITY, "Content-Type": problems.PROBLEM}
    return {**headers, **_EXTRA_HEADERS.get(known, {})}, json.dumps(body).encode()
