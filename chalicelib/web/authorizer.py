"""The authorizer as API Gateway calls it: a policy, ``Unauthorized``, or trouble of ours that is never cached (AZ-5).

In Lambda only an exception's text counts: exactly ``Unauthorized`` becomes 401, any other AUTHORIZER_FAILURE,
to which the deployed gateway gives 503. ``chalice local`` and the test client catch their own
``LocalGatewayException`` and drop the connection otherwise, so there ours are of that kind as well.
Neither Chalice nor a view is loaded here: this is what the authorizer's function consists of.
"""

import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from chalicelib import logs
from chalicelib.authorizer.route_table import RouteTable
from chalicelib.errors import InvalidToken
from chalicelib.web import guard
from chalicelib.wiring import services


def decide(event: Mapping[str, Any], table: RouteTable) -> dict[str, Any]:
    """Turn a bearer token into a policy and a context. Refuses with 401; trouble of ours is raised, never cached."""
    try:
        return guard.authorize(event, services(), table)
    except InvalidToken as refusal:
        logs.log("token_refused", reason=refusal.reason)
        raise Unauthorized from None
    except Exception as error:
        logs.trouble("authorizer_trouble", reason=type(error).__name__)
        raise AuthorizerTrouble(type(error).__name__) from error


class _NoPolicy(Exception):  # noqa: N818 - the authorizer's answer, not its mistake
    """The authorizer ends without a policy. A local gateway asks for ``CODE``, ``headers`` and ``body``."""

    CODE: ClassVar[int]

    def __new__(cls, *_: object) -> Self:
        instance: Self = super().__new__(_known_to_chalice(cls))
        return instance

    def __init__(self, text: str) -> None:
        Exception.__init__(self, text)  # Chalice's own would take the text for headers

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that the deployed gateway would give."""
        return self._problem()[0]

    @property
    def body(self) -> bytes:
        """Return the document that the deployed gateway would give."""
        return self._problem()[1]

    def _problem(self) -> tuple[dict[str, str], bytes]:
        from chalicelib.web.gateway_responses import problem

        return problem(self.CODE, request_id="local", issuer=services().settings.issuer)


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
