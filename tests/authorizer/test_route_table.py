"""What a table of routes refuses to start on, and how routes overlap in the eyes of IAM."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.authorizer import route_paths
from chalicelib.authorizer.route_table import OWN, PUBLIC, TOKEN, Guard, Route, RouteTable, RouteTableError
from chalicelib.errors import Invalid
from tests.gateway import iam
from tests.gateway.tables import TABLES, routes

A, B = Guard("token", "a"), Guard("token", "b")


def table(*lines: tuple[str, Guard]) -> RouteTable:
    return RouteTable(route for line, guard in lines for route in routes(line, guard))


@pytest.mark.parametrize("name", TABLES)
def test_the_known_tables_start(name: str) -> None:
    known = TABLES[name]()
    assert known.guarded
    assert all(route.guard != PUBLIC for route in known.guarded)


@pytest.mark.parametrize("second", ["GET /cats", "GET /{x}", "GET /cats/{y}"])
def test_a_route_declared_twice_does_not_start(second: str) -> None:
    with pytest.raises(RouteTableError, match="same route"):
        table(("GET /cats", A), ("GET /{x}", A), ("GET /cats/{y}", A), (second, B))


def test_two_parameters_that_differ_only_in_name_are_one_route_to_the_gateway() -> None:
    with pytest.raises(RouteTableError, match="same route"):
        table(("GET /cats/{x}", A), ("GET /cats/{y}", B))


def test_one_place_has_one_parameter_name_as_api_gateway_demands() -> None:
    with pytest.raises(RouteTableError, match=r"\{y\} is called \{x\}"):
        table(("GET /cats/{x}", A), ("GET /cats/{y}/kittens", A))


@pytest.mark.parametrize("method", ["ANY", "*", "get", ""])
def test_only_explicit_methods_start(method: str) -> None:
    with pytest.raises(RouteTableError, match="method"):
        RouteTable([Route(method, "/cats", TOKEN)])


@pytest.mark.parametrize(
    "path",
    [
        "",
        "cats",
        "/cats/",
        "//",
        "/a*",
        "/*",
        "/a?",
        "/{proxy+}",
        "/a{x}",
        "/{x",
        "/{}",
        "/a/../b",
        "/.",
        "/é",
        "/$x",
        "/a b",
    ],
)
def test_a_path_that_would_mean_something_else_in_a_policy_does_not_start(path: str) -> None:
    with pytest.raises(RouteTableError, match="not a route path"):
        RouteTable([Route("GET", path, TOKEN)])


def test_a_route_that_only_a_harmful_deny_could_close_does_not_start() -> None:
    opener, denied, victim = ("GET /a/{x}", TOKEN), ("GET /a/{x}/{y}", A), ("GET /a/{x}/b/c", B)
    with pytest.raises(RouteTableError, match="cannot be told apart"):
        table(opener, denied, victim)


def test_the_same_paths_start_when_no_token_needs_the_deny() -> None:
    assert table(("GET /a/{x}", A), ("GET /a/{x}/{y}", A), ("GET /a/{x}/b/c", A))
    assert table(("GET /a/{x}", A), ("POST /a/{x}/{y}", B), ("GET /a/{x}/b/c", B))


def test_a_policy_that_could_outgrow_the_gateway_does_not_start() -> None:
    many = [Route("GET", f"/things/number-{n}", A) for n in range(60)]
    with pytest.raises(RouteTableError, match="8192"):
        RouteTable(many)


def test_public_routes_cost_no_room_in_a_policy() -> None:
    assert RouteTable(Route("GET", f"/things/number-{n}", PUBLIC) for n in range(200)).guarded == ()


def test_a_resource_over_512_characters_does_not_start() -> None:
    with pytest.raises(RouteTableError, match="512"):
        RouteTable([Route("GET", "/" + "x" * 440, TOKEN)])


@pytest.mark.parametrize("caller", ["token", "own"])
@pytest.mark.parametrize("scope", ["", "a b", " a"])
def test_a_guard_names_one_scope(caller: str, scope: str) -> None:
    with pytest.raises((RouteTableError, Invalid)):
        Guard(caller, scope)  # type: ignore[arg-type]


def test_contradictory_guards_do_not_start() -> None:
    with pytest.raises(RouteTableError, match="public"):
        Guard("public", "a")
    with pytest.raises(RouteTableError, match="without a scope"):
        Guard("token", refused_in_handler=True)


def test_a_scope_refused_in_the_handler_is_not_asked_for_at_the_gateway() -> None:
    assert Guard("own", "a", refused_in_handler=True).at_gateway == OWN
    assert A.at_gateway == A


def test_adding_makes_another_table_and_leaves_the_first_alone() -> None:
    first = table(("GET /cats", A))
    second = first.add(Route("GET", "/dogs", B))
    assert (len(first), len(second), second.scopes) == (1, 2, frozenset("ab"))
    with pytest.raises(RouteTableError):
        second.add(Route("GET", "/dogs", A))


SEGMENTS = st.lists(st.sampled_from(["a", "b", "{x}"]), min_size=1, max_size=3).map(tuple)
SMALL_WORLD = [path for n in range(1, 4) for path in product(("a", "b", "q"), repeat=n)]


@given(opener=SEGMENTS, target=SEGMENTS, others=st.frozensets(SEGMENTS, max_size=4))
def test_the_overlap_of_two_routes_is_found_exactly(
    opener: tuple[str, ...], target: tuple[str, ...], others: frozenset[tuple[str, ...]]
) -> None:
    resources = others | {opener, target}
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": iam.INVOKE, "Resource": list(route_paths.patterns(opener))}
        ],
    }
    seen = any(
        iam.allows(policy, "/".join(path) + slash)
        for path in SMALL_WORLD
        if route_paths.resolve(path, resources) == target
        for slash in ("", "/")
    )
    assert route_paths.reaches(opener, target, resources) == seen
