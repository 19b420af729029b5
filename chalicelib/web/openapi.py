"""OpenAPI 3.1 of every route, made from the rows the code runs on, so that it cannot drift."""

import inspect
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from chalicelib import VERSION
from chalicelib.authorizer.route_table import Guard
from chalicelib.web.scope_descriptions import description_of

if TYPE_CHECKING:
    from chalicelib.web.routes import Api, Endpoint

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457; act on code, show detail.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "scope": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
        "factors": {"type": "array", "items": {"type": "string"}},
        "pending_token": {"type": "string"},
        "resource_metadata": {"type": "string"},
    },
}

OAUTH_ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 6749 section 5.2.",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}

IDEMPOTENCY_KEY: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "16 to 255 visible ASCII characters, new for each act. The same request with the same key is done "
        "once and answered again for a day: repeat it after a 503 or a lost answer. Another request with it is a 422.",
        "schema": {"type": "string", "minLength": 16, "maxLength": 257},
    }
]

DPOP: list[dict[str, Any]] = [
    {
        "name": "DPoP",
        "in": "header",
        "required": False,
        "description": "A proof of possession (RFC 9449): a JWT of typ dpop+jwt that the client's own key signed, new for each "
        "request. With the code use_dpop_nonce, make it again with the nonce of the answer's DPoP-Nonce header.",
        "schema": {"type": "string", "maxLength": 4096},
    }
]

BEARER: dict[str, str] = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of token_type DPoP is sent as Authorization: DPoP, with a new proof in the header DPoP each time.",
}

_described: list["Api"] = []


def describe(apis: Iterable["Api"]) -> None:
    """Say which routes there are to describe."""
    _described[:] = apis
    description.cache_clear()


@lru_cache(maxsize=4)
def description(*, issuer: str, name: str = "Cupbearer") -> dict[str, Any]:
    """Return the whole document, under the name of the service."""
    import msgspec

    endpoints = [endpoint for api in _described for endpoint in api.endpoints]
    structs = [
        kind
        for endpoint in endpoints
        for kind in (_body(endpoint), endpoint.gives, endpoint.later)
        if kind not in (None, dict)
    ]
    shapes, components = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    schemas = {id(dict): {"type": "object"}, **dict(zip(map(id, structs), shapes, strict=True))}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operations = paths.setdefault(endpoint.route.path, {})
        method = endpoint.route.method.lower()
        operations[method] = _operation(endpoint, _operation_id(endpoint, method, operations), schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": VERSION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": issuer}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM_SCHEMA, "OAuthError": OAUTH_ERROR_SCHEMA},
            "securitySchemes": {"bearer": BEARER},
        },
    }


def _operation(endpoint: "Endpoint", operation_id: str, schemas: dict[int, Any]) -> dict[str, Any]:
    summary, _, rest = (inspect.getdoc(endpoint.view) or "").partition("\n")
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "tags": [endpoint.tag],
        "summary": summary.strip().rstrip("."),
        "responses": _responses(endpoint, schemas),
    }
    if said := " ".join([rest.strip(), _guard_in_words(endpoint.route.guard)]).strip():
        operation["description"] = said
    if parameters := _parameters(endpoint):
        operation["parameters"] = parameters
    body = _body(endpoint)
    if body is not None:
        content = {"application/json": {"schema": schemas[id(body)]}}
        operation["requestBody"] = {"required": not endpoint.body_may_be_empty, "content": content}
    guard = endpoint.route.guard
    operation["security"] = (
        [] if guard.caller == "public" else [{"bearer": [guard.scope] if guard.scope else []}]
    )
    return operation


def _operation_id(endpoint: "Endpoint", method: str, siblings: Mapping[str, Any]) -> str:
    """Return the view's name; a view of two methods has its second one before it (OpenAPI: ids are unique)."""
    name = endpoint.view.__name__
    return f"{method}_{name}" if any(each["operationId"] == name for each in siblings.values()) else name


def _body(endpoint: "Endpoint") -> type | None:
    return endpoint.body or (endpoint.reads() if endpoint.reads else None)


def _responses(endpoint: "Endpoint", schemas: dict[int, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(endpoint.status).phrase}
    if endpoint.gives is not None:
        good["content"] = {endpoint.content_type: {"schema": schemas[id(endpoint.gives)]}}
    elif endpoint.content_type.startswith("text/"):
        good["content"] = {endpoint.content_type: {"schema": {"type": "string"}}}
    if endpoint.or_as is not None:
        good["content"][endpoint.or_as] = {"schema": {"type": "string"}}
    refusal = _refusal(endpoint)
    statuses = sorted({*endpoint.refuses, *_always(endpoint)})
    refused = {
        str(status): {"description": HTTPStatus(status).phrase, "content": refusal} for status in statuses
    }
    later = {}
    if endpoint.later is not None:
        content = {"application/json": {"schema": schemas[id(endpoint.later)]}}
        later = {"202": {"description": HTTPStatus(202).phrase, "content": content}}
    return {str(endpoint.status): good, **later, **_otherwise(endpoint), **refused}


def _otherwise(endpoint: "Endpoint") -> dict[str, Any]:
    """Return the other good answers: a form's page may be shown again, and a page may send the browser on."""
    is_page = endpoint.content_type.startswith("text/html")
    statuses = {*endpoint.redirects, *((200, 303) if is_page else ())} - {endpoint.status}
    html = {"content": {"text/html": {"schema": {"type": "string"}}}}
    return {
        str(status): {"description": HTTPStatus(status).phrase, **(html if status == 200 else {})}  # noqa: PLR2004
        for status in sorted(statuses)
    }


def _refusal(endpoint: "Endpoint") -> dict[str, Any]:
    """Return the content of refusals: a problem; of what browsers ask for also a page; of ``/oauth/*`` also RFC 6749's object."""
    content: dict[str, Any] = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    is_oauth = endpoint.route.path.startswith("/oauth/")
    if endpoint.content_type.startswith("text/html") or (endpoint.form and not is_oauth):
        content["text/html"] = {"schema": {"type": "string"}}
    if is_oauth:
        content["application/json"] = {"schema": {"$ref": "#/components/schemas/OAuthError"}}
    return content


def _always(endpoint: "Endpoint") -> set[int]:
    """Return the refusals that a route has by what it is."""
    guarded = set() if endpoint.route.guard.caller == "public" else {401, 403}
    reading = {400, 413, 415} if endpoint.body or endpoint.reads else set()
    return {500, 503} | guarded | reading | ({422} if endpoint.repeatable else set())


def _parameters(endpoint: "Endpoint") -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", endpoint.route.path)
    ]
    schema: dict[str, dict[str, Any]] = {
        "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}
    }
    in_query = [
        {"name": name, "in": "query", "required": False, "schema": schema.get(name, {"type": "string"})}
        for name in endpoint.query
    ]
    in_header = (IDEMPOTENCY_KEY if endpoint.repeatable else []) + (DPOP if endpoint.proof else [])
    return in_path + in_query + in_header


def _guard_in_words(guard: Guard) -> str:
    if guard.scope:
        said = description_of(guard.scope)
        return f"Needs the scope `{guard.scope}`" + (f": {said}." if said else ".")
    return {"public": "", "token": "Needs any access token.", "own": "Needs one's own log-in."}[guard.caller]
