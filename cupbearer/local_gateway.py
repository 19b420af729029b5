"""API Gateway on a laptop: routing, the authorizer and its policy, the gateway's own answers as deployed.

It differs from ``chalice local`` where that differs from the deployed one: an explicit Deny counts, an unknown
path or method is one answer, an authorizer in trouble is 503, its context arrives as strings, an empty value
matches no ``{param}``. One thing is left out on purpose: authorizer results are not cached, so that a change of
scopes shows at once while developing; ``tests/gateway/cache.py`` plays the cache through.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from chalice.app import Chalice
from chalice.local import LambdaContext, LocalARNBuilder, LocalChalice

from chalicelib.authorizer import route_paths
from chalicelib.web.pages.not_found import ANY_OTHER, BROWSERS_SEND
from chalicelib.world import SYSTEM

LOG = logging.getLogger("cupbearer.gateway")

MAX_MILLISECONDS = 29_000  # API Gateway's integration timeout
MEMORY = 1024


class GatewayRefusal(Exception):  # noqa: N818 - an answer of the gateway, not a mistake of ours
    """The gateway answers by itself with this status; the application is not asked."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire: path undecoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    peer: str
    request_id: str = field(default_factory=SYSTEM.identifier)


class LocalGateway:
    """Requests in, the application's answers out; raises GatewayRefusal where the gateway itself answers."""

    def __init__(self, app: Chalice) -> None:
        self._app = app
        self._resources = {route_paths.parse(path): path for path in app.routes if path != ANY_OTHER}
        self._with_params = [path for path in self._resources if any(map(route_paths.is_param, path))]
        serve_many_threads(app)

    def answer(self, request: Request) -> Mapping[str, Any]:
        """Return what the application's function returns: statusCode, headers, multiValueHeaders, body."""
        resource, params = self._resolve(request)
        entries = self._app.routes[resource]
        if request.method == "OPTIONS" and "OPTIONS" not in entries:
            return _preflight(entries)
        context = LambdaContext(self._app.app_name, MEMORY, MAX_MILLISECONDS)
        event = _event(request, resource, params)
        authorizer = entries[request.method].authorizer
        if authorizer is not None:
            event["requestContext"]["authorizer"] = _admit(authorizer, request, context)
        try:
            answer: Mapping[str, Any] = self._app(event, context)
        except Exception as error:
            LOG.exception("%s %s: the application failed outside its views", request.method, resource)
            raise GatewayRefusal(500) from error
        return answer

    def _resolve(self, request: Request) -> tuple[str, dict[str, str]]:
        """Return the resource that takes a request, and its parameters: one that has the method too, else that for all others."""
        found = self._matching(request.path)
        if found is not None and request.method in (*self._app.routes[found[0]], "OPTIONS"):
            return found
        # The deployed gateway validates a request for that resource: without this header it answers by itself.
        if request.method not in self._app.routes.get(ANY_OTHER, {}) or not request.headers.get(
            BROWSERS_SEND
        ):
            raise GatewayRefusal(404)
        return ANY_OTHER, {"proxy": request.path.removeprefix("/")}

    def _matching(self, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the resource of a path that is no catch-all, and its parameters, none of them empty."""
        trimmed = path[:-1] if path.endswith("/") and path != "/" else path
        segments = tuple(trimmed[1:].split("/"))
        found = self._found(segments) if trimmed.startswith("/") else None
        if found is None:
            return None
        params = {
            name[1:-1]: value
            for name, value in zip(found, segments, strict=True)
            if route_paths.is_param(name)
        }
        return (self._resources[found], params) if all(params.values()) else None

    def _found(self, path: route_paths.Segments) -> route_paths.Segments | None:
        """Return the resource of a path; one without parameters goes before all others, so it is looked up."""
        is_static = path in self._resources and not any(map(route_paths.is_param, path))
        return path if is_static else route_paths.resolve(path, self._with_params)


def serve_many_threads(app: Chalice) -> None:
    """Give each thread its own ``current_request``, as Chalice's own server does."""
    if not isinstance(app, LocalChalice):
        app.__class__ = type("ThreadedChalice", (LocalChalice, type(app)), {})


def _event(request: Request, resource: str, params: dict[str, str]) -> dict[str, Any]:
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(request.headers),
        "pathParameters": params,
        "stageVariables": {},
        "multiValueQueryStringParameters": parse_qs(request.query, keep_blank_values=True) or None,
        "body": request.body or None,
        "isBase64Encoded": False,
        "requestContext": {
            "httpMethod": request.method,
            "resourcePath": resource,
            "path": request.path,
            "stage": LocalARNBuilder.LOCAL_STAGE,
            "requestId": request.request_id,
            "identity": {"sourceIp": request.peer, "userAgent": request.headers.get("user-agent")},
        },
    }


def _preflight(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Answer OPTIONS as the deployed MOCK integration does, where the path allows another origin."""
    methods = [method for method, entry in entries.items() if entry.cors is not None]
    if not methods:
        raise GatewayRefusal(404)
    headers = entries[methods[0]].cors.get_access_control_headers()
    headers["Access-Control-Allow-Methods"] = ",".join([*methods, "OPTIONS"])
    return {"statusCode": 200, "headers": headers, "multiValueHeaders": {}, "body": ""}


def _admit(authorizer: Any, request: Request, context: LambdaContext) -> dict[str, str]:
    """Ask the authorizer and obey its policy; return the context for the handler."""
    token = request.headers.get("authorization", "")
    if not token.strip():
        raise GatewayRefusal(401)
    arn = _method_arn(request)
    try:
        result = authorizer({"type": "TOKEN", "authorizationToken": token, "methodArn": arn}, context)
    except Exception as error:
        if str(error) == "Unauthorized":
            raise GatewayRefusal(401) from None
        LOG.exception("the authorizer is in trouble")
        raise GatewayRefusal(503) from error
    return _obey(result, arn)


def _method_arn(request: Request) -> str:
    prefix = LocalARNBuilder().build_arn(request.method, "/x")
    return f"{prefix.removesuffix('x')}{request.path.removeprefix('/')}"


def _obey(result: Any, arn: str) -> dict[str, str]:
    try:
        allowed = allows(result["policyDocument"], arn)
        values = {**(result.get("context") or {}), "principalId": result["principalId"]}
        flat = {name: _as_gateway_text(value) for name, value in values.items()}
    except (AttributeError, KeyError, TypeError) as error:
        LOG.exception("the authorizer's answer is not one that API Gateway reads")
        raise GatewayRefusal(500) from error
    if not allowed:
        raise GatewayRefusal(403)
    return flat


def _as_gateway_text(value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise TypeError(f"{value!r} in the authorizer's context")
    return str(value).lower() if isinstance(value, bool) else str(value)


def allows(policy: Mapping[str, Any], arn: str) -> bool:
    """Return whether a policy lets a method ARN through: Deny over Allow, ``*`` and ``?`` cross ``/``."""
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        for pattern in _as_list(statement["Resource"])
        if _glob(pattern).fullmatch(arn)
    }
    return effects == {"Allow"}


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@lru_cache(maxsize=4096)  # a policy's patterns come with each request
def _glob(pattern: str) -> re.Pattern[str]:
    """Return the pattern such that no text costs more than its length: what stands between two ``*`` is found once."""
    first, *rest = (re.escape(piece).replace(r"\?", ".") for piece in pattern.split("*"))
    between = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    return re.compile(first + between + "".join(f".*{piece}" for piece in rest[-1:]), re.DOTALL)
