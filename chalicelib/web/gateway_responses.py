"""The answers that API Gateway makes by itself, deployed and local alike, without importing Chalice."""

import json
from collections.abc import Mapping

from chalicelib.web import problems
from chalicelib.web.headers import SECURITY
from chalicelib.web.refusals import REALM, REFUSALS, pointer

RETRY_AFTER_SECONDS = 2
CHALLENGE = "WWW-Authenticate"

# Status → code and sentence of every answer that the gateway makes by itself; deployed ones say the same.
GATEWAY_ANSWERS: Mapping[int, tuple[str, str]] = {
    **{medium.status: (kind.code, medium.gateway) for kind, medium in REFUSALS.items() if medium.gateway},
    408: ("timeout", "The request did not arrive in time."),
    414: ("uri_too_long", "The path and query are too long."),
    431: ("headers_too_large", "The headers are too many or too long."),
    500: ("server_error", "Something went wrong on our side."),
}
# API Gateway gives one 401 for no token and for a bad one, with fixed headers. RFC 6750 section 3.1 forbids an
# error code where no token was shown, so there is none; a 401 of a handler, which saw a token, names its error.
_EXTRA_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {CHALLENGE: f'Bearer realm="{REALM}"'},
    403: {CHALLENGE: f'Bearer realm="{REALM}", error="insufficient_scope"'},
    429: {"Retry-After": str(RETRY_AFTER_SECONDS)},
    503: {"Retry-After": str(RETRY_AFTER_SECONDS)},
}


def problem(status: int, *, request_id: str, issuer: str | None = None) -> tuple[dict[str, str], bytes]:
    """Return headers and body (RFC 9457) of an answer of the gateway's own; 500 for others.

    It protects a browser as our own answers do (BR-4). Where the issuer is known, a challenge leads to who issues
    tokens (RFC 9728).
    """
    known = status if status in GATEWAY_ANSWERS else 500
    body = problems.document(known, *GATEWAY_ANSWERS[known], request_id=request_id)
    headers = {**SECURITY, "Content-Type": problems.PROBLEM, **_EXTRA_HEADERS.get(known, {})}
    if issuer is not None and CHALLENGE in headers:
        headers[CHALLENGE] += pointer(issuer)
    return headers, json.dumps(body).encode()
