"""AZ-1, AZ-2: the policy says what the route table's gateway column says, for every token and every path."""

import json
from collections.abc import Iterator
from itertools import chain, combinations, permutations
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.authorizer.policy import Rights, opens, policy_for
from chalicelib.authorizer.route_table import (
    MAX_POLICY_BYTES,
    METHODS,
    OWN,
    PUBLIC,
    TOKEN,
    Guard,
    Route,
    RouteTable,
    RouteTableError,
)
from tests.conftest import Clock
from tests.gateway import iam
from tests.gateway.cache import STAGE_ARN, CachingGateway, method_arn
from tests.gateway.router import Router
from tests.gateway.tables import TABLES, design_table

VALUES = (
    *(
        "u1",
        "me",
        "ME",
        "Me",
        "me.",
        "melanie",
        "current",
        "sessions",
        "activity",
        "a:b",
        "~",
        "$",
        "é",
        "{user_id}",
    ),
    *(
        ".",
        "..",
        "...",
        "*",
        "?",
        "?*",
        "**",
        "m*",
        "m?",
        "%2F",
        "a%2Fb",
        "me%2Factivity",
        "..%2Fme",
        "%6De",
        "me%00",
    ),
    "me;x=1",
)
TAILS = (
    "",
    "/",
    "//",
    "/sessions",
    "/x/y",
    "/.",
    "/..",
    "/../me",
    "/*",
    "/?",
    "%2F",
    ";a",
    ".json",
    "/me/activity",
)


@pytest.fixture(params=TABLES)
def table(request: pytest.FixtureRequest) -> RouteTable:
    return TABLES[request.param]()


def every_rights(table: RouteTable) -> Iterator[Rights]:
    named = sorted(table.scopes | {r.guard.scope for r in table.guarded if r.guard.scope})
    subsets = chain.from_iterable(combinations(named, n) for n in range(len(named) + 1))
    return (Rights(own=own, scope=frozenset(scope)) for scope in subsets for own in (False, True))


def every_path(table: RouteTable, values: tuple[str, ...] = VALUES) -> set[str]:
    plain = {"/" + "/".join(part) for route in table for part in filled(route, values)}
    mutated = {path + tail for path in plain for tail in TAILS}
    return mutated | {path.upper() for path in plain} | {path.replace("/", "//") for path in plain}


def filled(route: Route, values: tuple[str, ...]) -> Iterator[list[str]]:
    segments = route.path[1:].split("/")
    return ([value if part.startswith("{") else part for part in segments] for value in values)


def gateway_column(rights: Rights, guard: Guard) -> bool:
    """The rule said a second time, in other words, so that the policy is not its own yardstick."""
    needs = {"own"} if guard.caller == "own" else set()
    if guard.scope and not guard.refused_in_handler:
        needs.add(f"scope {guard.scope}")
    return needs <= {f"scope {scope}" for scope in rights.scope} | ({"own"} if rights.own else set())


def assert_the_policy_is_the_table(table: RouteTable, paths: set[str]) -> int:
    router = Router(table)
    hits = {(m, p): found for m in METHODS for p in paths if (found := router.route(m, p))}
    guarded = {key: found for key, found in hits.items() if found.guard.caller != "public"}
    for rights in every_rights(table):
        policy = policy_for(rights, table, method_arn=method_arn("GET", "/cats"))
        wrong = [
            f"{method} {path} as {route}"
            for (method, path), route in guarded.items()
            if iam.allows(policy, method_arn(method, path)) != gateway_column(rights, route.guard)
        ]
        assert not wrong, (rights, wrong[:5])
    return len(guarded)


def test_for_every_set_of_rights_and_every_path_the_policy_says_what_the_table_says(
    table: RouteTable,
) -> None:
    """AZ-1, AZ-7: hostile paths included; exactly, so neither an open door nor a closed one too many."""
    assert assert_the_policy_is_the_table(table, every_path(table)) > 500


@pytest.mark.parametrize(
    "scope", [frozenset[str](), frozenset({"pangolins", "get:profile"})], ids=["none", "some"]
)
def test_of_an_operator_who_sees_as_a_person_sees_the_policy_lets_nothing_but_reading_through(
    table: RouteTable, scope: frozenset[str]
) -> None:
    """OV-2, AZ-1: on hostile paths too; and a GET that wants the person is none that is let through."""
    router, rights = Router(table), Rights(own=True, scope=scope, reads_only=True)
    policy = policy_for(rights, table, method_arn=method_arn("GET", "/cats"))
    of_person = policy_for(Rights(own=True, scope=scope), table, method_arn=method_arn("GET", "/cats"))
    for path in every_path(table):
        for method in METHODS:
            route = router.route(method, path)
            if route is None or route.guard.caller == "public":
                continue
            reads = method in ("GET", "HEAD") and not route.guard.in_person
            arn = method_arn(method, path)
            assert iam.allows(policy, arn) == (reads and iam.allows(of_person, arn)), str(route)


GUARDS = st.sampled_from(
    [PUBLIC, TOKEN, OWN, Guard("token", "a"), Guard("own", "a"), Guard("token", "b", True)]
)
PATHS = st.lists(st.sampled_from(["me", "a", "{x}"]), min_size=1, max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)
ROUTES = st.lists(st.builds(Route, st.sampled_from(["GET", "POST"]), PATHS, GUARDS), min_size=2, max_size=8)


@settings(max_examples=150, deadline=None)
@given(ROUTES)
def test_the_same_holds_for_any_table_that_starts(routes: list[Route]) -> None:
    try:
        table = RouteTable(routes)
    except RouteTableError:
        assume(False)
    assert_the_policy_is_the_table(table, every_path(table, ("me", "a", "u1", "me%2Fa", "*")))


def test_the_requested_route_leaves_no_trace_in_the_policy() -> None:
    """AZ-1: nor does anything else behind the stage, however hostile (AZ-2)."""
    table, rights = design_table(), Rights(own=True, scope=frozenset({"users:read"}))
    asked = [
        "GET/users/me",
        "DELETE/sessions",
        "GET/users/*",
        "POST/${aws:username}",
        'GET/"],"x":["*',
        "GET/a\nb",
        "GET/",
    ]
    policies = [policy_for(rights, table, method_arn=f"{STAGE_ARN}/{path}") for path in asked]
    assert all(policy == policies[0] for policy in policies)


API = "arn:aws:execute-api:eu-central-1:123456789012:"
MALFORMED = [
    "",
    "*",
    "arn:aws:execute-api:*:*:*",
    API + "abc",
    API + "abc/api",
    API + "*/api/GET/x",
    API + "abc/*/GET/x",
]
MALFORMED += [
    API + "a?c/api/GET/x",
    API + "abc/api/*/x",
    API + "abc/" + "s" * 90 + "/GET/x",
    " " + API + "abc/api/GET/x",
]
MALFORMED += [
    API.replace(*change) + "abc/api/GET/x"
    for change in (("execute-api", "lambda"), ("eu", "?"), ("12:", "1²:"))
]


@pytest.mark.parametrize("arn", MALFORMED)
def test_a_malformed_method_arn_makes_no_policy(arn: str) -> None:
    with pytest.raises(ValueError, match="methodArn"):
        policy_for(Rights(own=True), design_table(), method_arn=arn)


@pytest.mark.parametrize(
    "stage",
    ["arn:aws:execute-api:mars-west-1:123456789012:ymy8tbxw7b/api",
     "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abcdefghij/production",
     "arn:aws-cn:execute-api:cn-north-1:123456789012:abcdefghij/dev_2"],
)  # fmt: skip
def test_every_partition_and_the_local_server_have_their_own_prefix(stage: str) -> None:
    policy = policy_for(Rights(own=True), design_table(), method_arn=f"{stage}/GET/")
    assert all(
        entry.startswith(f"{stage}/") for statement in policy["Statement"] for entry in statement["Resource"]
    )


def test_a_token_that_opens_nothing_is_denied_everything_by_name() -> None:
    table = RouteTable([Route("GET", "/cats", Guard("token", "cats"))])
    assert policy_for(Rights(own=True), table, method_arn=method_arn("GET", "/cats"))["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": [f"{STAGE_ARN}/*"]}
    ]


@pytest.mark.parametrize(
    "scope", ["*", "?", "users:*", "USERS:READ", "users:rea", "users", "../users", "own", "GET/users"]
)
def test_a_scope_that_names_no_route_adds_nothing(scope: str) -> None:
    """SC-1, AZ-2: near misses and wildcards in a scope are just other scopes."""
    table, arn = design_table(), method_arn("GET", "/cats")
    with_it = Rights(own=False, scope=frozenset({scope, "pangolins"}))
    without = Rights(own=False, scope=frozenset({"pangolins"}))
    assert policy_for(with_it, table, method_arn=arn) == policy_for(without, table, method_arn=arn)


def test_every_statement_is_explicit_and_its_resources_are_a_list(table: RouteTable) -> None:
    for rights in every_rights(table):
        policy = policy_for(rights, table, method_arn=method_arn("GET", "/cats"))
        assert len(json.dumps(policy)) <= MAX_POLICY_BYTES
        for statement in policy["Statement"]:
            assert statement["Action"] == "execute-api:Invoke"
            assert isinstance(statement["Resource"], list)
            ends = [entry.removeprefix(f"{STAGE_ARN}/") for entry in statement["Resource"]]
            if statement["Effect"] == "Allow":
                assert all(end.split("/")[0] in METHODS for end in ends), ends
                assert not any(end.split("/", 1)[1].startswith("*") for end in ends), ends


def test_a_policy_in_hand_can_be_changed_without_changing_the_next_one() -> None:
    table, rights, arn = design_table(), Rights(own=True), method_arn("GET", "/cats")
    first = policy_for(rights, table, method_arn=arn)
    first["Statement"][0]["Resource"].append("*")
    assert "*" not in policy_for(rights, table, method_arn=arn)["Statement"][0]["Resource"]


def test_the_rule_has_one_doorway() -> None:
    """AZ-3: no token opens only the public; the handler asks the whole guard, the gateway its part."""
    profile = Guard("token", "get:profile", refused_in_handler=True)
    stranger, person = Rights(own=False), Rights(own=True, scope=frozenset({"get:profile"}))
    assert [opens(None, guard) for guard in (PUBLIC, TOKEN, OWN, profile)] == [True, False, False, False]
    assert [opens(stranger, guard) for guard in (PUBLIC, TOKEN, OWN, profile)] == [True, True, False, False]
    assert [opens(person, guard) for guard in (PUBLIC, TOKEN, OWN, profile)] == [True, True, True, True]
    assert opens(stranger, profile.at_gateway)


TOKENS = {
    "own": Rights(own=True, scope=frozenset({"get:profile"})),
    "operator": Rights(own=True, scope=frozenset({"users:read", "users:write"})),
    "machine": Rights(own=False, scope=frozenset({"users:read", "pangolins"})),
    "nothing": Rights(own=False),
}


def gateway(clock: Clock, ttl: float = 300) -> CachingGateway:
    table = design_table()

    def authorizer(event: dict[str, str]) -> dict[str, Any]:
        token = event["authorizationToken"]
        if token not in TOKENS:
            raise PermissionError("Unauthorized" if token != "trouble" else "the store is away")
        policy = policy_for(TOKENS[token], table, method_arn=event["methodArn"])
        return {"principalId": token, "policyDocument": policy, "context": {"sub": token}}

    return CachingGateway(Router(table), authorizer, ttl, clock)


ASKED = [
    "GET /users/me",
    "GET /users/u1",
    "DELETE /sessions/s1",
    "GET /profile",
    "GET /pangolins",
    "DELETE /users/me/consents/x",
]


def asked_for(line: str) -> tuple[str, str]:
    method, path = line.split()
    return method, path


@pytest.mark.parametrize("token", TOKENS)
def test_within_the_ttl_the_order_of_calls_changes_no_answer(token: str, clock: Clock) -> None:
    """AZ-1: A then B, B then A, every order of six routes and methods, one authorizer run each."""
    alone = {line: gateway(clock, ttl=0).call(*asked_for(line), token).status for line in ASKED}
    for order in permutations(ASKED):
        one = gateway(clock)
        outcomes = {line: one.call(*asked_for(line), token) for line in order}
        assert {line: outcome.status for line, outcome in outcomes.items()} == alone
        assert sum(outcome.asked for outcome in outcomes.values()) == 1


def test_tokens_do_not_share_a_cached_policy_and_it_dies_with_its_ttl(clock: Clock) -> None:
    one = gateway(clock)
    statuses = [one.call("GET", "/users/me", token).status for token in ("own", "machine", "own", "nothing")]
    assert statuses == [200, 403, 200, 403]
    clock.advance(299)
    assert not one.call("GET", "/users/me", "own").asked
    clock.advance(1)
    assert one.call("GET", "/users/me", "own").asked


def test_trouble_and_refusals_are_never_cached(clock: Clock) -> None:
    """AZ-5: a refused token is 401 and an authorizer in trouble is a server error; neither is kept."""
    one = gateway(clock)
    assert [one.call("GET", "/users/me", t).status for t in ("forged", "trouble", "trouble", None)] == [
        401,
        500,
        500,
        401,
    ]
    assert one.kept == {}
