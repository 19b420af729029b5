"""Clients that describe themselves, at the command line: listed, shown, disabled for good, changed nowhere (CD-15)."""

from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.oauth import client_document
from chalicelib.world import World
from tests.support.command_line import CommandLine

AGENT = "https://app.example.com/oauth/client.json"
DAY = 24 * 60 * 60


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    terminal = CommandLine.at(tmp_path, world)
    says = {"client_id": AGENT, "client_name": "Agent", "redirect_uris": ["https://app.example.com/cb"]}
    now = world.timestamp()
    client, described = client_document.described(says, AGENT, now=now, fresh_seconds=300)
    records = terminal.services.oauth.clients.records
    records.describe(replace(client, document=described), None, until=now + 30 * DAY)
    return terminal


def test_it_is_listed_and_shown_by_its_address(terminal: CommandLine) -> None:
    assert "document" in terminal.done("clients", "list")
    shown = terminal.json("clients", "show", AGENT)
    assert (shown["origin"], shown["name"], shown["auth_method"]) == ("document", "Agent", "none")
    assert shown["document"]["fresh_seconds"] == 300
    assert shown["scopes"] == ["email", "offline_access", "openid", "profile"]
    assert "fetched_at" in terminal.done("clients", "show", "Agent")


def test_it_is_disabled_for_good_and_changed_nowhere(terminal: CommandLine) -> None:
    assert terminal.json("clients", "disable", AGENT)["disabled"] is True
    (record,) = (terminal.services.oauth.clients.require(AGENT).record,)
    assert record is not None
    assert record.expires_at is None
    for words in (("update", AGENT, "--name", "Mine"), ("update", AGENT, "--trusted")):
        refused = terminal.run("clients", *words)
        assert refused.exit_code != 0
        assert "its document says" in refused.stderr
    assert terminal.run("clients", "rotate-secret", AGENT).exit_code != 0
