"""How a walk is carried: Chalice's test client, a server over a socket, or Lambda's two functions."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from chalicelib.accounts.provisioning import Newcomer
from chalicelib.authorizer import route_paths
from chalicelib.users.user import new_user
from chalicelib.web.pages.not_found import ANY_OTHER
from cupbearer.testing import SOURCE, AppUnderTest
from tests.gateway import iam
from tests.gateway.cache import method_arn
from tests.journeys.walk import Answer, Walker
from tests.parts.server import Server
from tests.support import patience

PHRASES = {"Cthon98": "hunter two three four", "AzureDiamond": "stars stars stars stars"}


def over_http(server: Server) -> Walker:
    """Carry a walk over a real socket; the demo users are made by the command line."""
    answered = server.command("demo")
    demo = {name: re.findall(rf"{name}: .*pass phrase (\S+)", answered)[0] for name in PHRASES}

    def ask(method: str, path: str, token: str | None, body: Any) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        sent = None if body is None else json.dumps(body)
        if sent is not None:
            headers["Content-Type"] = "application/json"
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=patience.SECONDS)) as connection:
            connection.request(method, path, sent, headers)
            answer = connection.getresponse()
            text = answer.read()
        return answer.status, json.loads(text) if text else None

    return Walker(ask, demo, server.url)


def make_demo_users(under_test: AppUnderTest) -> Mapping[str, str]:
    for username, granted in (("Cthon98", frozenset({"pangolins"})), ("AzureDiamond", frozenset[str]())):
        newcomer = Newcomer(new_user(username=username), granted)
        under_test.services.accounts.provisioning.make(newcomer, password=PHRASES[username], source=SOURCE)
    return PHRASES


def in_process(under_test: AppUnderTest) -> Walker:
    """Carry a walk through Chalice's test client."""
    client = under_test.client()

    def ask(method: str, path: str, token: str | None, body: Any) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = client.request(method, path, json=body, headers=headers)
        return reply.status, reply.json if reply.body else None

    return Walker(ask, make_demo_users(under_test), under_test.settings.issuer)


def as_lambda(under_test: AppUnderTest, module: Any) -> Walker:
    """Carry a walk as API Gateway does: ``jwt_authorizer(event)`` decides, then ``app(event)`` answers."""

    def ask(method: str, path: str, token: str | None, body: Any) -> Answer:
        resources = {route_paths.parse(known): known for known in module.app.routes if known != ANY_OTHER}
        segments = tuple(path[1:].split("/"))
        found = route_paths.resolve(segments, resources)
        assert found is not None
        resource = resources[found]
        event = event_of(method, path, resource, body)
        names = zip(found, segments, strict=True)
        event["pathParameters"] = {n[1:-1]: value for n, value in names if n.startswith("{")} or None
        if module.app.routes[resource][method].authorizer is not None:
            status, context = decide(module.jwt_authorizer, method, path, token)
            if status != 200:
                return status, None
            event["requestContext"]["authorizer"] = context
        answer = module.app(event, None)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    return Walker(ask, make_demo_users(under_test), under_test.settings.issuer)


def decide(
    authorizer: Callable[..., Any], method: str, path: str, token: str | None, scheme: str = "Bearer"
) -> tuple[int, dict[str, str]]:
    """Return what API Gateway makes of the authorizer's answer: a status, and the context for the handler."""
    if token is None:
        return 401, {}
    arn = method_arn(method, path)
    event = {"type": "TOKEN", "authorizationToken": f"{scheme} {token}", "methodArn": arn}
    try:
        answer = authorizer(event, None)
    except Exception as error:  # noqa: BLE001 - Lambda reports any by its text
        return (401 if str(error) == "Unauthorized" else 503), {}
    if not iam.allows(answer["policyDocument"], arn):
        return 403, {}
    assert all(isinstance(value, str) for value in answer["context"].values())
    return 200, {**answer["context"], "principalId": answer["principalId"]}


def event_of(method: str, path: str, resource: str, body: Any) -> dict[str, Any]:
    """Return API Gateway's proxy event of a request, as AWS writes it."""
    headers = {} if body is None else {"Content-Type": "application/json"}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": headers or None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()} or None,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/api{path}",
            "stage": "api",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "tests"},
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
