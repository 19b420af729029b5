"""Introspection answers as signed JWTs (RFC 9701): the words of the JSON, for those who must prove them later."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from chalicelib.oauth.client_options import ClientOptions
from chalicelib.store import Store
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.apis import ORDERS, SCOPES, STOCK, register, tokens_for
from tests.oauth.server import ISSUER, App, Browser, Reply, Server, basic, open_server, services

MEDIA_TYPE = "application/token-introspection+jwt"
RESOURCE_SERVER = {"redirect_uris": (), "post_logout_redirect_uris": (), "resource_server": True}


@pytest.fixture(params=["jwt", "opaque"])
def server(store: Store, world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    with open_server(services(store, world, tmp_path, ACCESS_TOKENS=request.param)) as server:
        register(server)
        server.person("zoe", granted="get:profile orders:read stock:read")
        yield server


@pytest.fixture
def browser(server: Server) -> Browser:
    return server.browser()


@pytest.fixture
def shop(server: Server) -> App:
    return server.client(scopes=SCOPES)


def asked(app: App, token: str, accept: str = MEDIA_TYPE) -> Reply:
    proof = basic(app.client_id, str(app.secret))
    return app.server.ask(
        "POST", "/oauth/introspect", form={"token": token}, headers=proof | {"Accept": accept}
    )


def read(app: App, token: str) -> Any:
    """The signed answer, verified by a library with our published keys."""
    reply = asked(app, token)
    assert (reply.status, reply.headers["Content-Type"]) == (200, MEDIA_TYPE), reply.text
    assert reply.headers["Cache-Control"] == "no-store"
    (key,) = app.server.ask("GET", "/.well-known/jwks.json").json["keys"]
    whole = jwt.decode_complete(
        reply.text,
        jwt.PyJWK(key),
        [key["alg"]],
        audience=app.client_id,
        issuer=ISSUER,
        options={"require": ["iat"], "verify_iat": False},
    )
    assert whole["header"] == {"typ": "token-introspection+jwt", "alg": key["alg"], "kid": key["kid"]}
    return whole["payload"]


def test_it_says_what_the_json_says_signed_for_the_one_who_asked(
    shop: App, browser: Browser, clock: Clock
) -> None:
    """JI-1, JI-2: ``iss``, ``aud``, ``iat``, and the answer by itself; neither ``sub`` nor ``exp`` beside it."""
    tokens = tokens_for(shop, browser)
    for kind in ("access_token", "refresh_token"):
        said = read(shop, tokens[kind])
        assert said.keys() == {"iss", "aud", "iat", "token_introspection"}
        assert said["iat"] == int(clock())
        assert said["token_introspection"]["active"] is True
        assert said["token_introspection"] == shop.post("/oauth/introspect", token=tokens[kind]).json


def test_of_what_is_none_of_ones_business_it_says_inactive_alone(
    server: Server, shop: App, browser: Browser
) -> None:
    """JI-3: another API's token, a token that is over, and no token at all."""
    guard = server.client(**RESOURCE_SERVER, options=ClientOptions(resources=(STOCK,)))
    tokens = tokens_for(shop, browser, ORDERS)
    for token in (tokens["access_token"], tokens["refresh_token"], "x"):
        assert read(guard, token)["token_introspection"] == {"active": False}
    shop.post("/oauth/revoke", token=tokens["refresh_token"])
    assert read(shop, tokens["access_token"])["token_introspection"] == {"active": False}


def test_a_resource_server_is_told_the_scopes_of_its_own_api_alone(
    server: Server, shop: App, browser: Browser
) -> None:
    """JI-4: signed or not."""
    guard = server.client(**RESOURCE_SERVER, options=ClientOptions(resources=(STOCK,)))
    token = tokens_for(shop, browser, ORDERS, STOCK, scope="openid orders:read stock:read")["access_token"]
    signed, plain = (
        read(guard, token)["token_introspection"],
        guard.post("/oauth/introspect", token=token).json,
    )
    assert signed == plain
    assert (signed["scope"], sorted(signed["aud"])) == ("stock:read", [ORDERS, STOCK])
    assert read(shop, token)["token_introspection"]["scope"] == "orders:read stock:read"


def test_whoever_does_not_prove_itself_gets_none(server: Server, shop: App) -> None:
    """JI-5: 400 for those who do not even try, 401 for those who fail."""
    public = server.client(public=True)
    for form in (
        {"token": "x"},
        {"token": "x", "client_id": public.client_id},
        {"token": "x", "client_id": shop.client_id},
    ):
        reply = server.ask("POST", "/oauth/introspect", form=form, headers={"Accept": MEDIA_TYPE})
        assert (reply.status, reply.error) == (400, "invalid_request")
    wrong = asked(App(server, shop.client_id, "wrong"), "x")
    assert (wrong.status, wrong.error) == (401, "invalid_client")


def test_it_is_given_to_those_who_name_it(shop: App) -> None:
    """JI-1: whoever knows only RFC 7662 gets JSON as ever."""
    for accept, is_signed in (
        ("application/token-introspection+jwt", True),
        ("Application/Token-Introspection+JWT;q=0.9, application/json;q=0.1", True),
        ("application/json, application/token-introspection+jwt", True),
        ("application/token-introspection+jwt;q=0", False),
        ("application/token-introspection+jwt; Q=0.000", False),
        ("application/json", False),
        ("*/*", False),
        ("application/*", False),
        ("application/token-introspection+jwtx", False),
        (",;,", False),
        ("", False),
    ):
        reply = asked(shop, "x", accept)
        assert (reply.headers["Content-Type"] == MEDIA_TYPE) == is_signed, accept
        assert is_signed or reply.json == {"active": False}


def test_it_is_no_token_of_any_kind(server: Server, shop: App, browser: Browser) -> None:
    """JI-6."""
    signed = asked(shop, tokens_for(shop, browser)["access_token"]).text
    bearer = {"Authorization": f"Bearer {signed}"}
    assert server.ask("GET", "/oauth/userinfo", headers=bearer).status == 401
    assert shop.post("/oauth/introspect", token=signed).json == {"active": False}
    assert shop.refresh(signed).error == "invalid_grant"
    assert "not ours" in server.ask("GET", f"/oauth/logout?id_token_hint={signed}").text


def test_discovery_names_the_algorithm_that_signs_it(server: Server) -> None:
    """JI-7."""
    (key,) = server.ask("GET", "/.well-known/jwks.json").json["keys"]
    for document in ("openid-configuration", "oauth-authorization-server"):
        told = server.ask("GET", f"/.well-known/{document}").json
        assert told["introspection_signing_alg_values_supported"] == [key["alg"]]
        assert not any("introspection_encryption" in name for name in told)
