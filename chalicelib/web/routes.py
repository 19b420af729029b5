"""The seam with Chalice: how a view becomes a route, and what every answer carries.

A route is closed unless its guard says otherwise, and :func:`mount` refuses to start with one that says nothing.
Refusals become answers here and nowhere else, with CORS and security headers on all of them.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

import chalice

from chalicelib import logs
from chalicelib.audit.trail import Source
from chalicelib.authorizer.route_table import PUBLIC, Route, RouteTable, RouteTableError
from chalicelib.errors import InvalidToken, NotFound, Refusal, SlowDown, TicketRefused, WrongMasterKey
from chalicelib.store import StoreLost
from chalicelib.web import guard as web_guard
from chalicelib.web import language, parsing, problems, refusals
from chalicelib.web.call import Answer, Call
from chalicelib.web.endpoints import Api, Endpoint, View
from chalicelib.web.headers import cors_headers, preflight_headers, security_headers, without_line_breaks

__all__ = ["Answer", "Api", "Call", "Endpoint", "mount"]  # what a module of views needs


MAX_PARAMETER = 255  # characters


def mount(
    app: chalice.Chalice, apis: Iterable[Api], authorizer: Any, *, otherwise: tuple[str, View] | None = None
) -> RouteTable:
    """Register every endpoint with Chalice and return the table that the authorizer decides by.

    ``otherwise`` are a path that matches all others, and the view that answers ``GET`` there: no route, so in no table.
    Raises RouteTableError for a route that was registered past :class:`Api`, and so without a guard.
    """
    endpoints = [endpoint for api in apis for endpoint in api.endpoints]
    table = RouteTable(endpoint.route for endpoint in endpoints)
    methods: dict[str, list[str]] = {}
    for endpoint in endpoints:
        methods.setdefault(endpoint.route.path, []).append(endpoint.route.method)
    open_paths = {endpoint.route.path for endpoint in endpoints if endpoint.any_origin}
    for path, view_methods in app.routes.items():
        if unguarded := set(view_methods) - set(methods.get(path, [])):
            raise RouteTableError(f"{path}: {', '.join(unguarded)} has no guard: declare it with Api.route")
    for endpoint in endpoints:
        guarded = {} if endpoint.route.guard.caller == "public" else {"authorizer": authorizer}
        _register(app, endpoint.route.path, endpoint.route.method, _served(app, endpoint), **guarded)
    for path, allowed in methods.items():
        if "OPTIONS" not in allowed:
            _register(app, path, "OPTIONS", _preflight(app, tuple(allowed), any_origin=path in open_paths))
    if otherwise is not None:
        path, view = otherwise
        _register(app, path, "GET", _served(app, Endpoint(Route("GET", path, PUBLIC), view)))
    return table


def _register(app: chalice.Chalice, path: str, method: str, view: Callable[..., Any], **options: Any) -> None:
    # No content types: Chalice would answer 415 itself, without our headers and our document.
    app.route(path, methods=[method], content_types=[], name=f"{method} {path}", **options)(view)


def _served(app: chalice.Chalice, endpoint: Endpoint) -> Callable[..., chalice.Response]:
    def handle(**params: str) -> chalice.Response:
        from chalicelib.wiring import services

        try:
            return serve(endpoint, app.current_request, params, services())
        finally:
            language.end()

    handle.__doc__ = endpoint.view.__doc__
    return handle


def serve(endpoint: Endpoint, request: Any, params: dict[str, str], services: Any) -> chalice.Response:
    """Answer one request: admit, parse, run the view, and turn whatever happens into HTTP."""
    started = services.world.monotonic()
    source = _source(request, services)
    call: Call | None = None
    language.begin(request.headers, _query(request), services.settings)
    try:
        call = _call(endpoint, request, params, services, source)
        answer = endpoint.view(call)
    except Exception as error:  # noqa: BLE001 - the one place where anything becomes an answer
        answer = _refused(error, source, services.settings.issuer)
    headers = security_headers(answer) | dict(answer.headers)
    cors = cors_headers(
        request.headers.get("origin"), services.settings.allowed_origins, any_origin=endpoint.any_origin
    )
    headers |= cors | language.merged_vary(headers.get("Vary"), cors.get("Vary"))
    headers["X-Request-Id"] = source.request_id
    milliseconds = round((services.world.monotonic() - started) * 1000, 1)
    logs.log(
        "request",
        metrics={"Latency": (milliseconds, "Milliseconds")},
        request_id=source.request_id,
        method=endpoint.route.method,
        route=endpoint.route.path,
        status=answer.status,
        ms=milliseconds,
        sub=call.claims.sub if call and call.claims else None,
        **({"act": call.claims.act} if call and call.claims and call.claims.act else {}),
    )
    return _response(answer, headers)


def _call(endpoint: Endpoint, request: Any, params: dict[str, str], services: Any, source: Source) -> Call:
    claims, headers = None, _headers(request)
    if endpoint.route.guard.caller != "public":
        claims = web_guard.claims_of(request.context.get("authorizer"))
        web_guard.admit(endpoint.route, claims, services)
        if claims is not None and claims.jkt is not None:
            from chalicelib.web.possession import demand_proof

            demand_proof(claims, endpoint.route, params, headers, services)
    raw = _raw_body(request)
    body: Any = None
    if endpoint.body is not None:
        body = parsing.json_body(raw, headers, endpoint.body, may_be_empty=endpoint.body_may_be_empty)
    return Call(
        services=services,
        method=endpoint.route.method,
        path=endpoint.route.path,
        params={name: _decoded(value) for name, value in params.items()},
        query=_query(request),
        headers=headers,
        source=source,
        claims=claims,
        body=body,
        raw_body=raw,
    )


def _headers(request: Any) -> dict[str, str]:
    """Return the headers, names in lower case. Two DPoP proofs are one text, which is no proof (RFC 9449 section 4.3)."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if "dpop" in headers:
        several = request.to_original_event().get("multiValueHeaders") or {}
        each = [value for name, values in several.items() if name.lower() == "dpop" for value in values]
        headers["dpop"] = ", ".join(each) or headers["dpop"]
    return headers


def _raw_body(request: Any) -> bytes:
    try:
        return bytes(request.raw_body)
    except ValueError:
        return b""  # said to be base64 and is not: an empty body, which its route refuses


def _decoded(value: str) -> str:
    """Return a path parameter decoded; API Gateway hands it on raw. No name of ours is longer than its bound."""
    if len(value) > MAX_PARAMETER:
        raise NotFound
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise NotFound from None


def _query(request: Any) -> dict[str, tuple[str, ...]]:
    query = request.query_params
    return {} if query is None else {name: tuple(query.getlist(name)) for name in query}


def _source(request: Any, services: Any) -> Source:
    """Return who asks; the address is the gateway's own field, never a forwarded header (TH-3)."""
    context = request.context
    return Source(
        ip=(context.get("identity") or {}).get("sourceIp"),
        user_agent=request.headers.get("user-agent", ""),
        request_id=context.get("requestId") or services.world.identifier(),
    )


def _refused(error: Exception, source: Source, issuer: str) -> Answer:
    refusal = refusals.as_refusal(error)
    if refusal is None:
        logs.trouble("server_error", request_id=source.request_id)
        return problems.unexpected(request_id=source.request_id)
    _log_refusal(refusal, error, source)
    return problems.problem(refusal, request_id=source.request_id, issuer=issuer)


def _log_refusal(refusal: Refusal, error: Exception, source: Source) -> None:
    if refusals.medium(refusal).status >= 500:  # noqa: PLR2004 - trouble of ours
        kind, is_said = type(error).__name__, isinstance(error, StoreLost | WrongMasterKey)
        says = {"detail": str(error)} if is_said else {}
        logs.trouble("unavailable", stack=not is_said, request_id=source.request_id, reason=kind, **says)
        return
    if isinstance(refusal, SlowDown):
        logs.metric("SlowDowns", request_id=source.request_id)
    reason = refusal.reason if isinstance(refusal, InvalidToken | TicketRefused) else None
    logs.log("refused", request_id=source.request_id, code=refusal.public_code, reason=reason)


def _response(answer: Answer, headers: dict[str, Any]) -> chalice.Response:
    is_empty = answer.status == 204 or answer.body is None  # noqa: PLR2004
    if not is_empty:
        headers["Content-Type"] = answer.content_type
    body = "" if is_empty else parsing.as_text(answer.body, answer.content_type)
    return chalice.Response(body, status_code=answer.status, headers=without_line_breaks(headers))


def _preflight(
    app: chalice.Chalice, methods: tuple[str, ...], *, any_origin: bool
) -> Callable[..., chalice.Response]:
    def handle(**_: str) -> chalice.Response:
        from chalicelib.wiring import services

        origins = services().settings.allowed_origins
        answer = Answer(status=204)
        headers = security_headers(answer) | preflight_headers(
            app.current_request.headers.get("origin"), origins, methods, any_origin=any_origin
        )
        return _response(answer, headers)

    return handle
