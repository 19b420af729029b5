"""What the authorizer raises, and the answers that API Gateway makes of it, without importing Chalice.

In Lambda only the text counts: exactly ``Unauthorized`` becomes 401, any other AUTHORIZER_FAILURE,
to which the deployed gateway gives 503. ``chalice local`` and the test client catch their own
``LocalGatewayException`` and drop the connection otherwise, so there ours are of that kind as well.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Self

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


class _NoPolicy(Exception):  # noqa: N818 - the authorizer's answer, not its mistake
    """The authorizer ends without a policy. Chalice asks for ``CODE``, ``headers`` and ``body``."""

    CODE: ClassVar[int]

    def __new__(cls, *_: object) -> Self:
        instance: Self = super().__new__(_known_to_chalice(cls))
        return instance

    def __init__(self, text: str) -> None:
        Exception.__init__(self, text)  # Chalice's own would take the text for headers
        self.headers, self.body = problem(self.CODE, request_id="local")


class Unauthorized(_NoPolicy):
    """The token is not accepted: 401. API Gateway wants exactly this text; reasons go to the log."""

    CODE = 401

    def __init__(self) -> None:
        super().__init__("Unauthorized")


class AuthorizerTrouble(_NoPolicy):
    """The store or the keys are away: 503, never cached (AZ-5). ``reason`` is for the log."""

    CODE = 503

    def __init__(self, reason: str = "the store or the keys are away") -> None:
        super().__init__(f"AuthorizerTrouble: {reason}")


def _known_to_chalice(kind: Any) -> Any:
    """Return the kind as a local gateway catches it, where one is at work; none is imported."""
    local = getattr(sys.modules.get("chalice.local"), "LocalGatewayException", None)
    return type(kind.__name__, (kind, local), {}) if local else kind
