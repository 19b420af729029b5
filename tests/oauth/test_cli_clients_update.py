"""``cupbearer clients update``: everything but the id, by the rules of a registration (OP-1, OP-3, OP-4, OP-6)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from chalicelib.errors import Invalid
from chalicelib.jose import jws
from chalicelib.oauth.client import client_key
from chalicelib.store import Record
from chalicelib.world import World
from tests.oauth.server import CALLBACK
from tests.oauth.test_cli_clients import is_taken
from tests.support.command_line import CommandLine


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


@pytest.fixture
def shop(terminal: CommandLine) -> dict[str, Any]:
    made: dict[str, Any] = terminal.json(
        "clients", "create", "My shop", "--redirect-uri", CALLBACK, "--post-logout-redirect-uri", CALLBACK
    )
    return made


def stored(terminal: CommandLine, client_id: str) -> Record:
    (record,) = terminal.services.store.get(client_key(client_id))
    assert record is not None
    return record


CHANGES: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("--name", "Our shop"), {"name": "Our shop"}),
    (("--redirect-uri", "https://a.example/b", "--redirect-uri", "https://c.example/d"),
     {"redirect_uris": ["https://a.example/b", "https://c.example/d"]}),
    (("--post-logout-redirect-uri", "https://a.example/"), {"post_logout_redirect_uris": ["https://a.example/"]}),
    (("--post-logout-redirect-uri", ""), {"post_logout_redirect_uris": []}),
    (("--scope", "openid email"), {"scopes": ["email", "openid"]}),
    (("--grant", "authorization_code"), {"grants": ["authorization_code"]}),
    (("--grant", "device_code"), {"grants": ["urn:ietf:params:oauth:grant-type:device_code"]}),
    (("--resource-server",), {"resource_server": True}),
    (("--pkce", "optional"), {"pkce": "optional"}),
    (("--no-id-token-claims",), {"id_token_claims": False}),
    (("--trusted",), {"trusted": True}),
    (("--assertion-audience", "token-endpoint"), {"assertion_audience": "token-endpoint"}),
]  # fmt: skip


@pytest.mark.parametrize(("options", "changed"), CHANGES)
def test_what_is_said_is_changed_and_nothing_else(
    terminal: CommandLine, shop: dict[str, Any], options: tuple[str, ...], changed: dict[str, Any]
) -> None:
    before = terminal.json("clients", "show", "My shop")
    answered = terminal.json("clients", "update", "My shop", *options)
    assert answered == {**before, **changed} != before
    assert terminal.json("clients", "show", shop["client_id"]) == answered
    assert is_taken(terminal, shop["client_id"], shop["client_secret"])
    events, _ = terminal.services.audit.of(f"client:{shop['client_id']}")
    assert {event.event for event in events} == {"client_updated", "client_created"}


def test_the_trail_says_what_was_changed(terminal: CommandLine, shop: dict[str, Any]) -> None:
    """LG-1: a redirect URI that somebody else put there is found by it."""
    options = ("--redirect-uri", "https://a.example/b", "--pkce", "optional")
    terminal.done("clients", "update", "My shop", *options)
    events, _ = terminal.services.audit.of(f"client:{shop['client_id']}")
    changes = {event.event: event.detail.get("changed") for event in events}
    assert changes == {"client_created": None, "client_updated": "options redirect_uris"}


def test_a_change_is_told_in_a_sentence(terminal: CommandLine, shop: dict[str, Any]) -> None:
    said = terminal.done("clients", "update", shop["client_id"], "--pkce", "optional", "--name", "Our shop")
    assert said == "Our shop is changed: name, pkce.\n"


def test_what_is_its_default_is_not_stored(terminal: CommandLine, shop: dict[str, Any]) -> None:
    """A client that asks for nothing new is the record that it was before there were options."""
    assert "options" not in stored(terminal, shop["client_id"]).data
    terminal.done("clients", "update", "My shop", "--pkce", "optional")
    assert stored(terminal, shop["client_id"]).data["options"] == {"pkce": "optional"}
    terminal.done("clients", "update", "My shop", "--pkce", "required")
    assert "options" not in stored(terminal, shop["client_id"]).data


def test_an_option_given_at_registration_is_the_clients(terminal: CommandLine) -> None:
    terminal.done("clients", "create", "Old", "--redirect-uri", CALLBACK, "--pkce", "optional")
    assert terminal.json("clients", "show", "Old")["pkce"] == "optional"


def test_a_disabled_client_stays_disabled(terminal: CommandLine, shop: dict[str, Any]) -> None:
    terminal.done("clients", "disable", "My shop")
    assert terminal.json("clients", "update", "My shop", "--name", "Our shop")["disabled"] is True
    assert not is_taken(terminal, shop["client_id"], shop["client_secret"])


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("--redirect-uri", "http://evil.example/cb"), "must be https"),
    (("--redirect-uri", ""), "needs a redirect URI"),
    (("--grant", "password"), "'password' is none of"),
    (("--scope", 'a"b'), "printable ASCII"),
    (("--name", ""), "name"),
]


@pytest.mark.parametrize(("options", "says"), REFUSED)
def test_a_change_obeys_the_rules_of_a_registration(
    terminal: CommandLine, shop: dict[str, Any], options: tuple[str, ...], says: str
) -> None:
    before = stored(terminal, shop["client_id"])
    assert says in terminal.refused("clients", "update", "My shop", *options)
    assert stored(terminal, shop["client_id"]) == before


@pytest.mark.parametrize("public", [False, True])
def test_whether_it_is_public_stays(terminal: CommandLine, *, public: bool) -> None:
    """OP-3, OP-6: its codes, sessions and consents were agreed to on other grounds."""
    more = ("--public",) if public else ()
    made = terminal.json("clients", "create", "App", "--redirect-uri", CALLBACK, *more)
    with pytest.raises(Invalid, match="register it anew"):
        terminal.services.oauth.clients.update(
            made["client_id"], lambda wanted: replace(wanted, public=not public)
        )


def test_a_public_client_cannot_be_let_off_pkce(terminal: CommandLine) -> None:
    terminal.done("clients", "create", "App", "--public", "--redirect-uri", CALLBACK)
    assert "must use PKCE" in terminal.refused("clients", "update", "App", "--pkce", "optional")


def test_whoever_says_nothing_to_change_is_told_what_could_be(
    terminal: CommandLine, shop: dict[str, Any]
) -> None:
    result = terminal.run("clients", "update", shop["client_id"])
    assert result.exit_code == 2
    assert "Say what to change" in result.stderr


def test_a_name_that_several_have_is_refused_with_their_ids(
    terminal: CommandLine, shop: dict[str, Any]
) -> None:
    other = terminal.json("clients", "create", "My shop", "--redirect-uri", CALLBACK)
    answered = terminal.refused("clients", "update", "My shop", "--name", "Which?")
    assert "2 clients are called 'My shop'" in answered
    assert shop["client_id"] in answered
    assert other["client_id"] in answered


def test_a_client_that_is_given_a_key_has_no_secret_any_more(
    terminal: CommandLine, shop: dict[str, Any], tmp_path: Path
) -> None:
    numbers = generate_private_key(SECP256R1()).public_key().public_numbers()
    x, y = (jws.encode(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    key = {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "mine", "alg": "ES256", "use": "sig"}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key]}))
    answered = terminal.json("clients", "update", "My shop", "--jwks", str(tmp_path / "jwks.json"))
    assert (answered["auth_method"], answered["secrets"]) == ("private_key_jwt", 0)
    assert not is_taken(terminal, shop["client_id"], shop["client_secret"])
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": []}))
    refused = terminal.refused("clients", "update", "My shop", "--jwks", str(tmp_path / "jwks.json"))
    assert "cannot be used" in refused
