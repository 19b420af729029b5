"""The OpenAPI document is made from what the code runs on, and says all of it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from chalicelib.web.openapi import description
from chalicelib.web.pages.not_found import ANY_OTHER
from cupbearer.testing import Client

ISSUER = "https://auth.example.com"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    import_module("app")
    found: dict[str, Any] = json.loads(json.dumps(description(issuer=ISSUER)))
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_is_described_and_nothing_else(document: dict[str, Any]) -> None:
    described = {(method, path) for method, path, _ in operations(document)}
    assert described == {(route.method, route.path) for route in import_module("app").TABLE}


def test_chalice_serves_what_is_described(document: dict[str, Any]) -> None:
    app = import_module("app").app
    served = {
        (method, path) for path, methods in app.routes.items() for method in methods if method != "OPTIONS"
    } - {("GET", ANY_OTHER)}
    assert served == {(method, path) for method, path, _ in operations(document)}


def test_every_operation_has_a_sentence_an_id_and_its_answers(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["summary"], path
        assert re.fullmatch(r"\w+", operation["operationId"]), path
        answers = operation["responses"]
        assert any(status.startswith(("2", "3")) for status in answers), (method, path)
        assert {"500", "503"} <= set(answers), (method, path)
        assert all(answer["description"] for answer in answers.values())


def test_no_operation_id_occurs_twice(document: dict[str, Any]) -> None:
    ids = Counter(operation["operationId"] for _, _, operation in operations(document))
    assert [name for name, times in ids.items() if times > 1] == []


def test_what_is_guarded_says_so_and_can_be_refused(document: dict[str, Any]) -> None:
    guards = {(route.method, route.path): route.guard for route in import_module("app").TABLE}
    for method, path, operation in operations(document):
        guard = guards[method, path]
        assert bool(operation["security"]) == (guard.caller != "public")
        assert operation["security"] in ([], [{"bearer": [guard.scope] if guard.scope else []}])
        assert ({"401", "403"} <= set(operation["responses"])) or guard.caller == "public"


def test_every_path_parameter_is_declared(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        declared = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path))


def test_every_reference_leads_somewhere_and_no_schema_is_forgotten(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    wanted = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert wanted == set(document["components"]["schemas"])


# RFC 7591 section 2: what a server does not know of a client's metadata it passes over.
OPEN_BODIES = {"ClientMetadata"}


def test_every_body_refuses_members_it_does_not_know(document: dict[str, Any]) -> None:
    """SC-3; but for what a standard wants otherwise, which says so."""
    for _, path, operation in operations(document):
        schema = (
            operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        )
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            found = document["components"]["schemas"][name]
            if name in OPEN_BODIES:
                assert ("additionalProperties" not in found, "passed over" in found["description"]) == (
                    True,
                    True,
                )
            else:
                assert found["additionalProperties"] is False, path


def test_it_is_served_as_it_is_made(client: Client) -> None:
    served = client.get("/openapi.json").json
    assert served["openapi"] == "3.1.0"
    assert served["servers"] == [{"url": "http://localhost:8000"}]


SHAPES = [
    ("GET", "/cats"), ("GET", "/pangolins"), ("GET", "/profile"), ("GET", "/messages"), ("GET", "/users/me"),
    ("GET", "/users"), ("GET", "/sessions"), ("GET", "/users/me/activity"), ("GET", "/health"),
    ("GET", "/.well-known/jwks.json"), ("GET", "/users/me/identities"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), SHAPES)
def test_an_answer_is_of_the_shape_that_is_described(
    client: Client, document: dict[str, Any], method: str, path: str
) -> None:
    everything = sorted(
        {route.guard.scope for route in import_module("app").TABLE if route.guard.scope} - {"openid"}
    )
    answer = client.as_user(everything).request(method, path)
    schema = document["paths"][path][method.lower()]["responses"][str(answer.status)]["content"][
        "application/json"
    ]["schema"]
    assert answer.status == 200
    fits(answer.json, schema, document["components"]["schemas"], path)


KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None), "number": (int, float),
}  # fmt: skip


def fits(value: Any, schema: dict[str, Any], schemas: dict[str, Any], where: str) -> None:
    """Fail unless the value is of the schema: types, required members and no unknown ones."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        kinds = [option.get("type") for option in schema["anyOf"]]
        assert any(kind is None or isinstance(value, KINDS[kind]) for kind in kinds), where
        return
    if "type" in schema:
        assert isinstance(value, KINDS[schema["type"]]), where
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema.get("required", ())) <= set(value) <= set(schema["properties"]), where
        for name, part in value.items():
            fits(part, schema["properties"][name], schemas, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for item in value:
            fits(item, schema["items"], schemas, f"{where}[]")
