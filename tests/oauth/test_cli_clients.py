"""Clients at the command line: made, shown, rotated, disabled, deleted; secrets shown once (OP-6, LG-1)."""

import json
from pathlib import Path

import pytest

from chalicelib.audit.trail import Source
from chalicelib.oauth.client_authentication import Credentials
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.world import World
from tests.oauth.house import CALLBACK
from tests.support.cli_desk import Desk


@pytest.fixture
def desk(tmp_path: Path, world: World) -> Desk:
    return Desk.at(tmp_path, world)


def is_taken(desk: Desk, client_id: str, secret: str) -> bool:
    authentication = desk.services.oauth.authentication
    try:
        authentication.authenticate(Credentials(client_id, secret), source=Source())
    except OAuthRefusal:
        return False
    return True


def test_a_client_is_made_and_its_secret_shown_once(desk: Desk) -> None:
    made = desk.json("clients", "create", "My shop", "--redirect-uri", CALLBACK)
    assert set(made) == {"client_id", "client_secret", "grants", "scopes"}
    assert is_taken(desk, made["client_id"], made["client_secret"])
    shown = desk.done("clients", "show", made["client_id"]) + desk.done("clients", "list")
    assert "My shop" in shown
    assert made["client_secret"] not in shown
    told = desk.json("clients", "show", made["client_id"])
    assert told["grants"] == ["authorization_code", "refresh_token"]
    assert told["scopes"] == ["email", "offline_access", "openid", "profile"]
    assert (told["auth_method"], told["secrets"]) == ("client_secret", 1)


def test_a_public_client_has_no_secret(desk: Desk) -> None:
    assert set(desk.json("clients", "create", "App", "--public", "--redirect-uri", CALLBACK)) == {
        "client_id",
        "grants",
        "scopes",
    }


def test_what_a_client_may_have_is_said_when_it_is_made(desk: Desk) -> None:
    """Of anything else that it asks for it gets nothing."""
    made = desk.json("clients", "create", "My shop", "--redirect-uri", CALLBACK)
    assert made["scopes"] == ["email", "offline_access", "openid", "profile"]
    assert made["grants"] == ["authorization_code", "refresh_token"]
    said = desk.done(
        "clients", "create", "job", "--grant", "client_credentials", "--scope", "pangolins orders:write"
    )
    assert "orders:write pangolins" in said
    assert "client_credentials" in said


def test_two_secrets_work_after_a_rotation(desk: Desk) -> None:
    made = desk.json(
        "clients", "create", "job", "--grant", "client_credentials", "--scope", "a b", "--scope", "c"
    )
    again = desk.json("clients", "rotate-secret", made["client_id"])
    assert again["client_id"] == made["client_id"]
    assert is_taken(desk, made["client_id"], made["client_secret"])
    assert is_taken(desk, made["client_id"], again["client_secret"])
    assert desk.json("clients", "show", made["client_id"])["scopes"] == ["a", "b", "c"]


def test_disable_enable_and_delete(desk: Desk) -> None:
    made = desk.json("clients", "create", "job", "--grant", "client_credentials")
    client_id, secret = made["client_id"], made["client_secret"]
    desk.done("clients", "disable", client_id)
    assert not is_taken(desk, client_id, secret)
    desk.done("clients", "enable", client_id)
    assert is_taken(desk, client_id, secret)
    assert "terminal" in desk.refused("clients", "delete", client_id)
    desk.done("clients", "delete", client_id, "--yes")
    assert not is_taken(desk, client_id, secret)
    assert desk.json("clients", "list") == {"clients": []}
    events, _ = desk.services.audit.of(f"client:{client_id}")
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
            "is none of: authorization_code, refresh_token, client_credentials, device_code.",
        ),
        (
            ("--public",),
            "needs a redirect URI (--redirect-uri), or the grant of a device (--grant device_code)",
        ),
        (("--grant", "authorization_code"), "needs a redirect URI"),
        (("--grant", "client_credentials", "--public"), "no credentials"),
        (("--scope", 'a"b'), "printable ASCII"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_a_sentence(
    desk: Desk, options: tuple[str, ...], says: str
) -> None:
    assert says in desk.refused("clients", "create", "Bad", *options)


def test_a_key_set_is_checked_when_it_is_given(desk: Desk, tmp_path: Path) -> None:
    for text, says in (
        ("x", "not JSON"),
        ("[]", "not a JWK set"),
        (json.dumps({"keys": []}), "cannot be used"),
    ):
        (tmp_path / "jwks.json").write_text(text)
        told = desk.refused(
            "clients", "create", "Bad", "--grant", "client_credentials", "--jwks", str(tmp_path / "jwks.json")
        )
        assert says in told


def test_an_unknown_client_is_answered_by_where_to_look(desk: Desk) -> None:
    for command in ("show", "rotate-secret", "disable", "enable", "delete"):
        told = desk.refused("clients", command, "nobody")
        assert told.startswith("There is no client 'nobody': give its id or its name; cupbearer clients list")


def test_a_client_is_found_by_a_name_that_only_one_has(desk: Desk) -> None:
    ids = [
        desk.json("clients", "create", name, "--grant", "client_credentials")["client_id"]
        for name in ("one", "two", "two")
    ]
    assert desk.json("clients", "show", "one")["client_id"] == ids[0]
    assert desk.json("clients", "disable", "one")["disabled"] is True
    told = desk.refused("clients", "delete", "two", "--yes")
    assert "2 clients are called 'two'" in told
    assert ids[1] in told
    assert ids[2] in told
