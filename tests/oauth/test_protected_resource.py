"""What an API says of itself to those who want a token for it (RFC 9728)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.authorizer.route_table import RouteTableError
from chalicelib.errors import Invalid
from chalicelib.oauth.hosted_metadata import identifiers_at, path_of
from chalicelib.oauth.resources import ResourceChanges
from chalicelib.store import Store
from chalicelib.web import scope_descriptions
from chalicelib.web.gateway_responses import problem
from chalicelib.web.routes import Answer, Api, Call
from chalicelib.world import World
from tests.oauth.apis import ORDER_WORDS
from tests.oauth.server import ISSUER, SOURCE, App, Browser, Reply, Server, open_server, services

WELL_KNOWN = "/.well-known/oauth-protected-resource"
HOST = "https://auth.example.com"


def metadata(server: Server, path: str = "") -> Reply:
    return server.ask("GET", f"{WELL_KNOWN}{path}")


def host(server: Server, identifier: str, *, hosted: bool = True) -> None:
    wanted = ResourceChanges(name="Orders", scopes=ORDER_WORDS, host_metadata=hosted)
    server.services.oauth.resources.create(identifier, wanted)


def test_our_own_api_says_who_issues_tokens_for_it(server: Server) -> None:
    """PR-1: the resource is the address that its well-known path stands below."""
    answer = metadata(server)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["resource"] == ISSUER
    assert answer.json["authorization_servers"] == [ISSUER]
    assert answer.json["bearer_methods_supported"] == ["header"]
    assert {"get:profile", "pangolins", "users:read"} <= set(answer.json["scopes_supported"])


def test_the_authorization_server_names_our_api_too(server: Server) -> None:
    """PR-2: each of the two documents leads to the other."""
    (issuer,) = metadata(server).json["authorization_servers"]
    found = server.ask("GET", f"{issuer}/.well-known/oauth-authorization-server").json
    assert found["protected_resources"] == [metadata(server).json["resource"]]


def test_its_resource_is_what_a_client_may_ask_for(server: Server, shop: App, browser: Browser) -> None:
    """PR-1, RI-2."""
    resource = metadata(server).json["resource"]
    browser.log_in()
    assert 'value="allow"' in browser.go(shop.authorize_url() + f"&resource={resource}").text


def test_pages_of_every_origin_may_read_it(server: Server) -> None:
    """PR-3."""
    host(server, "https://api.example.com")
    for path in ("", "/api.example.com"):
        answer = server.ask("GET", f"{WELL_KNOWN}{path}", headers={"Origin": "https://any.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [("/pangolins", 401, "invalid_token"), ("/profile", 403, 'insufficient_scope", scope="get:profile')],
)
def test_a_challenge_of_ours_leads_to_it(server: Server, path: str, status: int, error: str) -> None:
    """PR-4: in the header, and in the body, since API Gateway renames that header."""
    machine = server.client(redirect_uris=(), post_logout_redirect_uris=(), scopes="pangolins")
    token = machine.token(grant_type="client_credentials").json["access_token"]
    if status == 401:
        answer = refused_behind_the_gateway(server)
    else:
        answer = server.ask("GET", path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status == status
    assert f'error="{error}"' in answer.headers["WWW-Authenticate"]
    (url,) = re.findall('resource_metadata="([^"]*)"', answer.headers["WWW-Authenticate"])
    assert url == answer.json["resource_metadata"] == f"{ISSUER}{WELL_KNOWN}"
    assert server.ask("GET", url).json["resource"] == ISSUER


def refused_behind_the_gateway(server: Server) -> Reply:
    """A token whose session is over: the gateway's policy is good still, the handler's look is not."""
    person = server.person("amy")
    server.services.authentication.sessions.end(person.user.user_id, person.session_id, source=SOURCE)
    return server.ask("GET", "/users/me", headers={"Authorization": f"Bearer {person.access_token}"})


@pytest.mark.parametrize("status", [401, 403])
def test_so_does_one_of_the_gateways_own(status: int) -> None:
    """PR-4; deployed: tests/deploy, on a laptop: tests/serving."""
    headers, _ = problem(status, request_id="r1", issuer=ISSUER)
    assert headers["WWW-Authenticate"].endswith(f', resource_metadata="{ISSUER}{WELL_KNOWN}"')
    headers, _ = problem(404, request_id="r1", issuer=ISSUER)
    assert "WWW-Authenticate" not in headers


@pytest.mark.parametrize(
    ("identifier", "path"),
    [
        ("https://api.example.com", "/api.example.com"),
        ("https://api.example.com/", "/api.example.com"),
        ("https://api.example.com:8443/mcp", "/api.example.com:8443/mcp"),
        ("https://api.example.com/v1/mcp", "/api.example.com/v1/mcp"),
        ("http://localhost:9000/mcp", "/localhost:9000/mcp"),
        (f"{HOST}/mcp", "/mcp"),
        (f"{HOST}/tools/mcp", "/tools/mcp"),
    ],
)
def test_an_api_that_asks_for_it_has_its_metadata_published_here(
    server: Server, identifier: str, path: str
) -> None:
    """PR-5: below our own host as section 3.1 says; of another under the name of that host."""
    host(server, identifier)
    answer = metadata(server, path)
    assert answer.status == 200
    assert answer.json["resource"] == identifier
    assert answer.json["resource_name"] == "Orders"
    assert answer.json["scopes_supported"] == sorted(ORDER_WORDS)
    assert answer.json["authorization_servers"] == [ISSUER]


def test_nothing_is_published_of_an_api_that_did_not_ask(server: Server) -> None:
    """PR-5."""
    host(server, "https://api.example.com", hosted=False)
    host(server, "https://other.example.com")
    assert metadata(server, "/other.example.com").status == 200
    for path in (
        "/api.example.com",
        "/unknown.example.com",
        "/a/b/c",
        "/a/b/c/d",
        "/%2e%2e",
        "/OTHER.example.com",
    ):
        assert metadata(server, path).status == 404


@pytest.mark.parametrize(
    "identifier",
    [
        "urn:example:orders",
        "https://api.example.com/?v=1",
        "https://api.example.com/a/",
        "https://a.example/1/2/3",
    ],
)
def test_what_no_path_here_can_stand_for_is_not_hosted(server: Server, identifier: str) -> None:
    with pytest.raises(Invalid, match="Metadata can be hosted"):
        host(server, identifier)


def test_one_below_our_own_host_goes_before_another_of_that_name() -> None:
    """PR-5: whichever it is, the document names its resource, by which a client knows (RFC 9728 section 3.3)."""
    assert identifiers_at("api.example.com", issuer=HOST)[:2] == (
        f"{HOST}/api.example.com",
        "https://api.example.com",
    )
    assert path_of(HOST, issuer=HOST) is None


@pytest.fixture
def _described_again() -> Iterator[None]:
    yield
    from chalicelib.application import APIS

    scope_descriptions.describe(APIS)


def api_that_says(*said: str | None) -> Api:
    api = Api("orders")
    for number, words in enumerate(said):
        more = {} if words is None else {"says": words}

        @api.route(f"/orders/{number}", methods=["GET"], scope="orders:read", **more)  # type: ignore[arg-type]
        def orders(_: Call) -> Answer:
            return Answer()

    return api


@pytest.mark.usefixtures("_described_again")
def test_a_route_words_its_scope_for_consent(store: Store, world: World, tmp_path: Path) -> None:
    """OP-7: one's own application's scopes are described where they are asked for."""
    with open_server(services(store, world, tmp_path)) as server:
        scope_descriptions.describe([api_that_says(None, "read your orders", None)])
        server.person("zoe", granted="orders:read pangolins")
        shop, browser = server.client(scopes="openid orders:read pangolins"), server.browser()
        browser.log_in()
        page = browser.go(shop.authorize_url(scope="openid orders:read pangolins"))
        assert "read your orders" in page.text
        assert "use what this service calls “pangolins”" in page.text


@pytest.mark.usefixtures("_described_again")
@pytest.mark.parametrize(
    "said", [("read your orders", "see all"), ("",), (" ",)], ids=["two ways", "nothing", "a space"]
)
def test_a_scope_that_is_worded_twice_or_not_at_all_does_not_start(said: tuple[str, ...]) -> None:
    with pytest.raises(RouteTableError, match="describes"):
        scope_descriptions.describe([api_that_says(*said)])


@pytest.mark.usefixtures("_described_again")
def test_words_without_a_scope_do_not_start() -> None:
    api = Api("orders")

    @api.route("/orders", methods=["GET"], public=True, says="read your orders")
    def orders(_: Call) -> Answer:
        return Answer()

    with pytest.raises(RouteTableError, match="give both"):
        scope_descriptions.describe([api])
