"""Initial access tokens (RFC 7591 section 3): an operator's leave to register clients, made at the command line (DR-2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.registering import AGENT, app_of, is_known, register, registered
from tests.oauth.server import Server, open_server, services
from tests.support.command_line import CommandLine

DAY = 24 * 3600
SHOP_KEY = {
    "keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]
}


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


@pytest.fixture
def server(terminal: CommandLine, world: World, tmp_path: Path) -> Iterator[Server]:
    with open_server(services(terminal.services.store, world, tmp_path, REGISTRATION="token")) as server:
        yield server


def token_of(terminal: CommandLine, *options: str) -> str:
    return str(terminal.json("registration-tokens", "create", *options)["initial_access_token"])


def test_it_registers_as_many_clients_as_was_said(terminal: CommandLine, server: Server) -> None:
    token = token_of(terminal, "--uses", "2")
    assert [register(server, token=token).status for _ in range(3)] == [201, 201, 401]
    assert register(server, token=token).error == "invalid_token"


def test_it_is_good_for_as_many_days_as_was_said(terminal: CommandLine, server: Server, clock: Clock) -> None:
    token = token_of(terminal, "--uses", "2", "--days", "1")
    registered(server, token=token)
    clock.now += DAY
    assert register(server, token=token).status == 401
    assert terminal.json("registration-tokens", "list") == {"registration_tokens": []}


def test_it_is_listed_without_its_secret_and_revoked(terminal: CommandLine, server: Server) -> None:
    made = terminal.json("registration-tokens", "create", "--uses", "2", "--note", "Oslo")
    token = made.pop("initial_access_token")
    registered(server, token=token)
    listed = terminal.json("registration-tokens", "list")["registration_tokens"]
    assert listed == [made | {"uses": 1}]
    said = terminal.done("registration-tokens", "list")
    assert ("Oslo" in said, token in said) == (True, False)
    terminal.done("registration-tokens", "revoke", made["registration_token"])
    assert register(server, token=token).status == 401
    assert "no such" in terminal.refused("registration-tokens", "revoke", made["registration_token"])


def test_a_refused_registration_takes_no_use(terminal: CommandLine, server: Server) -> None:
    token = token_of(terminal)
    assert register(server, token=token, redirect_uris=[]).status == 400
    registered(server, token=token)


@pytest.mark.parametrize("token", ["", "x", "cbi_", f"cbi_{'a' * 26}_{'A' * 43}", "cbg_" + "A" * 43])
def test_what_is_no_such_token_is_a_challenge(server: Server, token: str) -> None:
    reply = register(server, token=token)
    assert (reply.status, reply.error) == (401, "invalid_token")
    assert str(reply.headers["WWW-Authenticate"]).startswith("Bearer ")


def test_the_secret_of_one_token_does_not_open_another(terminal: CommandLine, server: Server) -> None:
    one, two = token_of(terminal).split("_", 2), token_of(terminal).split("_", 2)
    assert register(server, token=f"cbi_{two[1]}_{one[2]}").status == 401


def test_a_client_that_it_let_in_may_have_a_secret_and_does_not_expire(
    terminal: CommandLine, server: Server, clock: Clock
) -> None:
    """DR-3: people are told that nobody has verified it all the same."""
    told = registered(server, token=token_of(terminal), token_endpoint_auth_method=None)
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["client_secret_expires_at"] == 0
    clock.now += 30 * DAY
    server.person()
    browser, app = server.browser(), app_of(server, told)
    page = browser.log_in(browser.go(app.authorize_url()))
    assert "verified" in page.text
    code = browser.consent(page).parameters["code"]
    assert app_of(server, told | {"client_secret": "cbs_wrong"}).redeem(code).error == "invalid_client"
    assert app.redeem(code).status == 200
    assert not server.services.oauth.clients.require(told["client_id"]).vouched


def test_it_may_have_a_key_that_it_sends_itself(terminal: CommandLine, server: Server) -> None:
    keyed = {"token_endpoint_auth_method": "private_key_jwt"}
    token = token_of(terminal)
    assert register(server, token=token, **keyed).error == "invalid_client_metadata"
    assert register(server, token=token, **keyed, jwks={"keys": []}).error == "invalid_client_metadata"
    told = registered(server, token=token, **keyed, jwks=SHOP_KEY)
    assert (told["jwks"], "client_secret" in told) == (SHOP_KEY, False)


def test_where_anybody_may_register_a_wrong_token_is_refused_all_the_same(
    terminal: CommandLine, world: World, tmp_path: Path
) -> None:
    with open_server(services(terminal.services.store, world, tmp_path)) as server:
        assert register(server, token="cbi_wrong").status == 401
        told = registered(server, token=token_of(terminal), **{**AGENT, "token_endpoint_auth_method": None})
        assert "client_secret" in told
        assert is_known(server, told)


@pytest.mark.parametrize(
    "options", [["--uses", "0"], ["--uses", "1001"], ["--days", "0"], ["--days", "366"], ["--note", "a\nb"]]
)
def test_more_than_that_cannot_be_given(terminal: CommandLine, options: list[str]) -> None:
    terminal.refused("registration-tokens", "create", *options)


def test_what_operators_did_with_them_and_who_registered_by_them_is_in_the_trail(
    terminal: CommandLine, server: Server
) -> None:
    """LG-1."""
    made = terminal.json("registration-tokens", "create")
    told = registered(server, token=made["initial_access_token"])
    terminal.done("registration-tokens", "revoke", made["registration_token"])
    target = f"registration_token:{made['registration_token']}"
    assert set(server.events(target)) == {"registration_token_created", "registration_token_revoked"}
    (event,), _ = server.services.audit.of(f"client:{told['client_id']}")
    assert event.detail["registration_token"] == made["registration_token"]


def test_operators_see_who_registered_itself_and_end_it(terminal: CommandLine, server: Server) -> None:
    """DR-6."""
    told, shop = registered(server, token=token_of(terminal)), server.client()
    for origin, client_id in (("registration", told["client_id"]), ("operator", shop.client_id)):
        listed = terminal.json("clients", "list", "--origin", origin)["clients"]
        assert [(each["client_id"], each["origin"]) for each in listed] == [(client_id, origin)]
    assert terminal.json("clients", "list", "--origin", "document") == {"clients": []}
    terminal.refused("clients", "update", told["client_id"], "--trusted")
    terminal.done("clients", "disable", told["client_id"])
    assert "disabled" in server.browser().ask("GET", app_of(server, told).authorize_url()).text
    terminal.done("clients", "delete", told["client_id"], "--yes")
    assert not is_known(server, told)
