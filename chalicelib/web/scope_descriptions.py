"""What the scopes of routes let an application do, as the routes say it: ``scope="orders:write", says="place orders"``."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from chalicelib.authorizer.route_table import RouteTableError
from chalicelib.web.endpoints import Api

_described: dict[str, str] = {}

DESCRIPTIONS: Mapping[str, str] = MappingProxyType(_described)


def describe(apis: Iterable[Api]) -> None:
    """Say which routes there are; raise RouteTableError where two describe one scope otherwise, or none is there."""
    found: dict[str, str] = {}
    for endpoint in (endpoint for api in apis for endpoint in api.endpoints if endpoint.says is not None):
        route, said = endpoint.route, endpoint.says or ""
        if route.guard.scope is None or not said.strip():
            raise RouteTableError(f"{route}: says= describes a scope: give both, or neither.")
        if found.setdefault(route.guard.scope, said) != said:
            raise RouteTableError(
                f"{route}: another route describes the scope {route.guard.scope!r} otherwise."
            )
    _described.clear()
    _described.update(found)
