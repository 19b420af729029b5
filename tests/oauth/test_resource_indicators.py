"""Tokens for the APIs of others (RFC 8707): each opens the API that it was asked for, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlencode

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.client import DEVICE_CODE
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.resources import ResourceChanges
from chalicelib.store import Key, Record, Store
from chalicelib.world import SYSTEM, World
from tests.conftest import Clock
from tests.oauth.apis import ORDERS, SCOPES, STOCK, aud, register, tokens_for
from tests.oauth.server import ISSUER, SOURCE, App, Browser, Server, open_server, payload_of, services
from tests.oauth.test_devices import poll
from tests.store.places import DynamoPlace

MACHINE = {"redirect_uris": (), "post_logout_redirect_uris": ()}
HELD = "get:profile pangolins orders:read orders:write stock:read"


@pytest.fixture
def server(store: Store, world: World, tmp_path: Path) -> Iterator[Server]:
    with open_server(services(store, world, tmp_path)) as server:
        register(server)
        yield server


@pytest.fixture
def zoe(server: Server) -> LogInResult:
    return server.person("zoe", name="Zoë", granted=HELD)


@pytest.fixture
def shop(server: Server) -> App:
    return server.client(scopes=SCOPES)


@pytest.fixture
def machine(server: Server) -> App:
    return server.client(**MACHINE, name="nightly", scopes="pangolins orders:read stock:read")


def test_a_token_is_for_the_api_that_was_asked_for_and_carries_its_scopes_alone(
    shop: App, browser: Browser
) -> None:
    """RI-2, RI-4: what OpenID Connect names is in the ID token and has no meaning at the API."""
    tokens = tokens_for(shop, browser, ORDERS, scope="openid profile orders:read stock:read pangolins")
    claims = payload_of(tokens["access_token"])
    assert (claims["aud"], claims["scope"], tokens["scope"]) == (ORDERS, "orders:read", "orders:read")
    assert payload_of(tokens["id_token"])["aud"] == shop.client_id


def test_several_apis_are_one_token_for_all_of_them(shop: App, browser: Browser) -> None:
    """RI-3."""
    tokens = tokens_for(shop, browser, ORDERS, STOCK, scope="orders:read stock:read")
    assert sorted(aud(tokens)) == [ORDERS, STOCK]
    assert tokens["scope"] == "orders:read stock:read"


def test_without_a_resource_it_is_our_own_as_ever(shop: App, browser: Browser) -> None:
    """RI-5."""
    tokens = tokens_for(shop, browser)
    assert aud(tokens) == ISSUER
    assert aud(shop.refresh(tokens["refresh_token"]).json) == ISSUER


def test_our_own_api_may_be_named_too(shop: App, browser: Browser) -> None:
    assert aud(tokens_for(shop, browser, ISSUER)) == ISSUER
    assert aud(tokens_for(shop, browser, resource=ISSUER)) == ISSUER


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("https://unknown.example.com", "invalid_target"),
        ("orders.example.com", "invalid_target"),
        ("/orders", "invalid_target"),
        (f"{ORDERS}%23part", "invalid_target"),
        (f"{ORDERS}/", None),
        ("https://ORDERS.example.com:443", None),
        (f"{ORDERS}/v1", "invalid_target"),
        (f"{ORDERS} {STOCK}", "invalid_target"),
        ("https://stock.example.com/v2/", "invalid_target"),
        (f"{ORDERS}&resource={ISSUER}", "invalid_target"),
        (f"{ORDERS}&resource={ORDERS}/", None),
        (STOCK, "invalid_scope"),
    ],
)
def test_what_is_no_api_of_ours_is_refused_at_the_authorization_endpoint(
    shop: App, browser: Browser, resource: str, error: str | None
) -> None:
    """RI-1, RI-6: absolute, without a fragment, registered; our own API stands alone."""
    browser.log_in()
    reply = browser.go(shop.authorize_url(scope="openid orders:read") + f"&resource={resource}")
    if error is None:
        assert "Orders" in reply.text
    else:
        assert reply.parameters["error"] == error, reply.location
        assert reply.parameters["state"] == "the state"


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("https://unknown.example.com", "invalid_target"),
        ("orders", "invalid_target"),
        (f"{ORDERS}#x", "invalid_target"),
    ],
)
def test_and_at_the_endpoints_of_programs(machine: App, server: Server, resource: str, error: str) -> None:
    """RI-6."""
    assert machine.token(grant_type="client_credentials", resource=resource).error == error
    tv = server.client(**MACHINE, public=True, grants=(DEVICE_CODE,), scopes=SCOPES)
    assert tv.post("/oauth/device_authorization", resource=resource).error == error


def test_a_client_without_a_scope_of_an_api_may_not_ask_for_it(server: Server, browser: Browser) -> None:
    """RI-7: which client may ask for which API follows from its registered scopes."""
    plain = server.client()
    reply = browser.go(plain.authorize_url() + f"&resource={ORDERS}")
    assert reply.parameters["error"] == "invalid_target"
    job = server.client(**MACHINE, name="job", scopes="pangolins")
    assert job.token(grant_type="client_credentials", resource=ORDERS).error == "invalid_target"


def test_a_refresh_keeps_the_apis_and_may_narrow_them(shop: App, browser: Browser) -> None:
    """RI-8: narrowed once, the next refresh is for all of them again."""
    tokens = tokens_for(
        shop, browser, ORDERS, STOCK, scope="orders:read orders:write stock:read offline_access"
    )
    for asked, audience, scope in (
        ({}, [ORDERS, STOCK], "orders:read orders:write stock:read"),
        ({"resource": STOCK}, STOCK, "stock:read"),
        ({"resource": ORDERS, "scope": "orders:read"}, ORDERS, "orders:read"),
        ({}, [ORDERS, STOCK], "orders:read orders:write stock:read"),
    ):
        answer = shop.refresh(tokens["refresh_token"], **asked)
        assert answer.status == 200, answer.text
        tokens = answer.json
        assert (aud(tokens), tokens["scope"]) == (audience, scope)


def test_a_refresh_never_widens_and_leaves_the_token_unspent(shop: App, browser: Browser) -> None:
    """RI-8: neither to another API nor to our own."""
    tokens = tokens_for(shop, browser, ORDERS)
    for resource in (STOCK, ISSUER, "https://unknown.example.com"):
        assert shop.refresh(tokens["refresh_token"], resource=resource).error == "invalid_target"
    assert aud(shop.refresh(tokens["refresh_token"]).json) == ORDERS


def test_a_resource_smuggled_into_the_token_request_gives_nothing_and_spends_nothing(
    shop: App, browser: Browser
) -> None:
    """RI-9: what the person was not asked about is not given."""
    code = shop.code(browser, scope="openid orders:read")
    assert shop.redeem(code, resource=ORDERS).error == "invalid_target"
    assert aud(shop.redeem(code, resource=ISSUER).json) == ISSUER


def test_a_code_may_be_redeemed_for_some_of_its_apis(shop: App, browser: Browser) -> None:
    tokens = tokens_for(shop, browser, ORDERS, STOCK, scope="orders:read stock:read", resource=STOCK)
    assert (aud(tokens), tokens["scope"]) == (STOCK, "stock:read")
    assert aud(shop.refresh(tokens["refresh_token"]).json) == [ORDERS, STOCK]


def test_a_machine_gets_a_token_for_an_api(machine: App) -> None:
    """RI-10."""
    tokens = machine.token(grant_type="client_credentials", resource=ORDERS).json
    assert (aud(tokens), tokens["scope"]) == (ORDERS, "orders:read")
    assert (
        machine.token(grant_type="client_credentials", resource=ORDERS, scope="stock:read").error
        == "invalid_scope"
    )


def test_resource_may_be_repeated_in_a_form_and_nothing_else(machine: App, server: Server) -> None:
    """RI-3, OP-5."""
    both = [("grant_type", "client_credentials"), ("resource", ORDERS), ("resource", STOCK)]
    who = [("client_id", machine.client_id), ("client_secret", machine.secret or "")]
    assert aud(server.ask("POST", "/oauth/token", form=both + who).json) == [ORDERS, STOCK]
    twice = server.ask(
        "POST", "/oauth/token", form=[*both, *who, ("scope", "orders:read"), ("scope", "stock:read")]
    )
    assert twice.error == "invalid_request"


def test_a_device_gets_tokens_for_an_api_and_the_person_is_told_which(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    """RI-10."""
    tv = server.client(
        **MACHINE, name="TV", public=True, grants=(DEVICE_CODE, "refresh_token"), scopes=SCOPES
    )
    begun = tv.post("/oauth/device_authorization", scope="openid orders:read", resource=ORDERS).json
    page = browser.log_in(browser.go(begun["verification_uri_complete"]))
    page = browser.send("/device", page.form)
    assert "orders.example.com" in page.text
    assert "Read your orders" in page.text
    browser.send("/device", {**page.form, "decision": "allow"})
    tokens = poll(tv, begun).json
    assert (aud(tokens), tokens["scope"]) == (ORDERS, "orders:read")
    assert aud(tv.refresh(tokens["refresh_token"]).json) == ORDERS


def test_the_page_names_the_api_its_host_and_what_is_wanted_there_in_its_own_words(
    shop: App, browser: Browser
) -> None:
    """RI-11."""
    browser.log_in()
    page = browser.go(shop.authorize_url(scope="openid orders:read") + f"&resource={ORDERS}")
    assert "At Orders" in page.text
    assert "orders.example.com" in page.text
    assert "Read your orders" in page.text
    assert "know that it is you" in page.text
    assert "Place orders" not in page.text


def test_one_apis_consent_is_not_anothers(shop: App, browser: Browser, server: Server) -> None:
    """RI-11: nor is that of our own, though the scope is called the same."""
    server.services.oauth.resources.update(
        STOCK, ResourceChanges(scopes={"orders:read": "See what was ordered"})
    )
    tokens_for(shop, browser, ORDERS)
    asked = [
        'value="allow"' in browser.go(shop.authorize_url(scope="openid orders:read") + resource).text
        for resource in (
            f"&resource={ORDERS}",
            f"&resource={STOCK}",
            "",
            f"&resource={ORDERS}&resource={STOCK}",
        )
    ]
    assert asked == [False, True, True, True]


def test_consent_at_our_own_opens_no_other_api(shop: App, browser: Browser) -> None:
    """RI-11."""
    shop.code(browser, scope="openid orders:read")
    page = browser.go(shop.authorize_url(scope="openid orders:read") + f"&resource={ORDERS}")
    assert 'value="allow"' in page.text


def test_a_withdrawn_consent_ends_the_tokens_of_every_api(
    shop: App, browser: Browser, server: Server, zoe: LogInResult
) -> None:
    """M8."""
    tokens = tokens_for(shop, browser, ORDERS)
    server.services.oauth.consents.withdraw(zoe.user.user_id, shop.client_id, source=SOURCE)
    assert shop.refresh(tokens["refresh_token"]).json["reason"] == "revoked"


def test_an_api_that_is_removed_gets_no_more_tokens(
    shop: App, browser: Browser, machine: App, server: Server
) -> None:
    """RI-6: and one that drops a scope gets tokens without it."""
    tokens = tokens_for(shop, browser, ORDERS, scope="orders:read orders:write")
    resources = server.services.oauth.resources
    resources.update(ORDERS, ResourceChanges(without=frozenset({"orders:write"})))
    tokens = shop.refresh(tokens["refresh_token"]).json
    assert tokens["scope"] == "orders:read"
    resources.delete(ORDERS)
    assert shop.refresh(tokens["refresh_token"]).error == "invalid_target"
    assert machine.token(grant_type="client_credentials", resource=ORDERS).error == "invalid_target"


def test_what_the_person_may_not_give_is_not_in_the_token(server: Server, shop: App) -> None:
    """SC-2: and an API of which nothing is left is left out."""
    server.person("amy", granted="orders:read")
    browser = server.browser()
    browser.log_in(username="amy")
    tokens = tokens_for(shop, browser, ORDERS, STOCK, scope="orders:read orders:write stock:read")
    assert (aud(tokens), tokens["scope"]) == (ORDERS, "orders:read")
    reply = browser.go(shop.authorize_url(scope="openid stock:read") + f"&resource={STOCK}")
    assert reply.parameters["error"] == "invalid_scope"


@pytest.mark.parametrize("mode", ["jwt", "opaque"])
def test_a_token_for_another_api_opens_none_of_our_routes(
    store: Store, world: World, tmp_path: Path, mode: str
) -> None:
    """RI-12: though the scope that guards the route is in it; userinfo neither."""
    with open_server(services(store, world, tmp_path, ACCESS_TOKENS=mode)) as server:
        register(server)
        server.services.oauth.resources.update(
            ORDERS, ResourceChanges(scopes={"pangolins": "See your pangolins"})
        )
        server.person("zoe", granted=HELD)
        shop = server.client(scopes=f"{SCOPES} pangolins")
        there = tokens_for(shop, server.browser(), ORDERS, scope="openid profile pangolins")
        here = tokens_for(shop, server.browser(), scope="openid profile pangolins")
        for path in ("/pangolins", "/profile", "/oauth/userinfo", "/users/me"):
            opened, refused = (
                server.ask("GET", path, headers={"Authorization": f"Bearer {tokens['access_token']}"}).status
                for tokens in (here, there)
            )
            assert (path, refused) == (path, 401)
            assert opened in (200, 403)
        machine = server.client(**MACHINE, name="job", scopes="pangolins")
        token = machine.token(grant_type="client_credentials", resource=ORDERS).json["access_token"]
        assert server.ask("GET", "/pangolins", headers={"Authorization": f"Bearer {token}"}).status == 401


@pytest.mark.parametrize("mode", ["jwt", "opaque"])
def test_a_resource_server_sees_the_tokens_of_its_api_and_no_others(
    store: Store, world: World, tmp_path: Path, mode: str
) -> None:
    """RI-13."""
    with open_server(services(store, world, tmp_path, ACCESS_TOKENS=mode)) as server:
        register(server)
        server.person("zoe", granted=HELD)
        shop, browser = server.client(scopes=SCOPES), server.browser()
        tokens = {
            ORDERS: tokens_for(shop, browser, ORDERS),
            STOCK: tokens_for(shop, browser, STOCK, scope="stock:read"),
            ISSUER: tokens_for(shop, browser, scope="openid orders:read"),
        }
        guards = {
            ORDERS: server.client(
                **MACHINE, resource_server=True, options=ClientOptions(resources=(f"{ORDERS}/",))
            ),
            STOCK: server.client(**MACHINE, resource_server=True, options=ClientOptions(resources=(STOCK,))),
            ISSUER: server.client(**MACHINE, resource_server=True),
        }
        for api, guard in guards.items():
            for other, issued in tokens.items():
                seen = guard.post("/oauth/introspect", token=issued["access_token"]).json
                assert seen["active"] == (api == other), (api, other)
                if seen["active"]:
                    assert (seen["aud"], seen["scope"]) == (api, issued["scope"])
        server.services.oauth.resources.delete(ORDERS)
        assert (
            not guards[ORDERS].post("/oauth/introspect", token=tokens[ORDERS]["access_token"]).json["active"]
        )
        assert shop.post("/oauth/revoke", token=tokens[STOCK]["access_token"]).status == 200
        assert not guards[STOCK].post("/oauth/introspect", token=tokens[STOCK]["access_token"]).json["active"]


def test_whoever_asks_for_no_api_pays_for_none(server: Server, shop: App, browser: Browser) -> None:
    """RI-5: the whole way of a code and a refresh reads no resource."""
    asked: list[Key] = []
    store = server.services.store
    get = store.get

    def watched(*keys: Key) -> tuple[Record | None, ...]:
        asked.extend(keys)
        return get(*keys)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "get", watched)
        tokens = tokens_for(shop, browser)
        assert shop.refresh(tokens["refresh_token"]).status == 200
    assert asked
    assert "resources" not in {key.partition for key in asked}


def test_a_pushed_request_asks_for_apis_too(shop: App, browser: Browser) -> None:
    """RI-6, RI-10: and is refused where it is pushed, so no browser has to come."""
    wanted = {**shop.request(scope="openid orders:read"), "resource": ORDERS}
    assert shop.post("/oauth/par", **wanted | {"resource": f"{ORDERS}/v1"}).error == "invalid_target"
    pushed = shop.post("/oauth/par", **wanted)
    assert pushed.status == 201, pushed.text
    query = urlencode({"client_id": shop.client_id, "request_uri": pushed.json["request_uri"]})
    page = browser.log_in(browser.go(f"/oauth/authorize?{query}"))
    assert "At Orders" in page.text
    code = browser.consent(page).parameters["code"]
    assert aud(shop.redeem(code).json) == ORDERS


def test_five_apis_are_the_most_of_one_request(machine: App, server: Server) -> None:
    """RI-3: a token names them all."""
    many = [("resource", f"{ORDERS}/{number}") for number in range(6)]
    who = [("client_id", machine.client_id), ("client_secret", machine.secret or "")]
    refused = server.ask("POST", "/oauth/token", form=[("grant_type", "client_credentials"), *many, *who])
    assert (refused.error, "At most 5" in refused.json["error_description"]) == ("invalid_target", True)


def test_a_decision_is_none_on_other_apis_than_the_page_showed(
    shop: App, browser: Browser, server: Server
) -> None:
    """RI-11, OP-7: here one of two drops the scope between the page and the decision."""
    resources = server.services.oauth.resources
    resources.update(STOCK, ResourceChanges(scopes={"orders:read": "See what was ordered"}))
    browser.log_in()
    url = shop.authorize_url(scope="openid orders:read") + f"&resource={ORDERS}&resource={STOCK}"
    page = browser.go(url)
    assert page.text.count("At ") == 2
    resources.update(STOCK, ResourceChanges(without=frozenset({"orders:read"})))
    assert browser.consent(page).status == 400


@pytest.mark.dynamodb
def test_on_dynamodb_it_is_the_same(dynamodb: DynamoPlace, clock: Clock, tmp_path: Path) -> None:
    """RI-2, RI-8, RI-11: registered, listed in parts, asked for, narrowed, removed."""
    store = dynamodb.open(now=clock)
    world = World(now=clock, monotonic=clock, sleep=SYSTEM.sleep)
    with open_server(services(store, world, tmp_path)) as server:
        register(server)
        resources = server.services.oauth.resources
        first, after = resources.page(limit=1)
        rest, end = resources.page(after=after, limit=5)
        assert ([each.identifier for each in (*first, *rest)], end) == ([ORDERS, STOCK], None)
        shop, browser, name = server.client(scopes=SCOPES), server.browser(), f"zoe-{token_hex(4)}"
        server.person(name, granted=HELD)
        browser.log_in(username=name)
        tokens = tokens_for(shop, browser, ORDERS, STOCK, scope="orders:read stock:read")
        assert aud(tokens) == [ORDERS, STOCK]
        assert aud(shop.refresh(tokens["refresh_token"], resource=STOCK).json) == STOCK
        for each in (ORDERS, STOCK):
            resources.delete(each)
        assert resources.page() == ((), None)
