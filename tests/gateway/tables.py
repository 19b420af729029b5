"""Route tables to check policies with: the design's, written out by hand, and the app's own."""

from collections.abc import Iterator
from importlib import import_module

from chalicelib.authorizer.route_table import OWN, PUBLIC, TOKEN, Guard, Route, RouteTable

READ, WRITE = Guard("token", "users:read"), Guard("token", "users:write")

DESIGN = {
    PUBLIC: """
        POST /users | POST /sessions | POST /sessions/refresh | GET /cats | GET /messages
        GET /login/{provider} | GET /login/{provider}/callback
        GET /oauth/authorize | POST /oauth/authorize | GET /oauth/logout | POST /oauth/logout
        POST /oauth/token | POST /oauth/revoke | POST /oauth/introspect | POST /oauth/device_authorization
        GET /.well-known/openid-configuration | GET /.well-known/oauth-authorization-server
        GET /.well-known/jwks.json | GET /health | GET /openapi.json
        GET / | GET /login | POST /login | GET /signup | POST /signup
        GET /consent | POST /consent | GET /account
    """,
    OWN: """
        GET /users/me | PATCH /users/me | DELETE /users/me | PUT /users/me/password | GET /users/me/activity
        GET /users/me/identities | DELETE /users/me/identities/{id}
        GET /users/me/consents | DELETE /users/me/consents/{id}
        GET /sessions | DELETE /sessions | DELETE /sessions/current | DELETE /sessions/{session_id}
    """,
    READ: "GET /users | GET /users/{user_id}",
    WRITE: "PATCH /users/{user_id} | DELETE /users/{user_id}",
    Guard("token", "pangolins"): "GET /pangolins",
    Guard("token", "get:profile", refused_in_handler=True): "GET /profile",
    TOKEN: "POST /messages",
    Guard("token", "openid", refused_in_handler=True): "GET /oauth/userinfo | POST /oauth/userinfo",
}


def routes(text: str, guard: Guard) -> Iterator[Route]:
    """Yield the routes written as ``GET /cats | POST /cats``, all with one guard."""
    for line in text.replace("|", "\n").strip().splitlines():
        method, path = line.split()
        yield Route(method, path, guard)


def design_table() -> RouteTable:
    """Return the table of the public contract."""
    return RouteTable(route for guard, text in DESIGN.items() for route in routes(text, guard))


def real_table() -> RouteTable:
    """Return the app's own table, the one its authorizer decides by."""
    table = import_module("app").TABLE
    assert isinstance(table, RouteTable)
    return table


TABLES = {"the design's": design_table, "the app's": real_table}
