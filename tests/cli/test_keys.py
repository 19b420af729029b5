"""Keys, sessions and the demo users at the command line."""

from pathlib import Path

import pytest

from chalicelib.errors import InvalidToken, RefreshRefused
from chalicelib.keys.rotation import PUBLISH_AHEAD_SECONDS
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.conftest import Clock
from tests.support.command_line import SOURCE, CommandLine


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def phrase_of(printed: str, username: str) -> str:
    (line,) = (line for line in printed.splitlines() if line.startswith(username))
    return line.rpartition(" ")[2]


def elsewhere(terminal: CommandLine) -> Services:
    """Another process on the same store, which has cached nothing."""
    return Services(terminal.services.settings, terminal.services.world)


def test_an_ordinary_rotation_is_noticed_by_nobody(terminal: CommandLine, clock: Clock) -> None:
    """KM-2."""
    terminal.make()
    token = terminal.log_in().access_token
    terminal.done("keys", "rotate")
    old, new = terminal.json("keys", "list")["signing"]
    assert (old["state"], new["state"]) == ("current", "next")
    assert elsewhere(terminal).tokens.bearer.verify(token).client_id == "cupbearer"
    clock.advance(PUBLISH_AHEAD_SECONDS)
    assert [key["state"] for key in terminal.json("keys", "list")["signing"]] == ["retiring", "current"]


def test_a_key_may_be_published_hours_before_it_signs(terminal: CommandLine, clock: Clock) -> None:
    """KM-2: for verifiers that keep keys longer than they are told. What the old key signs until then counts."""
    terminal.make()
    terminal.done("keys", "rotate", "--ahead", "3")
    published = terminal.services.keys.ring.jwks()
    clock.advance(3 * 3600 - 1)
    token = terminal.log_in().access_token
    assert [key["state"] for key in terminal.json("keys", "list")["signing"]] == ["current", "next"]
    clock.advance(1)
    assert [key["state"] for key in terminal.json("keys", "list")["signing"]] == ["retiring", "current"]
    assert elsewhere(terminal).tokens.bearer.verify(token)
    assert elsewhere(terminal).keys.ring.jwks() == published


@pytest.mark.parametrize("with_it", [("--emergency", "--yes"), ("--ring", "both"), ("--ring", "refresh")])
def test_hours_ahead_are_for_an_ordinary_rotation_of_the_signing_ring(
    terminal: CommandLine, with_it: tuple[str, ...]
) -> None:
    assert terminal.run("keys", "rotate", "--ahead", "3", *with_it).exit_code == 2


def test_an_emergency_asks_and_then_the_old_key_counts_no_more_while_sessions_go_on(
    terminal: CommandLine,
) -> None:
    terminal.make()
    signed_in = terminal.log_in()
    assert "--yes" in terminal.refused("keys", "rotate", "--emergency")
    terminal.done("keys", "rotate", "--emergency", "--yes")
    assert [key["state"] for key in terminal.json("keys", "list")["signing"]] == ["current"]
    with pytest.raises(InvalidToken):
        elsewhere(terminal).tokens.bearer.verify(signed_in.access_token)
    again = elsewhere(terminal).authentication.log_in.refresh(signed_in.refresh_token, source=SOURCE)
    assert elsewhere(terminal).tokens.bearer.verify(again.access_token).sid == signed_in.session_id


def test_the_refresh_ring_rotates_without_a_log_out(terminal: CommandLine, clock: Clock) -> None:
    terminal.make()
    signed_in = terminal.log_in()
    terminal.done("keys", "rotate", "--ring", "refresh")
    clock.advance(600)
    assert [key["state"] for key in terminal.json("keys", "list")["refresh"]] == ["retiring", "current"]
    assert len(terminal.json("keys", "list")["signing"]) == 1
    assert (
        elsewhere(terminal)
        .authentication.log_in.refresh(signed_in.refresh_token, source=SOURCE)
        .user.username
        == "Zoe"
    )


def test_an_emergency_of_the_refresh_ring_logs_everybody_out(terminal: CommandLine) -> None:
    terminal.make()
    signed_in = terminal.log_in()
    terminal.done("keys", "rotate", "--ring", "both", "--emergency", "--yes")
    assert [key["state"] for key in terminal.json("keys", "list")["refresh"]] == ["current"]
    with pytest.raises(RefreshRefused):
        elsewhere(terminal).authentication.log_in.refresh(signed_in.refresh_token, source=SOURCE)
    assert elsewhere(terminal).authentication.log_in.with_password(
        username="Zoe", password="a phrase of some length", source=SOURCE
    )


def test_the_list_of_keys_is_for_people_too(terminal: CommandLine) -> None:
    printed = terminal.done("keys", "list")
    assert "EdDSA" in printed
    assert len(printed.splitlines()) == 3


def test_one_session_is_ended_by_its_id_and_the_others_go_on(terminal: CommandLine) -> None:
    terminal.make()
    one, other = terminal.log_in(), terminal.log_in()
    assert {s["session_id"] for s in terminal.json("sessions", "list", "Zoe")["sessions"]} == {
        one.session_id,
        other.session_id,
    }
    terminal.done("sessions", "end", "Zoe", one.session_id)
    with pytest.raises(RefreshRefused):
        terminal.services.authentication.log_in.refresh(one.refresh_token, source=SOURCE)
    assert (
        terminal.services.authentication.log_in.refresh(other.refresh_token, source=SOURCE).user.username
        == "Zoe"
    )
    assert "has no session" in terminal.refused("sessions", "end", "Zoe", one.session_id)


def test_all_sessions_are_ended_at_once(terminal: CommandLine) -> None:
    terminal.make()
    terminal.log_in()
    terminal.log_in()
    assert terminal.run("sessions", "end", "Zoe").exit_code == 2
    assert "--yes" in terminal.refused("sessions", "end", "Zoe", "--all")
    terminal.done("sessions", "end", "Zoe", "--all", "--yes")
    assert terminal.json("sessions", "list", "Zoe") == {"sessions": []}
    assert "nowhere" in terminal.run("sessions", "list", "Zoe").stderr


def test_the_demo_users_log_in_and_hold_what_is_said(terminal: CommandLine) -> None:
    printed = terminal.done("demo")
    for name, scope in (("Cthon98", {"pangolins"}), ("AzureDiamond", set())):
        assert terminal.log_in(name, phrase_of(printed, name)).scope == scope


def test_demo_again_mends_scopes_and_leaves_the_pass_phrases(terminal: CommandLine) -> None:
    phrase = phrase_of(terminal.done("demo"), "Cthon98")
    terminal.done("users", "revoke", "Cthon98", "pangolins")
    terminal.done("users", "grant", "AzureDiamond", "pangolins")
    terminal.done("users", "disable", "Cthon98")
    assert phrase not in terminal.done("demo")
    assert terminal.log_in("Cthon98", phrase).scope == {"pangolins"}
    assert terminal.json("users", "show", "AzureDiamond")["scopes"] == []
    assert len(terminal.json("users", "list")["users"]) == 2


def test_demo_makes_new_pass_phrases_when_asked(terminal: CommandLine) -> None:
    old = phrase_of(terminal.done("demo"), "Cthon98")
    new = phrase_of(terminal.done("demo", "--new-passwords"), "Cthon98")
    assert new != old
    assert terminal.log_in("Cthon98", new).user.username == "Cthon98"


def test_production_has_no_demo_users(tmp_path: Path, world: World) -> None:
    """DP-2."""
    from dataclasses import replace

    terminal = CommandLine.at(tmp_path, world)
    terminal.services.settings = replace(terminal.services.settings, production=True)
    assert "production" in terminal.refused("demo")
    assert terminal.json("users", "list")["users"] == []
