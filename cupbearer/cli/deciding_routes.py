"""Which route a call is for, and which line of a token's policy opens or closes it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.authorizer import route_paths
from chalicelib.authorizer.route_table import Guard, Route, RouteTable

ARN = "arn:aws:execute-api:local:000000000000:cupbearer/local/"

Statement = Mapping[str, Any]


def path_of(text: str) -> str:
    """Return the path of what may be a whole URL, without query and final slash."""
    path = urlsplit(text).path
    return path[:-1] if path.endswith("/") and path != "/" else path


def route_of(table: RouteTable, method: str, text: str) -> tuple[Route | None, str]:
    """Return the route that API Gateway would pick, and what to say of it."""
    path = path_of(text)
    if not path.startswith("/"):
        return None, "a path begins with a slash"
    found = route_paths.resolve(tuple(path[1:].split("/")), {route.segments for route in table})
    methods = {route.method: route for route in table if route.segments == found}
    route = methods.get(method)
    if route is None:
        others = f": it takes {', '.join(sorted(methods))}" if methods else ""
        return None, f"no route takes {method} {path}{others}"
    return route, f"{route} wants {_wants(route.guard)}"


def matching_line(policy_for: Callable[[str], Statement], method: str, text: str) -> tuple[bool, str]:
    """Return whether the policy opens a path, and by which of its lines: a Deny goes before an Allow."""
    from cupbearer.local_gateway import allows

    arn = f"{ARN}{method}{path_of(text)}"
    policy = policy_for(arn)
    matching = [
        (effect, pattern.removeprefix(ARN))
        for effect, pattern in _lines(policy)
        if allows({"Statement": [{"Effect": "Allow", "Resource": pattern}]}, arn)
    ]
    if not matching:
        return False, f"no line of it allows {method} {path_of(text)}"
    effect, pattern = min(matching, key=lambda line: line[0] == "Allow")
    return allows(policy, arn), f"{effect} {pattern}"


def _lines(policy: Statement) -> Iterator[tuple[str, str]]:
    for statement in policy["Statement"]:
        for pattern in statement["Resource"]:
            yield statement["Effect"], pattern


def _wants(guard: Guard) -> str:
    if guard.caller == "public":
        return "nothing: it is public"
    whose = "a person's own token" if guard.caller == "own" else "a token"
    if guard.scope is None:
        return whose
    return (
        f'{whose} with the scope "{guard.scope}"{" (the handler looks)" if guard.refused_in_handler else ""}'
    )
