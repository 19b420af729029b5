"""Every command that changes something tells a program what it did, in JSON, and nothing else on standard output."""

import json
from pathlib import Path

import pytest

from chalicelib import VERSION
from chalicelib.world import World
from tests.support.command_line import PHRASE, CommandLine, run_script


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def test_changes_of_a_user_give_the_user_and_whether_it_changed(terminal: CommandLine) -> None:
    terminal.make()
    printed = terminal.json("users", "grant", "Zoe", "pangolins")
    assert (printed["scopes"], printed["changed"]) == (["get:profile", "pangolins"], True)
    assert terminal.json("users", "grant", "Zoe", "pangolins")["changed"] is False
    assert terminal.json("users", "revoke", "Zoe", "pangolins")["scopes"] == ["get:profile"]
    assert terminal.json("users", "unlock", "Zoe")["username"] == "Zoe"
    printed = terminal.json("users", "disable", "Zoe")
    assert (printed["disabled"], printed["changed"]) == (True, True)
    assert terminal.json("users", "disable", "Zoe")["changed"] is False
    printed = terminal.json("users", "enable", "Zoe")
    assert (printed["disabled"], printed["changed"]) == (False, True)


def test_a_new_password_a_deletion_and_an_end_of_sessions_are_told(terminal: CommandLine) -> None:
    user = terminal.make()
    out = terminal.done(
        "users", "set-password", "Zoe", "--password-stdin", "--json", stdin=PHRASE + " more\n"
    )
    assert json.loads(out)["user_id"] == user.user_id
    ended = terminal.json("sessions", "end", "Zoe", "--all", "--yes")
    assert ended == {"user_id": user.user_id, "username": "Zoe", "ended": "all"}
    assert terminal.json("users", "export")["users"][0]["username"] == "Zoe"
    gone = terminal.json("users", "delete", "Zoe", "--yes")
    assert gone == {"user_id": user.user_id, "username": "Zoe", "deleted": True}


def test_changes_of_clients_and_keys_are_told(terminal: CommandLine) -> None:
    made = terminal.json("clients", "create", "job", "--grant", "client_credentials", "--scope", "pangolins")
    client = made["client_id"]
    assert terminal.json("clients", "disable", client)["disabled"] is True
    assert terminal.json("clients", "enable", client)["disabled"] is False
    assert terminal.json("clients", "delete", client, "--yes")["deleted"] is True
    rotated = terminal.json("keys", "rotate", "--ring", "both")["rotated"]
    assert [key["ring"] for key in rotated] == ["signing", "refresh"]
    assert {key["kid"] for key in rotated} <= {
        key["kid"] for keys in terminal.json("keys", "list").values() for key in keys
    }


def test_the_demo_and_the_version_are_told(terminal: CommandLine, tmp_path: Path) -> None:
    first, second = terminal.json("demo"), terminal.json("demo")
    assert [user["username"] for user in first["users"]] == ["Cthon98", "AzureDiamond"]
    assert all(user["password"] for user in first["users"])
    assert not any(user["password"] for user in second["users"])
    assert json.loads(run_script(tmp_path, "version", "--json").stdout) == {"version": VERSION}


def test_the_demo_without_samples_gives_no_scope_and_shows_a_route_that_is_there(tmp_path: Path) -> None:
    printed = run_script(tmp_path, "demo", CUPBEARER_SAMPLES="off").stdout
    assert "Cthon98: no scope" in printed
    assert "/users/me -H" in printed
    assert "pangolins" not in printed


@pytest.mark.parametrize(
    ("typed", "hint"), [("pangolin", "did you mean pangolins?"), ("xyz", "Routes ask for:")]
)
def test_a_scope_that_no_route_asks_for_is_given_with_a_warning(
    terminal: CommandLine, typed: str, hint: str
) -> None:
    terminal.make()
    printed = terminal.run("users", "grant", "Zoe", typed)
    assert printed.exit_code == 0
    assert f"no route here asks for the scope {typed}; {hint}" in printed.stderr
    assert "warning" not in terminal.run("users", "grant", "Zoe", "users:write").stderr
    other = terminal.run("users", "create", "Ann", "--password-stdin", "--scope", typed, stdin=PHRASE)
    assert hint in other.stderr


@pytest.mark.parametrize(
    "command",
    [("users", "grant", "Zoe", "bad scope"), ("users", "revoke", "Zoe", "bad scope"),
     ("users", "create", "Ann", "--scope", "bad scope")],
)  # fmt: skip
def test_two_scopes_in_one_word_are_refused(terminal: CommandLine, command: tuple[str, ...]) -> None:
    terminal.make()
    printed = terminal.run(*command)
    assert printed.exit_code == 2
    assert "'bad scope' is 2 scopes in one word" in printed.stderr
    assert terminal.json("users", "show", "Zoe")["scopes"] == ["get:profile"]


def test_a_session_that_is_not_there_is_answered_by_where_to_look(terminal: CommandLine) -> None:
    terminal.make()
    printed = terminal.refused("sessions", "end", "Zoe", "abc")
    assert printed == "Zoe has no session 'abc': cupbearer sessions list Zoe shows the ids."


def test_where_there_is_no_client_it_says_how_one_is_made(terminal: CommandLine) -> None:
    printed = terminal.run("clients", "list")
    assert (printed.exit_code, printed.stdout) == (0, "")
    assert "cupbearer clients create --help" in printed.stderr
