"""The scopes that routes ask for, and what each lets an application do: ``scope="orders:write", says="place orders"``."""

from collections.abc import Iterable, KeysView

from chalicelib.authorizer.route_table import RouteTableError
from chalicelib.web.endpoints import Api

_described: dict[str, str | None] = {}

ROUTE_SCOPES: KeysView[str] = _described.keys()  # of all routes, whether described or not


def description_of(scope: str) -> str | None:
    """Return what the routes say of a scope, None where none does."""
    return _described.get(scope)


def describe(apis: Iterable[Api]) -> None:
    """Say which routes there are; raise RouteTableError where two describe one scope otherwise, or none is there."""
    found: dict[str, str | None] = {}
    for endpoint in (endpoint for api in apis for endpoint in api.endpoints):
        route, scope, says = endpoint.route, endpoint.route.guard.scope, endpoint.says
        if says is not None and (scope is None or not says.strip()):
            raise RouteTableError(f"{route}: says= describes a scope: give both, or neither.")
        if scope is not None and None not in (says, before := found.get(scope)) and says != before:
            raise RouteTableError(f"{route}: another route describes the scope {scope!r} otherwise.")
        if scope is not None:
            found[scope] = says or found.get(scope)
    _described.clear()
    _described.update(found)
