"""API Gateway with a TOKEN authorizer and its cache: one policy and context for every route of a token."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.gateway import iam
from tests.gateway.router import Router

STAGE_ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/api"

Authorizer = Callable[[dict[str, str]], Mapping[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What the caller gets: the status that the gateway makes, or 200 where the handler was reached."""

    status: int
    context: Mapping[str, Any] | None = None
    asked: bool = False  # whether the authorizer ran


@dataclass
class CachingGateway:
    """Requests in, outcomes out. ``ttl`` is in seconds, 0 is no cache. Only policies are kept."""

    router: Router
    authorizer: Authorizer
    ttl: float
    now: Callable[[], float]
    kept: dict[str, tuple[float, Mapping[str, Any]]] = field(default_factory=dict)

    def call(self, method: str, path: str, token: str | None = None) -> Outcome:
        route = self.router.route(method, path)
        if route is None:
            return Outcome(404)
        if route.guard.caller == "public":
            return Outcome(200)
        if not token:
            return Outcome(401)
        arn = method_arn(method, path)
        asked = self._fresh(token) is None
        try:
            answer = self._fresh(token) or self._ask(token, arn)
        except Exception as error:  # noqa: BLE001 - any exception of a Lambda function is an answer to the gateway
            return Outcome(401 if str(error) == "Unauthorized" else 500, asked=True)
        allowed = iam.allows(answer["policyDocument"], arn)
        return Outcome(200 if allowed else 403, answer.get("context") if allowed else None, asked=asked)

    def _fresh(self, token: str) -> Mapping[str, Any] | None:
        until, answer = self.kept.get(token, (float("-inf"), {}))
        return answer if self.now() < until else None

    def _ask(self, token: str, arn: str) -> Mapping[str, Any]:
        answer = self.authorizer({"type": "TOKEN", "authorizationToken": token, "methodArn": arn})
        if self.ttl:
            self.kept[token] = (self.now() + self.ttl, answer)
        return answer


def method_arn(method: str, path: str) -> str:
    return f"{STAGE_ARN}/{method}{path}"
