"""Clients at the command line: made, shown, rotated, disabled, deleted; secrets shown once (OP-6, LG-1)."""

import json
import re
from pathlib import Path

import pytest

from chalicelib.audit.trail import Source
from chalicelib.oauth.client_authentication import Credentials
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.world import World
from tests.oauth.server import CALLBACK
from tests.support.command_line import CommandLine


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def is_taken(terminal: CommandLine, client_id: str, secret: str) -> bool:
    authentication = terminal.services.oauth.client_authentication
    try:
        authentication.authenticate(Credentials(client_id, secret), source=Source())
    except OAuthRefusal:
        return False
    return True


def test_a_client_is_made_and_its_secret_shown_once(terminal: CommandLine) -> None:
    made = terminal.json("clients", "create", "My shop", "--redirect-uri", CALLBACK)
    assert set(made) == {"client_id", "client_secret", "grants", "scopes"}
    assert is_taken(terminal, made["client_id"], made["client_secret"])
    shown = terminal.done("clients", "show", made["client_id"]) + terminal.done("clients", "list")
    assert "My shop" in shown
    assert not re.search(r"None|\(\)", shown)  # what there is none of is a hyphen
    assert made["client_secret"] not in shown
    answered = terminal.json("clients", "show", made["client_id"])
    assert answered["grants"] == ["authorization_code", "refresh_token"]
    assert answered["scopes"] == ["email", "offline_access", "openid", "profile"]
    assert (answered["auth_method"], answered["secrets"]) == ("client_secret", 1)


def test_a_public_client_has_no_secret(terminal: CommandLine) -> None:
    assert set(terminal.json("clients", "create", "App", "--public", "--redirect-uri", CALLBACK)) == {
        "client_id",
        "grants",
        "scopes",
    }


def test_a_public_client_is_told_which_origin_to_allow(tmp_path: Path, world: World) -> None:
    """BR-3: else a browser keeps our answers from its pages."""
    terminal = CommandLine.at(tmp_path, world, ALLOWED_ORIGINS='["https://known.example"]')

    def said(*options: str) -> str:
        result = terminal.run("clients", "create", "App", *options)
        assert result.exit_code == 0
        return result.stderr

    uris = ("--redirect-uri", "https://app.example/a", "--redirect-uri", "https://app.example/b")
    assert """CUPBEARER_ALLOWED_ORIGINS='["https://known.example", "https://app.example"]'""" in said(
        "--public", *uris
    )
    for options in (
        uris,  # a server's
        ("--public", "--redirect-uri", "https://known.example/cb"),
        ("--public", "--redirect-uri", "com.example.app:/cb"),
        ("--public", "--grant", "device_code"),
    ):
        assert "ALLOWED_ORIGINS" not in said(*options)


def test_what_a_client_may_have_is_said_when_it_is_made(terminal: CommandLine) -> None:
    """Of anything else that it asks for it gets nothing."""
    made = terminal.json("clients", "create", "My shop", "--redirect-uri", CALLBACK)
    assert made["scopes"] == ["email", "offline_access", "openid", "profile"]
    assert made["grants"] == ["authorization_code", "refresh_token"]
    said = terminal.done(
        "clients", "create", "job", "--grant", "client_credentials", "--scope", "pangolins orders:write"
    )
    assert "orders:write pangolins" in said
    assert "client_credentials" in said


def test_two_secrets_work_after_a_rotation(terminal: CommandLine) -> None:
    made = terminal.json(
        "clients", "create", "job", "--grant", "client_credentials", "--scope", "a b", "--scope", "c"
    )
    again = terminal.json("clients", "rotate-secret", made["client_id"])
    assert again["client_id"] == made["client_id"]
    assert is_taken(terminal, made["client_id"], made["client_secret"])
    assert is_taken(terminal, made["client_id"], again["client_secret"])
    assert terminal.json("clients", "show", made["client_id"])["scopes"] == ["a", "b", "c"]


def test_disable_enable_and_delete(terminal: CommandLine) -> None:
    made = terminal.json("clients", "create", "job", "--grant", "client_credentials")
    client_id, secret = made["client_id"], made["client_secret"]
    terminal.done("clients", "disable", client_id)
    assert not is_taken(terminal, client_id, secret)
    terminal.done("clients", "enable", client_id)
    assert is_taken(terminal, client_id, secret)
    assert "terminal" in terminal.refused("clients", "delete", client_id)
    terminal.done("clients", "delete", client_id, "--yes")
    assert not is_taken(terminal, client_id, secret)
    assert terminal.json("clients", "list") == {"clients": []}
    events, _ = terminal.services.audit.of(f"client:{client_id}")
    assert {event.event for event in events} == {
        "client_created",
        "client_disabled",
        "client_enabled",
        "client_deleted",
    }


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--redirect-uri", "http://evil.example/cb"), "must be https"),
        (("--redirect-uri", "https://shop.example/cb#x"), "without fragment"),
        (("--redirect-uri", "javascript:alert(1)"), "must be https"),
        (("--redirect-uri", "https://a@shop.example/cb"), "user name"),
        (("--post-logout-redirect-uri", "nonsense"), "absolute URI"),
        (("--grant", "password"), "'password' is none of"),
        (
            ("--grant", "urn:device"),
            "is none of: authorization_code, refresh_token, client_credentials, device_code, token_exchange.",
        ),
        (
            ("--public",),
            "needs a redirect URI, or the grant of a device: device_code",
        ),
        (("--grant", "authorization_code"), "needs a redirect URI"),
        (("--grant", "client_credentials", "--public"), "no credentials"),
        (("--scope", 'a"b'), "printable ASCII"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_a_sentence(
    terminal: CommandLine, options: tuple[str, ...], says: str
) -> None:
    assert says in terminal.refused("clients", "create", "Bad", *options)


def test_a_key_set_is_checked_when_it_is_given(terminal: CommandLine, tmp_path: Path) -> None:
    for text, says in (
        ("x", "not JSON"),
        ("[]", "not a JWK set"),
        (json.dumps({"keys": []}), "cannot be used"),
    ):
        (tmp_path / "jwks.json").write_text(text)
        answered = terminal.refused(
            "clients", "create", "Bad", "--grant", "client_credentials", "--jwks", str(tmp_path / "jwks.json")
        )
        assert says in answered


def test_an_unknown_client_is_answered_by_where_to_look(terminal: CommandLine) -> None:
    for command in ("show", "rotate-secret", "disable", "enable", "delete"):
        answered = terminal.refused("clients", command, "nobody")
        assert answered.startswith(
            "There is no client 'nobody': give its id or its name; cupbearer clients list"
        )


def test_a_client_is_found_by_a_name_that_only_one_has(terminal: CommandLine) -> None:
    ids = [
        terminal.json("clients", "create", name, "--grant", "client_credentials")["client_id"]
        for name in ("one", "two", "two")
    ]
    assert terminal.json("clients", "show", "one")["client_id"] == ids[0]
    assert terminal.json("clients", "disable", "one")["disabled"] is True
    answered = terminal.refused("clients", "delete", "two", "--yes")
    assert "2 clients are called 'two'" in answered
    assert ids[1] in answered
    assert ids[2] in answered
