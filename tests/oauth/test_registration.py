"""Clients register themselves (RFC 7591): what they may be, what they may ask for, and for how long."""

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.dynamic_registrations import PER_NETWORK
from chalicelib.oauth.resources import ResourceChanges
from chalicelib.scopes import PROTOCOL
from chalicelib.store import Store
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.apis import ORDER_WORDS, ORDERS, aud, tokens_for
from tests.oauth.registering import AGENT, PATH, app_of, is_known, register, registered, send
from tests.oauth.server import CALLBACK, ISSUER, Browser, Server, open_server, payload_of, services
from tests.oauth.test_trouble import broken

DAY = 24 * 3600
LOOPBACK = "http://127.0.0.1/callback"
CONFIGURATION = "/.well-known/openid-configuration"


def refused(server: Server, **changes: Any) -> tuple[int, str | None]:
    reply = register(server, **changes)
    return reply.status, reply.error


def test_a_program_registers_itself_and_its_person_logs_in_with_it(server: Server, browser: Browser) -> None:
    """DR-3, DR-5, DR-6."""
    reply = register(server)
    told = reply.json
    assert (reply.status, reply.headers["Cache-Control"]) == (201, "no-store")
    assert told["registration_client_uri"] == f"{ISSUER}{PATH}/{told['client_id']}"
    assert {name: told[name] for name in AGENT} == AGENT
    assert told["response_types"] == ["code"]
    assert "client_secret" not in told
    assert "application_type" not in told
    assert isinstance(told["client_id_issued_at"], int)
    assert set(told["scope"].split()) == PROTOCOL
    app = app_of(server, told)
    page = browser.log_in(browser.go(app.authorize_url()))
    assert "verified" in page.text
    tokens = app.redeem(browser.consent(page).parameters["code"]).json
    assert payload_of(tokens["id_token"])["aud"] == told["client_id"]
    assert app.refresh(tokens["refresh_token"]).status == 200


def test_two_registrations_are_two_clients(server: Server) -> None:
    """DR-5."""
    one, two = registered(server), registered(server)
    assert one["client_id"] != two["client_id"]
    assert one["registration_access_token"] != two["registration_access_token"]


@pytest.mark.parametrize("method", [None, "client_secret_basic", "client_secret_post", "none"])
def test_where_anybody_may_register_every_client_is_public_and_told_so(
    server: Server, method: str | None
) -> None:
    """DR-3: what real programs ask for; the answer replaces it (RFC 7591 section 3.2.1)."""
    told = registered(server, token_endpoint_auth_method=method)
    assert told["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in told


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, ["authorization_code"]),
        (["authorization_code"], ["authorization_code"]),
        (["refresh_token", "authorization_code"], ["authorization_code", "refresh_token"]),
        (["authorization_code", "client_credentials", "implicit"], ["authorization_code"]),
    ],
)
def test_it_gets_the_grants_that_act_for_a_person_and_no_others(
    server: Server, asked: list[str] | None, given: list[str]
) -> None:
    """DR-3."""
    assert registered(server, grant_types=asked)["grant_types"] == given


@pytest.mark.parametrize(
    "changes",
    [
        {"grant_types": ["client_credentials"]},
        {"grant_types": ["refresh_token"]},
        {"grant_types": []},
        {"response_types": ["token"]},
        {"response_types": []},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://shop.example/jwks"},
        {"token_endpoint_auth_method": "tls_client_auth"},
        {"application_type": "mobile"},
        {"client_name": "Bank\u202eknaB"},
        {"client_name": "a\nb"},
        {"client_name": "x" * 101},
        {"client_name": "  "},
        {"client_name": ["a"]},
        {"scope": "two  spaces"},
        {"scope": 'a"b'},
        {"grant_types": "authorization_code"},
        {"redirect_uris": CALLBACK},
        {"redirect_uris": [7]},
        {"jwks": {"keys": []}, "jwks_uri": "https://shop.example/jwks"},
        {"post_logout_redirect_uris": ["https://*.example/"]},
        {"post_logout_redirect_uris": [f"{CALLBACK}{n}" for n in range(21)]},
    ],
)
def test_metadata_that_cannot_be_is_refused_and_nothing_is_kept(
    server: Server, changes: dict[str, object]
) -> None:
    """DR-4."""
    assert refused(server, **changes) == (400, "invalid_client_metadata")
    assert server.services.oauth.clients.page() == ((), None)


@pytest.mark.parametrize(
    "uris",
    [
        None,
        [],
        [f"{CALLBACK}#part"],
        ["http://shop.example/callback"],
        ["https://*.example/callback"],
        ["https://me@shop.example/callback"],
        ["javascript:alert(1)"],
        ["cursor:/callback"],
        ["cursor://"],
        ["javascript://shop.example/%0aalert(1)"],
        ["MS-SETTINGS://privacy"],
        ["/callback"],
        [CALLBACK, "data:text/html,x"],
        [f"{CALLBACK}/{'x' * 1024}"],
        [f"{CALLBACK}{n}" for n in range(21)],
    ],
)
def test_a_redirect_uri_that_no_operator_could_register_is_refused(
    server: Server, uris: list[str] | None
) -> None:
    """DR-4; OP-1."""
    assert refused(server, redirect_uris=uris) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    ("kind", "uri", "status"),
    [
        ("web", CALLBACK, 201),
        ("web", LOOPBACK, 400),
        ("web", "http://localhost:3000/callback", 400),
        ("web", "com.example.app:/callback", 400),
        ("native", CALLBACK, 201),
        ("native", LOOPBACK, 201),
        ("native", "http://localhost/callback", 201),
        ("native", "com.example.app:/callback", 201),
        (None, CALLBACK, 201),
        (None, LOOPBACK, 201),
        (None, "com.example.app:/callback", 201),
        (None, "cursor://anysphere.cursor-mcp/oauth/callback", 201),
        ("native", "cursor://anysphere.cursor-mcp/oauth/callback", 201),
        ("web", "cursor://anysphere.cursor-mcp/oauth/callback", 400),
    ],
)
def test_a_web_application_is_reached_by_https_and_a_native_one_at_its_own_machine_too(
    server: Server, kind: str | None, uri: str, status: int
) -> None:
    """DR-4: who does not say what it is has listened at loopback ports for years."""
    reply = register(server, application_type=kind, redirect_uris=[CALLBACK, uri])
    assert reply.status == status
    assert (reply.json.get("application_type") if status == 201 else reply.error) == (
        kind if status == 201 else "invalid_redirect_uri"
    )


def test_cursor_comes_in_as_it_registers_itself(server: Server, browser: Browser) -> None:
    """MC-1: three addresses at once, one of a scheme that is no domain; no other such address is taken (DR-4)."""
    own = "cursor://anysphere.cursor-mcp/oauth/callback"
    uris = [own, "https://www.cursor.com/agents/mcp/oauth/callback", "http://localhost:8787/callback"]
    told = register(server, client_name="Cursor", redirect_uris=uris).json
    assert told["redirect_uris"] == uris
    page = browser.log_in(browser.go(app_of(server, told).authorize_url(redirect_uri=own)))
    assert "form-action 'self' cursor:;" in page.headers["Content-Security-Policy"]
    assert browser.consent(page).location.startswith(f"{own}?code=")
    for other in (
        f"{own}/x",
        "cursor://anysphere.cursor-mcp/",
        "cursors://anysphere.cursor-mcp/oauth/callback",
    ):
        assert refused(server, redirect_uris=[other]) == (400, "invalid_redirect_uri")


def test_a_software_statement_is_refused_plainly(server: Server) -> None:
    """DR-4."""
    reply = register(server, software_statement="eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
    assert (reply.status, reply.error) == (400, "unapproved_software_statement")


def test_what_we_do_not_keep_is_passed_over_and_never_fetched(server: Server) -> None:
    """DR-4: what is answered is what is kept (RFC 7591 section 3.2.1)."""
    told = registered(
        server,
        logo_uri="http://127.0.0.1:9/logo",
        policy_uri="http://169.254.169.254/latest/meta-data",
        jwks_uri="http://127.0.0.1:9/jwks",
        backchannel_logout_uri="http://127.0.0.1:9/told",
        sector_identifier_uri="http://127.0.0.1:9/sector",
        contacts=[1, None],
        software_id={"not": "even a text"},
        **{"client_name#de": "Ein Agent"},
        trusted=True,
        origin="operator",
        resource_server=True,
    )
    assert not {"logo_uri", "jwks_uri", "contacts", "trusted"} & told.keys()
    client = server.services.oauth.clients.require(told["client_id"])
    assert (client.trusted, client.resource_server, client.is_told, client.vouched) == (False,) * 4


def test_a_null_is_a_member_left_out(server: Server) -> None:
    """DR-9; RFC 7592 section 2.2."""
    told = send(server, "POST", PATH, AGENT | {"client_name": None, "scope": None, "jwks": None}).json
    assert told["client_name"] == "Unnamed application"


def test_it_may_have_to_push_its_requests(server: Server) -> None:
    told = registered(server, require_pushed_authorization_requests=True)
    assert told["require_pushed_authorization_requests"] is True
    reply = server.browser().ask("GET", app_of(server, told).authorize_url())
    assert reply.parameters["error"] == "invalid_request"


def test_it_may_bind_its_tokens_to_its_key(server: Server, zoe: LogInResult) -> None:
    """PO-15."""
    app = app_of(server, told := registered(server, dpop_bound_access_tokens=True))
    assert told["dpop_bound_access_tokens"] is True
    assert app.refresh("any").error == "invalid_dpop_proof"


def test_it_asks_for_what_is_open_to_any_client_as_long_as_that_is_so(
    server: Server, zoe: LogInResult
) -> None:
    """DR-6, RI-14: whatever it said it wanted; a refresh after the API was closed has none of it."""
    resources = server.services.oauth.resources
    resources.create(ORDERS, ResourceChanges(name="Orders", scopes=ORDER_WORDS))
    person = server.person("ada", granted="pangolins orders:read")
    assert person
    told = registered(server, scope="openid orders:read pangolins")
    app, browser = app_of(server, told), server.browser()
    browser.log_in(username="ada")
    asked = {"scope": "openid orders:read pangolins"}
    closed = browser.go(app.authorize_url(**asked) + f"&resource={ORDERS}")
    assert closed.parameters["error"] == "invalid_target"
    resources.update(ORDERS, ResourceChanges(open_to_clients=True))
    tokens = tokens_for(app, browser, ORDERS, scope="openid orders:read pangolins")
    assert (aud(tokens), tokens["scope"]) == (ORDERS, "orders:read")
    resources.update(ORDERS, ResourceChanges(open_to_clients=False))
    again = app.refresh(tokens["refresh_token"])
    assert "orders:read" not in again.json.get("scope", "")


def test_at_our_own_api_it_has_no_scope_of_a_route_whatever_an_open_api_calls_its_own(
    server: Server,
) -> None:
    """RI-14."""
    words = {"pangolins": "Read your orders"}
    wanted = ResourceChanges(name="Orders", scopes=words, open_to_clients=True)
    server.services.oauth.resources.create(ORDERS, wanted)
    server.person("ada", granted="pangolins")
    app, browser = app_of(server, registered(server)), server.browser()
    browser.log_in(username="ada")
    tokens = tokens_for(app, browser, scope="openid pangolins")
    assert (aud(tokens), tokens["scope"]) == (ISSUER, "openid")


def test_one_that_nobody_allowed_anything_is_gone_after_a_day(server: Server, clock: Clock) -> None:
    """DR-7: with its line in the directory and its place."""
    told = registered(server)
    clock.now += DAY - 1
    assert is_known(server, told)
    clock.now += 1
    assert not is_known(server, told)
    reply = server.browser().ask("GET", app_of(server, told).authorize_url())
    assert (reply.status, "not registered here" in reply.text) == (400, True)
    store = server.services.store
    assert [store.list(partition).records for partition in ("clients", "registered")] == [(), ()]


def test_one_that_a_person_allowed_something_stays_for_as_long_as_its_sessions_may(
    server: Server, browser: Browser, clock: Clock
) -> None:
    """DR-7."""
    told = registered(server)
    app = app_of(server, told)
    clock.now += DAY - 60
    app.code(browser)
    clock.now += 399 * DAY
    assert is_known(server, told)
    app.code(browser)
    clock.now += 399 * DAY
    assert is_known(server, told)
    clock.now += 2 * DAY
    assert not is_known(server, told)


def test_a_log_in_that_was_refused_keeps_nothing(server: Server, browser: Browser, clock: Clock) -> None:
    """DR-7."""
    told = registered(server)
    page = browser.log_in(browser.go(app_of(server, told).authorize_url()))
    browser.consent(page, "refuse")
    clock.now += DAY
    assert not is_known(server, told)


def test_what_an_operator_changes_about_it_does_not_prolong_its_day(server: Server, clock: Clock) -> None:
    """DR-7."""
    told = registered(server)
    clients = server.services.oauth.clients
    clients.set_disabled(told["client_id"], disabled=True)
    assert clients.require(told["client_id"]).disabled
    clock.now += DAY
    assert not is_known(server, told)


def test_a_network_registers_so_many_in_an_hour(server: Server, clock: Clock) -> None:
    """DR-7; what is refused for its metadata is not counted."""
    assert refused(server, redirect_uris=[]) == (400, "invalid_redirect_uri")
    statuses = [register(server).status for _ in range(PER_NETWORK + 1)]
    assert statuses == [*[201] * PER_NETWORK, 429]
    reply = register(server)
    assert (reply.error, int(reply.headers["Retry-After"]) > 3000) == ("slow_down", True)
    clock.now += 3600
    assert register(server).status == 201


def test_there_are_never_more_than_the_limit_says(
    store: Store, world: World, tmp_path: Path, clock: Clock
) -> None:
    """DR-7: what expires or is deleted makes room."""
    with open_server(services(store, world, tmp_path, REGISTRATION_LIMIT="3")) as server:
        several = [registered(server) for _ in range(3)]
        assert refused(server) == (429, "slow_down")
        server.services.oauth.clients.delete(several[1]["client_id"])
        registered(server)
        assert refused(server) == (429, "slow_down")
        clock.now += DAY
        registered(server)


@pytest.mark.parametrize("policy", ["off", "token", "open"])
def test_the_setting_says_who_may_register_and_discovery_where(
    store: Store, world: World, tmp_path: Path, policy: str
) -> None:
    """DR-1, DR-12."""
    expected = {"off": (404, "invalid_request"), "token": (401, "invalid_token"), "open": (201, None)}
    with open_server(services(store, world, tmp_path, REGISTRATION=policy)) as server:
        assert refused(server) == expected[policy]
        for document in (CONFIGURATION, "/.well-known/oauth-authorization-server"):
            endpoint = server.ask("GET", document).json.get("registration_endpoint")
            assert endpoint == (None if policy == "off" else f"{ISSUER}{PATH}")


def test_a_client_that_registered_before_works_when_nobody_may_any_more_but_changes_nothing(
    store: Store, world: World, tmp_path: Path
) -> None:
    """DR-1."""
    with open_server(services(store, world, tmp_path)) as server:
        told = registered(server)
        server.person()
    with open_server(services(store, world, tmp_path, REGISTRATION="off")) as server:
        assert app_of(server, told).code(server.browser())
        for method in ("GET", "PUT", "DELETE"):
            reply = send(
                server,
                method,
                f"{PATH}/{told['client_id']}",
                AGENT if method == "PUT" else None,
                token=told["registration_access_token"],
            )
            assert reply.status == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status", "error"),
    [
        (b"", "application/json", 400, "invalid_client_metadata"),
        (b"[]", "application/json", 400, "invalid_client_metadata"),
        (b'{"redirect_uris": ["https://a.example/", ]}', "application/json", 400, "invalid_client_metadata"),
        (json.dumps(AGENT).encode()[:-1], "application/json", 400, "invalid_client_metadata"),
        (
            json.dumps(AGENT).encode()[:-1] + b', "redirect_uris": ["https://b.example/"]}',
            "application/json",
            400,
            "invalid_client_metadata",
        ),
        (json.dumps(AGENT).encode(), "text/plain", 415, "invalid_request"),
        (json.dumps(AGENT).encode(), "", 415, "invalid_request"),
        (b"redirect_uris=x", "application/x-www-form-urlencoded", 415, "invalid_request"),
        (json.dumps(AGENT | {"x": "y" * 16_384}).encode(), "application/json", 413, "invalid_request"),
    ],
)
def test_the_body_is_strict_json_of_bounded_size(
    server: Server, body: bytes, content_type: str, status: int, error: str
) -> None:
    """DR-11; IN-1."""
    reply = send(server, "POST", PATH, body, **{"Content-Type": content_type})
    assert (reply.status, reply.error) == (status, error), reply.text
    assert reply.json["error_description"]


@pytest.mark.parametrize("verb", ["get", "commit", "bump"])
def test_a_store_in_trouble_registers_nobody_and_says_when_to_come_again(
    server: Server, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """DR-11; AV-2."""
    with broken(server, monkeypatch, verb):
        reply = register(server)
        assert (reply.status, reply.error) == (503, "temporarily_unavailable")
        assert int(reply.headers["Retry-After"]) > 0
    assert server.services.oauth.clients.page() == ((), None)


def test_pages_of_listed_origins_may_register_and_no_others(
    store: Store, world: World, tmp_path: Path
) -> None:
    """DR-11; BR-3: else any page could use its visitors' networks up."""
    ours = "https://agents.example"
    with open_server(services(store, world, tmp_path, ALLOWED_ORIGINS=[ours])) as server:
        for origin, allowed in ((ours, ours), ("https://other.example", None)):
            reply = send(server, "OPTIONS", PATH, Origin=origin)
            assert reply.headers.get("Access-Control-Allow-Origin") == allowed


def test_nothing_secret_of_a_registration_is_stored_or_logged(
    server: Server, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """DR-8; M9."""
    caplog.set_level("DEBUG")
    told: dict[str, Any] = registered(server)
    secret = told["registration_access_token"]
    assert secret not in caplog.text
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.glob("cupbearer.db*"))
