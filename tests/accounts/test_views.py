"""An operator sees as a person sees, for ten minutes, reading only (OV-1 to OV-7)."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import app
from chalicelib.authorizer.policy import policy_for
from chalicelib.authorizer.route_table import Route
from chalicelib.errors import Invalid, InvalidToken, NotAllowed
from chalicelib.jose import jws
from chalicelib.jose.claims import AccessClaims
from chalicelib.oauth.client_rules import Registration
from chalicelib.web import guard
from cupbearer.testing import SOURCE, AppUnderTest, Client
from tests.gateway import iam
from tests.gateway.cache import method_arn
from tests.support.overtaken import overtaken

OPERATES = ["users:read", "users:write", "pangolins", "get:profile"]
READING = (
    "/users/me",
    "/users/me/activity",
    "/users/me/consents",
    "/users/me/identities",
    "/users/me/factors",
    "/sessions",
)
GUARDED = [route for route in app.TABLE if route.guard.caller != "public"]
CLOSED = [
    route for route in GUARDED if route.method not in ("GET", "HEAD") or str(route) == "GET /users/me/data"
]


@pytest.fixture(params=["jwt", "opaque"])
def cupbearer_settings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    return {"CUPBEARER_ACCESS_TOKENS": request.param}


@pytest.fixture
def operator(client: Client) -> Client:
    return client.as_user(OPERATES, username="olga", name="Olga")


@pytest.fixture
def zoe(client: Client) -> Client:
    return client.as_user(["pangolins", "get:profile"], username="zoe")


def begun(operator: Client, person: Client) -> Any:
    return operator.post(f"/users/{person.user_id}/views", json={})


def view_of(operator: Client, person: Client) -> Client:
    answer = begun(operator, person)
    assert answer.status == 201, answer.json
    return Client(operator.under_test, access_token=answer.json["access_token"])


def claims_of(viewer: Client) -> AccessClaims:
    return viewer.services.tokens.bearer.verify(viewer.access_token or "")


def path_of(route: Route, person: Client) -> str:
    path = route.path.replace("{user_id}", person.user_id or "").replace(
        "{session_id}", person.session_id or ""
    )
    return re.sub(r"{\w+}", "x", path)


def test_a_view_shows_what_the_person_sees_for_ten_minutes(operator: Client, zoe: Client) -> None:
    """OV-1, RFC 8693 section 4.1: the person is the subject, the operator the actor; nothing prolongs it."""
    answer = begun(operator, zoe)
    assert (answer.status, answer.json["expires_in"], answer.json["user"]["username"]) == (201, 600, "zoe")
    assert "refresh_token" not in answer.json
    viewer = Client(operator.under_test, access_token=answer.json["access_token"])
    claims = claims_of(viewer)
    assert (claims.sub, claims.act, claims.auth_time, claims.amr) == (zoe.user_id, operator.user_id, None, ())
    for path in READING:
        seen, own = viewer.get(path), zoe.get(path)
        assert seen.status == 200, path
        if path != "/sessions":  # which of them asks is another
            assert seen.json == own.json, path
    assert [each["current"] for each in viewer.get("/sessions").json["sessions"]] == [False]


def test_each_route_that_changes_or_gives_a_copy_of_everything_refuses_it(
    operator: Client, zoe: Client
) -> None:
    """OV-2: the whole table of routes is walked, by two walls: the gateway's policy, and the handler's own look."""
    viewer = view_of(operator, zoe)
    claims = claims_of(viewer)
    rights = guard.rights(claims, viewer.services.tokens.bearer)
    policy = policy_for(rights, app.TABLE, method_arn=method_arn("GET", "/cats"))
    for route in CLOSED:
        path = path_of(route, zoe)
        assert not iam.allows(policy, method_arn(route.method, path)), str(route)
        with pytest.raises(NotAllowed) as refused:
            guard.admit(route, guard.claims_of(guard.context_of(claims)), viewer.services)
        assert refused.value.public_code == "reading_only", str(route)
        assert viewer.request(route.method, path, json={}).status == 403, str(route)
    assert len(CLOSED) > 20
    assert zoe.get("/users/me").status == 200


def test_it_opens_each_other_route_that_is_the_persons(operator: Client, zoe: Client) -> None:
    """OV-2: closed is what changes, and nothing else: what the person may read is read."""
    viewer = view_of(operator, zoe)
    for route in GUARDED:
        if route not in CLOSED:
            path = path_of(route, zoe)
            assert viewer.get(path).status == zoe.get(path).status, str(route)


def test_what_both_of_them_may_is_in_it_and_no_more(client: Client, zoe: Client) -> None:
    """OV-3: neither a right that the operator lacks nor one that the person lacks."""
    operator = client.as_user(["users:read", "users:write", "pangolins", "orders:write"])
    viewer = view_of(operator, zoe)
    assert claims_of(viewer).scope == {"pangolins"}
    assert viewer.get("/pangolins").status == 200
    assert (viewer.get("/profile").status, viewer.get("/users").status) == (403, 403)


@pytest.mark.parametrize("scopes", [["users:read"], ["users:write"], ["users:else"]])
def test_nobody_sees_as_another_operator_sees(client: Client, operator: Client, scopes: list[str]) -> None:
    """OV-4."""
    refused = begun(operator, client.as_user(scopes))
    assert (refused.status, refused.code) == (403, "operator_account")


def test_nor_as_oneself_nor_as_who_is_disabled_or_not_there(operator: Client, zoe: Client) -> None:
    """OV-4."""
    assert begun(operator, operator).code == "own_account"
    assert operator.post(f"/users/{'a' * 26}/views", json={}).status == 404
    operator.patch(f"/users/{zoe.user_id}", json={"disabled": True})
    assert begun(operator, zoe).code == "account_disabled"


def test_it_takes_a_person_who_may_change_accounts_by_the_own_log_in(
    client: Client, operator: Client, zoe: Client
) -> None:
    """OV-4: an actor is a person, named to another."""
    assert begun(client.as_user(["users:read"]), zoe).status == 403
    assert begun(client.as_machine(OPERATES), zoe).status == 403
    assert begun(operator.through_app(OPERATES), zoe).status == 403
    assert begun(view_of(operator, zoe), zoe).status == 403


def test_an_operator_who_has_a_second_factor_showed_it_within_the_hour(client: Client, zoe: Client) -> None:
    """OV-4, SC-4."""
    operator = client.as_user(OPERATES, second_factor=True)
    assert begun(operator, zoe).status == 201
    client.clock.advance(60 * 60 + 1)
    operator.refresh()
    refused = begun(operator, zoe)
    assert (refused.status, refused.code) == (403, "second_factor_required")
    shown = operator.post(f"/users/{zoe.user_id}/views", json=operator.second_factor())
    assert shown.status == 201
    assert begun(operator, zoe).status == 201


Act = Callable[[Client, Client], object]
ENDS: dict[str, Act] = {
    "the operator logs out": lambda operator, _: operator.delete("/sessions/current"),
    "the operator is disabled": lambda operator, _: changed(operator, operator, disabled=True),
    "the operator loses the scope": lambda operator, _: changed(
        operator, operator, granted=frozenset({"pangolins"})
    ),
    "the operator's password changes": lambda operator, _: (
        operator.services.accounts.administration.set_password(
            operator.user_id or "", new="two pangolins in the sun", source=SOURCE
        )
    ),
    "the person is disabled": lambda operator, zoe: changed(operator, zoe, disabled=True),
    "the person becomes an operator": lambda operator, zoe: changed(
        operator, zoe, granted=frozenset(OPERATES)
    ),
    "the person is gone": lambda operator, zoe: operator.services.accounts.administration.delete(
        zoe.user_id or "", source=SOURCE
    ),
    "ten minutes are over": lambda operator, _: operator.clock.advance(10 * 60 + 60),
}


def changed(operator: Client, whom: Client, **changes: Any) -> None:
    operator.services.accounts.administration.administer(whom.user_id or "", source=SOURCE, **changes)


@pytest.mark.parametrize("act", ENDS)
def test_it_ends_at_the_first_request_after(client: Client, operator: Client, zoe: Client, act: str) -> None:
    """OV-5, M8: also where a handler asks nothing of the account, and with a policy that the gateway kept."""
    client.as_user(OPERATES)  # another operator is left
    viewer = view_of(operator, zoe)
    assert viewer.get("/pangolins").status == 200
    kept = guard.context_of(claims_of(viewer))
    ENDS[act](operator, zoe)
    assert (viewer.get("/pangolins").status, viewer.get("/users/me").status) == (401, 401)
    pangolins = next(route for route in GUARDED if str(route) == "GET /pangolins")
    with pytest.raises(InvalidToken):
        guard.admit(pangolins, guard.claims_of(kept), viewer.services)


def test_the_person_is_told_who_looked_and_not_from_where(operator: Client, zoe: Client) -> None:
    """OV-6, MA-5; the trail has the operator's id."""
    zoe.clock.advance(1)
    view_of(operator, zoe)
    line = zoe.get("/users/me/activity").json["events"][0]
    assert (line["event"], line["says"]) == ("account_viewed", "An operator, Olga, looked at your account")
    assert (line["actor"], line["ip"], line["user_agent"]) == ("operator", None, "")
    (event, *_), _ = zoe.services.audit.of(zoe.user_id or "")
    assert (event.actor, event.target) == (operator.user_id, zoe.user_id)


def test_an_operator_who_was_stripped_meanwhile_begins_none(
    cupbearer: AppUnderTest, client: Client, operator: Client, zoe: Client
) -> None:
    """OV-5, ST-2: what was read is demanded in the commit that names the operator."""
    client.as_user(OPERATES)
    acting = cupbearer.services.authentication.sessions.require_live(
        operator.user_id or "", operator.session_id or ""
    )
    services = overtaken(cupbearer.services, lambda: changed(operator, operator, granted=frozenset()))
    with pytest.raises(InvalidToken):
        services.accounts.views.begin(acting, zoe.user_id or "", source=SOURCE)
    events, _ = cupbearer.services.audit.of(zoe.user_id or "")
    assert "account_viewed" not in {event.event for event in events}


def test_nothing_is_proven_in_it(operator: Client, zoe: Client) -> None:
    """OV-2, MF-3: a third wall: where a guard forgot itself, what asks for a fresh proof finds none."""
    acting = operator.services.accounts.self_service.acting(claims_of(view_of(operator, zoe)))
    with pytest.raises(Invalid) as refused:
        operator.services.accounts.own_data.of(acting, source=SOURCE)
    assert refused.value.errors == {"password": "is required"}


def test_no_other_api_takes_it(cupbearer: AppUnderTest, operator: Client, zoe: Client) -> None:
    """OV-7: who verifies our tokens elsewhere does not know that this one changes nothing."""
    services, viewer = cupbearer.services, view_of(operator, zoe)
    text = viewer.access_token or ""
    if services.settings.access_tokens == "jwt":
        assert jws.parse(text).payload["aud"] != services.settings.audience
    server = Registration(name="orders", resource_server=True)
    client, _ = services.oauth.clients.create(server, source=SOURCE)
    assert services.oauth.inspection.introspect(operator.access_token or "", client)["active"] is True
    assert services.oauth.inspection.introspect(text, client) == {"active": False}
    with pytest.raises(InvalidToken):
        services.tokens.for_any_api.verify(text)


@pytest.mark.parametrize("kind", ["view", "person"])
def test_an_outside_api_behind_our_authorizer_does_not_let_it_in(
    cupbearer: AppUnderTest, operator: Client, zoe: Client, kind: str
) -> None:
    """OV-7: the routes of such an API are not ours to close."""
    arn = "arn:aws:execute-api:eu-central-1:123456789012:other1/live/GET/orders"
    shown = view_of(operator, zoe) if kind == "view" else zoe
    event = {"authorizationToken": f"Bearer {shown.access_token}", "methodArn": arn}
    object.__setattr__(cupbearer.services.settings, "outside_apis", ("other1",))
    if kind == "person":
        assert iam.allows(guard.authorize(event, cupbearer.services, app.TABLE)["policyDocument"], arn)
        return
    with pytest.raises(InvalidToken) as refused:
        guard.authorize(event, cupbearer.services, app.TABLE)
    assert refused.value.reason.startswith("it is an operator's view")
