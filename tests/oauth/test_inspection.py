"""Introspection and revocation (OP-8; RFC 7662, RFC 7009)."""

from pathlib import Path

import pytest

from chalicelib.store import Store
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.server import AFTER_LOGOUT, CALLBACK, App, Browser, Server, open_server, services

NONE = {"active": False}


def looked_at(app: App, token: str) -> dict[str, object]:
    answer = app.post("/oauth/introspect", token=token)
    assert answer.status == 200, answer.text
    return dict(answer.json)


def test_a_client_sees_its_own_tokens(shop: App, browser: Browser) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    access = looked_at(shop, tokens["access_token"])
    assert (access["active"], access["client_id"], access["scope"]) == (
        True,
        shop.client_id,
        "email openid profile",
    )
    assert {"iss", "aud", "sub", "iat", "exp", "jti", "sid", "token_type"} <= set(access)
    refresh = looked_at(shop, tokens["refresh_token"])
    assert (refresh["active"], refresh["sub"]) == (True, access["sub"])


def test_what_is_not_ones_own_is_inactive_and_tells_nothing_else(
    server: Server, shop: App, browser: Browser
) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    other = server.client()
    for token in (*tokens.values(), "x", "x.y.z", "cbr_x", "cba_x", tokens["access_token"][:-2] + "AA"):
        assert looked_at(other, str(token)) == NONE
    assert looked_at(shop, tokens["id_token"]) == NONE


def test_a_resource_server_sees_every_access_token_and_no_refresh_token(
    server: Server, shop: App, browser: Browser
) -> None:
    api = server.client(resource_server=True, redirect_uris=(), post_logout_redirect_uris=())
    tokens = shop.redeem(shop.code(browser)).json
    assert looked_at(api, tokens["access_token"])["active"] is True
    assert looked_at(api, tokens["refresh_token"]) == NONE


def test_a_public_client_and_a_stranger_may_not_ask(server: Server) -> None:
    app = server.client(public=True)
    assert app.post("/oauth/introspect", token="x").error == "invalid_client"
    assert server.ask("POST", "/oauth/introspect", form={"token": "x"}).error == "invalid_client"


def test_a_token_is_inactive_once_its_session_or_client_is_over(
    server: Server, shop: App, browser: Browser, clock: Clock
) -> None:
    first, second = (shop.redeem(shop.code(browser)).json for _ in range(2))
    assert shop.post("/oauth/revoke", token=first["refresh_token"]).status == 200
    assert looked_at(shop, first["access_token"]) == NONE == looked_at(shop, first["refresh_token"])
    clock.advance(361)
    assert looked_at(shop, second["access_token"]) == NONE
    assert looked_at(shop, second["refresh_token"])["active"] is True
    machine = server.client(redirect_uris=(), scopes="pangolins")
    token = machine.token(grant_type="client_credentials").json["access_token"]
    api = server.client(resource_server=True, redirect_uris=())
    assert looked_at(api, token)["active"] is True
    server.services.oauth.clients.set_disabled(machine.client_id, disabled=True)
    assert looked_at(api, token) == NONE


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "nonsense"])
def test_revoking_either_token_ends_the_session(
    shop: App, browser: Browser, kind: str, hint: str | None
) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    answer = shop.post("/oauth/revoke", token=tokens[kind], token_type_hint=hint)
    assert (answer.status, answer.text) == (200, "")
    assert shop.refresh(tokens["refresh_token"]).json["reason"] == "revoked"
    assert shop.post("/oauth/revoke", token=tokens[kind]).status == 200


def test_an_unknown_token_is_revoked_already(shop: App) -> None:
    for token in ("x", "cbr_x", "x.y.z"):
        assert shop.post("/oauth/revoke", token=token).status == 200
    assert shop.post("/oauth/revoke").error == "invalid_request"


def test_another_clients_token_is_not_revoked(server: Server, shop: App, browser: Browser) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    other = server.client()
    for kind in ("refresh_token", "access_token"):
        assert other.post("/oauth/revoke", token=tokens[kind]).error == "unauthorized_client"
    assert shop.refresh(tokens["refresh_token"]).status == 200


def test_a_machines_signed_token_cannot_be_revoked_and_that_is_said(server: Server) -> None:
    machine = server.client(redirect_uris=(), scopes="pangolins")
    token = machine.token(grant_type="client_credentials").json["access_token"]
    assert machine.post("/oauth/revoke", token=token).error == "unsupported_token_type"


def test_stored_access_tokens_are_seen_alike(store: Store, world: World, tmp_path: Path) -> None:
    with open_server(services(store, world, tmp_path, ACCESS_TOKENS="opaque")) as server:
        server.person("zoe")
        shop = server.client(redirect_uris=(CALLBACK,), post_logout_redirect_uris=(AFTER_LOGOUT,))
        tokens = shop.redeem(shop.code(server.browser())).json
        assert tokens["access_token"].startswith("cba_")
        assert looked_at(shop, tokens["access_token"])["active"] is True
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert server.ask("GET", "/oauth/userinfo", headers=bearer).status == 200
        assert shop.post("/oauth/revoke", token=tokens["access_token"]).status == 200
        assert looked_at(shop, tokens["access_token"]) == NONE
        assert server.ask("GET", "/oauth/userinfo", headers=bearer).status == 401
        machine = server.client(redirect_uris=(), scopes="pangolins")
        token = machine.token(grant_type="client_credentials").json["access_token"]
        pangolins = server.ask("GET", "/pangolins", headers={"Authorization": f"Bearer {token}"})
        assert pangolins.status == 200
        assert looked_at(machine, token)["active"] is True
        assert server.client().post("/oauth/revoke", token=token).error == "unauthorized_client"
        assert machine.post("/oauth/revoke", token=token).status == 200
        assert looked_at(machine, token) == NONE
        again = server.ask("GET", "/pangolins", headers={"Authorization": f"Bearer {token}"})
        assert again.status == 401
        assert "token_revoked" in server.events(f"client:{machine.client_id}")
