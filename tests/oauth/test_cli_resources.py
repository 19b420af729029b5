"""Resources at the command line: registered, listed, changed, removed, and written down (RI-1)."""

from pathlib import Path

import pytest

from chalicelib.scopes import PROTOCOL
from chalicelib.world import World
from tests.support.command_line import CommandLine

ORDERS = "https://api.example.com"
READ = "orders:read=Read your orders"


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def test_an_api_is_registered_listed_and_shown_by_its_identifier_or_its_name(terminal: CommandLine) -> None:
    made = terminal.json("resources", "create", ORDERS, "--name", "Orders", "--scope", READ)
    assert (made["resource"], made["scopes"]) == (ORDERS, {"orders:read": "Read your orders"})
    assert terminal.json("resources", "list") == {"resources": [made]}
    for name in (ORDERS, "Orders", "https://API.example.com:443/"):
        assert terminal.json("resources", "show", name) == made
    for said in (terminal.done("resources", "show", "Orders"), terminal.done("resources", "list")):
        assert "orders:read" in said
        assert "clients registered with its scopes" in said


def test_without_a_name_it_goes_by_its_host(terminal: CommandLine) -> None:
    assert terminal.json("resources", "create", ORDERS, "--scope", READ)["name"] == "api.example.com"


def test_it_is_changed_word_by_word_and_its_identifier_stays(terminal: CommandLine) -> None:
    terminal.done("resources", "create", ORDERS, "--scope", READ)
    changed = terminal.json(
        "resources",
        "update",
        ORDERS,
        "--name",
        "Orders",
        "--scope",
        "orders:write=Place orders",
        "--host-metadata",
    )
    assert (changed["resource"], changed["name"], changed["host_metadata"]) == (ORDERS, "Orders", True)
    assert changed["scopes"] == {"orders:read": "Read your orders", "orders:write": "Place orders"}
    changed = terminal.json(
        "resources", "update", "Orders", "--remove-scope", "orders:write", "--scope", "orders:read=See orders"
    )
    assert changed["scopes"] == {"orders:read": "See orders"}
    assert "no scope orders:send: it has orders:read" in terminal.refused(
        "resources", "update", "Orders", "--remove-scope", "orders:send"
    )
    result = terminal.run("resources", "update", "Orders")
    assert (result.exit_code, "--help" in result.stderr) == (2, True)


def test_it_is_opened_to_clients_that_no_operator_registered_and_closed_again(terminal: CommandLine) -> None:
    """RI-14."""
    made = terminal.json("resources", "create", ORDERS, "--scope", READ)
    assert (made["open_to_clients"], terminal.services.oauth.resources.open_scopes()) == (False, PROTOCOL)
    opened = terminal.json("resources", "update", ORDERS, "--for-any-client")
    assert (opened["open_to_clients"], terminal.services.oauth.resources.open_scopes()) == (
        True,
        PROTOCOL | {"orders:read"},
    )
    for said in (terminal.done("resources", "show", ORDERS), terminal.done("resources", "list")):
        assert "any client" in said
    assert terminal.json("resources", "update", ORDERS, "--name", "Orders")["open_to_clients"]
    assert not terminal.json("resources", "update", ORDERS, "--no-for-any-client")["open_to_clients"]
    assert terminal.services.oauth.resources.open_scopes() == PROTOCOL


def test_it_is_removed_only_when_that_is_meant(terminal: CommandLine) -> None:
    terminal.done("resources", "create", ORDERS, "--scope", READ)
    terminal.refused("resources", "delete", ORDERS)
    assert terminal.json("resources", "delete", ORDERS, "--yes") == {"resource": ORDERS, "deleted": True}
    assert terminal.json("resources", "list") == {"resources": []}
    assert "There is no resource" in terminal.refused("resources", "show", ORDERS)


@pytest.mark.parametrize(
    ("identifier", "why"),
    [
        ("api.example.com", "absolute URI"),
        ("/orders", "absolute URI"),
        (f"{ORDERS}#part", "fragment"),
        (f"{ORDERS}/a b", "absolute URI"),
        ("https://", "absolute URI"),
        ("urn:example:orders#part", "fragment"),
        (f"{ORDERS}/{'x' * 255}", "255 characters"),
        ("http://api.example.com", "https"),
        ("http://localhost:8000/", "our own API"),
    ],
)
def test_what_is_no_identifier_of_an_api_of_others_is_refused(
    terminal: CommandLine, identifier: str, why: str
) -> None:
    """RI-1."""
    assert why in terminal.refused("resources", "create", identifier, "--scope", READ)
    assert terminal.json("resources", "list") == {"resources": []}


@pytest.mark.parametrize(
    "scope", ["orders:read", "orders:read=", "=Read", "openid=Know you", "a b=Read", "x=\x1b[2J"]
)
def test_a_scope_without_words_or_of_openid_is_refused(terminal: CommandLine, scope: str) -> None:
    terminal.refused("resources", "create", ORDERS, "--scope", scope)
    assert terminal.json("resources", "list") == {"resources": []}


def test_an_api_has_one_scope_at_least_and_is_registered_once(terminal: CommandLine) -> None:
    assert "one scope" in terminal.refused("resources", "create", ORDERS)
    terminal.done("resources", "create", ORDERS, "--scope", READ)
    assert "already" in terminal.refused("resources", "create", f"{ORDERS}/", "--scope", READ)
    assert "one scope" in terminal.refused("resources", "update", ORDERS, "--remove-scope", "orders:read")


def test_a_name_that_two_have_is_not_guessed(terminal: CommandLine) -> None:
    for identifier in (ORDERS, "urn:example:orders"):
        terminal.done("resources", "create", identifier, "--name", "Orders", "--scope", READ)
    assert "urn:example:orders" in terminal.refused("resources", "delete", "Orders", "--yes")


def test_every_change_is_in_the_trail(terminal: CommandLine) -> None:
    """LG-1."""
    terminal.done("resources", "create", ORDERS, "--scope", READ)
    terminal.done("resources", "update", ORDERS, "--name", "Orders")
    terminal.done("resources", "delete", ORDERS, "--yes")
    events, _ = terminal.services.audit.of(f"resource:{ORDERS}")
    said = {(each.event, each.actor) for each in events}
    assert said == {(f"resource_{act}", "operator") for act in ("created", "changed", "deleted")}
