"""A token's rights and the route table → the IAM policy that API Gateway caches for that token (AZ-1, AZ-2).

It is reused for every route, so the requested method and path leave no trace in it. Why and how:
docs/decisions/0030-policy-from-the-token-alone.md.
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, Protocol

from chalicelib import scopes
from chalicelib.authorizer.route_table import PREFIX_ROOM, Guard, Route, RouteTable
from chalicelib.value import Value

Texts = tuple[str, ...]

_KEPT_DECISIONS = 256  # one for each set of rights in use; a table of n scopes has at most 2^(n+2)

# A method and a path follow the stage and are not read: only what AWS itself wrote enters a policy.
_METHOD_ARN = re.compile(
    r"(arn:aws[a-z-]{0,12}:execute-api:[a-z0-9-]{1,32}:[0-9]{1,12}:[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,128}/)[A-Z]+/.*",
    re.DOTALL,
)


class Principal(Protocol):
    """The facts of a verified token that open routes."""

    @property
    def own(self) -> bool:
        """Return whether we issued it to our first-party client for a person."""

    @property
    def scope(self) -> scopes.Scopes:
        """Return what was granted, as a set."""

    @property
    def reads_only(self) -> bool:
        """Return whether it is an operator's, who sees as a person sees and changes nothing."""


class Rights(Value):
    """A :class:`Principal` as plain values."""

    own: bool
    scope: scopes.Scopes = scopes.NONE
    reads_only: bool = False


def opens(principal: Principal | None, guard: Guard) -> bool:
    """Return whether a caller may pass a guard; ``None`` has no token.

    The one place of this rule: the policy asks it about ``guard.at_gateway``, the handler about it all.
    """
    if principal is None or guard.caller == "public":
        return guard.caller == "public"
    is_whom_it_wants = guard.caller == "token" or principal.own
    return is_whom_it_wants and (guard.scope is None or scopes.covers(principal.scope, guard.scope))


def keeps_out(principal: Principal, route: Route) -> bool:
    """Return whether a route is closed to an operator who sees as a person sees, whatever its guard opens to the person.

    The one place of this rule too (OV-1): the policy asks it, and the handler.
    """
    return principal.reads_only and route.in_person


def policy_for(
    principal: Principal, table: RouteTable, *, method_arn: str, outside: Collection[str] = ()
) -> dict[str, Any]:
    """Return the ``policyDocument`` of a token: an Allow for every guarded route it opens.

    Of ``method_arn`` only the API and its stage are used. Raises ValueError when it is malformed. An API of
    ``outside`` is somebody else's, whose routes we do not know: any good token may enter, and it looks at the
    scope in the context itself.
    """
    prefix = _prefix(method_arn)
    if outside and _is_one(prefix, outside):
        return {"Version": "2012-10-17", "Statement": [_statement("Allow", (prefix + "*",))]}
    held = table.scopes & principal.scope
    allowed, denied = _resources(table, prefix, own=principal.own, held=held, reads_only=principal.reads_only)
    statements = [_statement("Allow", allowed)] if allowed else []
    if denied:
        statements.append(_statement("Deny", denied))
    return {"Version": "2012-10-17", "Statement": statements}


def is_of(method_arn: str, apis: Collection[str]) -> bool:
    """Return whether a method is of one of these APIs, named with or without its stage, as ARN or as id."""
    return _is_one(_prefix(method_arn), apis)


def _is_one(prefix: str, apis: Collection[str]) -> bool:
    return not _names_of(prefix).isdisjoint(apis)


def _prefix(method_arn: str) -> str:
    found = _METHOD_ARN.fullmatch(method_arn)
    if found is None or len(found[1]) > PREFIX_ROOM:
        raise ValueError("methodArn is not arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH")
    return found[1]


def _names_of(prefix: str) -> set[str]:
    """Return how a list may name the API that a prefix is of: with or without its stage, as ARN or as id."""
    arn = prefix.removesuffix("/")
    api_arn, _, stage = arn.rpartition("/")
    api = api_arn.rpartition(":")[2]
    return {arn, api_arn, api, f"{api}/{stage}"}


@lru_cache(maxsize=_KEPT_DECISIONS)
def _resources(
    table: RouteTable, prefix: str, *, own: bool, held: scopes.Scopes, reads_only: bool
) -> tuple[Texts, Texts]:
    """Return the ARNs to allow and to deny. Scopes that name no route are gone before this."""
    allowed, denied = _decide(table, Rights(own, held, reads_only))
    return tuple(prefix + end for end in allowed), tuple(prefix + end for end in denied)


def _decide(table: RouteTable, rights: Rights) -> tuple[Texts, Texts]:
    """Return the ends of the ARNs to allow and to deny."""
    opened = [
        route
        for route in table.guarded
        if opens(rights, route.guard.at_gateway) and not keeps_out(rights, route)
    ]
    if not opened:
        return (), ("*",)
    return _ends(opened), _ends(table.to_close(opened))


def _ends(routes: Iterable[Route]) -> Texts:
    return tuple(end for route in routes for end in route.patterns)


def _statement(effect: str, resources: Iterable[str]) -> dict[str, Any]:
    return {"Action": "execute-api:Invoke", "Effect": effect, "Resource": list(resources)}
