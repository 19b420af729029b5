"""Programs that register themselves, for the tests that watch them."""

import json
from collections.abc import Mapping
from typing import Any

from tests.oauth.server import CALLBACK, App, Reply, Server

PATH = "/oauth/register"
AGENT = {
    "client_name": "An agent",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none",
}


def send(
    server: Server, method: str, path: str, sent: object = None, *, token: str | None = None, **headers: str
) -> Reply:
    body = b"" if sent is None else sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    usual = {"Content-Type": "application/json"} if body else {}
    shown = {} if token is None else {"Authorization": f"Bearer {token}"}
    return server.ask(method, path, body=body, headers={**usual, **shown, **headers})


def register(server: Server, *, token: str | None = None, **changes: object) -> Reply:
    """Register the agent, with changes; None leaves a member out."""
    sent = {name: value for name, value in {**AGENT, **changes}.items() if value is not None}
    return send(server, "POST", PATH, sent, token=token)


def registered(server: Server, *, token: str | None = None, **changes: object) -> dict[str, Any]:
    reply = register(server, token=token, **changes)
    assert reply.status == 201, reply.text
    return dict(reply.json)


def app_of(server: Server, told: Mapping[str, Any]) -> App:
    return App(server, told["client_id"], told.get("client_secret"))


def is_known(server: Server, told: Mapping[str, Any]) -> bool:
    return server.services.oauth.clients.find(told["client_id"]) is not None
