"""Which routes exist and what each asks of its caller: the table that the gateway and the handlers obey."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from chalicelib import scopes
from chalicelib.authorizer import route_paths
from chalicelib.authorizer.route_paths import Segments
from chalicelib.value import Value

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
READING = ("GET", "HEAD")  # safe ones that a token is shown to (RFC 9110 section 9.2.1)

# API Gateway's limits for what an authorizer returns.
MAX_POLICY_BYTES = 8192
MAX_RESOURCE_CHARACTERS = 512

# "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abcdefghij/" is 65; the stage has the rest.
PREFIX_ROOM = 80
_SKELETON_BYTES = 256  # version, effects, actions and brackets of two statements
_QUOTES_BYTES = 4  # two quotes, a comma and a space

Caller = Literal["public", "token", "own"]


class RouteTableError(ValueError):
    """A table of routes that cannot be guarded as it says. It stops start-up with one sentence."""


class Guard(Value):
    """What a route asks of its caller.

    ``public`` nothing; ``token`` any accepted access token; ``own`` a token that we issued to our first-party
    client for a person. ``refused_in_handler`` leaves the scope to the handler, whose 403 can name it: the
    gateway then lets every such token through. ``in_person`` keeps operators out who see as a person sees.
    """

    caller: Caller
    scope: str | None = None
    refused_in_handler: bool = False
    in_person: bool = False

    def __post_init__(self) -> None:
        if self.scope is None:
            if self.refused_in_handler:
                raise RouteTableError("A guard without a scope has nothing to refuse in the handler.")
        elif self.caller == "public":
            raise RouteTableError(f"A public route cannot ask for the scope {self.scope!r}.")
        elif len(scopes.parse(self.scope)) != 1:
            raise RouteTableError(f"{self.scope!r} is not one scope.")

    @property
    def at_gateway(self) -> "Guard":
        """Return the part of the guard that the gateway's policy enforces."""
        return Guard(self.caller, in_person=self.in_person) if self.refused_in_handler else self


PUBLIC = Guard("public")
TOKEN = Guard("token")
OWN = Guard("own")


class Route(Value):
    """One method of one path, as ``GET /users/{user_id}``, and its guard."""

    method: str
    path: str
    guard: Guard

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def in_person(self) -> bool:
        """Return whether it takes the person, and no operator who sees as that person sees: whatever is no reading does."""
        return self.guard.in_person or self.method not in READING

    @property
    def segments(self) -> Segments:
        """Return the path in parts. Raises RouteTableError for what no policy can hold."""
        try:
            return route_paths.parse(self.path)
        except ValueError as error:
            raise RouteTableError(str(error)) from None

    @property
    def patterns(self) -> tuple[str, ...]:
        """Return the end of every ARN pattern that covers this route: ``GET/users/?*``."""
        return tuple(f"{self.method}/{text}" for text in route_paths.patterns(self.segments))


class RouteTable:
    """An immutable set of routes that a policy can keep apart. Raises RouteTableError where it cannot."""

    __slots__ = ("_reached_by", "_routes", "guarded", "scopes")

    guarded: tuple[Route, ...]
    scopes: scopes.Scopes

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(routes)
        self.guarded = tuple(route for route in self._routes if route.guard.caller != "public")
        self.scopes = frozenset(r.guard.at_gateway.scope for r in self.guarded if r.guard.at_gateway.scope)
        _refuse_doubles(self._routes)
        _refuse_two_names(self._routes)
        _refuse_oversize(self.guarded)
        self._reached_by = _reached_by(self.guarded, {route.segments for route in self._routes})
        _refuse_undivided(self._reached_by)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def __len__(self) -> int:
        return len(self._routes)

    def add(self, *routes: Route) -> "RouteTable":
        """Return a table that also has these routes. For start-up: a policy is made from one table only."""
        return RouteTable((*self._routes, *routes))

    def to_close(self, opened: Iterable[Route]) -> tuple[Route, ...]:
        """Return the routes that the wildcards of ``opened`` would open although they are not among them."""
        kept = frozenset(opened)
        return tuple(
            r for r, openers in self._reached_by.items() if r not in kept and not kept.isdisjoint(openers)
        )


def _refuse_doubles(routes: Iterable[Route]) -> None:
    seen: dict[tuple[str, Segments], Route] = {}
    for route in routes:
        if route.method not in METHODS:
            raise RouteTableError(f"{route}: the method must be one of {', '.join(METHODS)}.")
        first = seen.setdefault((route.method, route_paths.shape(route.segments)), route)
        if first is not route:
            raise RouteTableError(f"{first} and {route} are the same route to API Gateway.")


def _refuse_two_names(routes: Iterable[Route]) -> None:
    """API Gateway takes one name a place: not ``/users/{id}`` beside ``/users/{user_id}/keys``."""
    names: dict[Segments, str] = {}
    for route in routes:
        for place, segment in enumerate(route.segments):
            before = route_paths.shape(route.segments[:place])
            if route_paths.is_param(segment) and names.setdefault(before, segment) != segment:
                raise RouteTableError(f"{route}: {segment} is called {names[before]} in another route.")


def _refuse_oversize(guarded: Iterable[Route]) -> None:
    """Bound every policy at once: a token's policy has each route either allowed or denied, never both."""
    ends = [pattern for route in guarded for pattern in route.patterns]
    longest = max(ends, key=len, default="")
    if PREFIX_ROOM + len(longest) > MAX_RESOURCE_CHARACTERS:
        raise RouteTableError(
            f"{longest}: a resource of a policy has at most {MAX_RESOURCE_CHARACTERS} characters."
        )
    size = _SKELETON_BYTES + sum(PREFIX_ROOM + len(end) + _QUOTES_BYTES for end in ends)
    if size > MAX_POLICY_BYTES:
        raise RouteTableError(
            f"The widest token's policy could have {size} bytes and API Gateway takes {MAX_POLICY_BYTES}: "
            "guard fewer routes, or give them shorter paths."
        )


def _reached_by(guarded: tuple[Route, ...], resources: set[Segments]) -> Mapping[Route, frozenset[Route]]:
    """Return, for each guarded route, the others whose wildcard opens some path of it."""
    wild = [route for route in guarded if "{" in route.path]
    openers = {
        route: frozenset(
            other
            for other in wild
            if other is not route
            and other.method == route.method
            and route_paths.reaches(other.segments, route.segments, resources)
        )
        for route in guarded
    }
    return {route: others for route, others in openers.items() if others}


def _refuse_undivided(reached_by: Mapping[Route, frozenset[Route]]) -> None:
    """Refuse where denying one route to some token would also close a route which that token opens."""
    for denied, openers in reached_by.items():
        closed = [route for route, others in reached_by.items() if denied in others]
        for opener in openers:
            for victim in closed:
                if not _implies((opener, victim), denied):
                    raise RouteTableError(
                        f"{denied} and {victim} cannot be told apart in a policy: opening {opener} needs "
                        "the first denied, which closes the second. Give them one guard, or another path."
                    )


def _implies(held: tuple[Route, Route], asked: Route) -> bool:
    """Return whether every token that opens both held routes at the gateway also opens the asked one."""
    if asked.in_person and not any(route.in_person for route in held):
        return False
    by, want = [route.guard.at_gateway for route in held], asked.guard.at_gateway
    own = want.caller != "own" or any(guard.caller == "own" for guard in by)
    return own and (want.scope is None or any(guard.scope == want.scope for guard in by))
