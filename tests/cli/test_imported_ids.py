"""People who move in keep their ids (DL-3): well formed, nobody's here, and claimed once."""

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.audit.trail import OPERATOR
from chalicelib.users.user import User
from chalicelib.world import World
from cupbearer.testing import AppUnderTest
from tests.support.command_line import ROOT, CommandLine

UUID = "3f6c2d1e-0c7e-4a51-9d0e-2b9b7a3a5c11"
ELSEWHERE = (UUID, "user_2NNEqL2nrIRdJ194ndJqAHwEfxC", "507f1f77bcf86cd799439020", "7", "Zz_" + "9" * 61)


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def entry(username: str, user_id: Any = UUID, **more: Any) -> dict[str, Any]:
    return {"username": username, "user_id": user_id, **more}


def brought(terminal: CommandLine, *lines: dict[str, Any], options: tuple[str, ...] = ()) -> Any:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return json.loads(terminal.run("users", "import", "-", "--json", *options, stdin=text).stdout)


def reasons(report: Any) -> list[tuple[int, str]]:
    return [(failure["line"], failure["reason"]) for failure in report["failed"]]


def found(terminal: CommandLine, username: str) -> User:
    user = terminal.services.accounts.users.find(username)
    assert user is not None
    return user


@pytest.mark.parametrize("user_id", ELSEWHERE)
@pytest.mark.parametrize("kind", ["jwt", "opaque"])
def test_an_id_of_elsewhere_is_in_every_token_and_works_wherever_an_id_is_read(
    user_id: str, kind: str, tmp_path: Path
) -> None:
    with AppUnderTest(ROOT, tmp_path, {"CUPBEARER_ACCESS_TOKENS": kind}) as at:
        terminal = CommandLine(at.services, tmp_path)
        assert brought(terminal, entry("Zoe", user_id))["imported"] == 1
        terminal.done("users", "set-password", user_id, "--password-stdin", stdin="a pangolin in the rain\n")
        client = at.client()
        assert client.log_in(username="Zoe", password="a pangolin in the rain").status == 201
        assert client.refresh().status == 200
        me = client.get("/users/me")
        assert (me.status, me.json["user"]["user_id"]) == (200, user_id)
        browser, refresh_token = at.services.authentication.browser_sessions, client.refresh_token or ""
        live = browser.find(browser.token_for(refresh_token))
        assert live is not None
        assert live.user.user_id == user_id
    assert at.services.accounts.users.page()[0][0].user_id == user_id


def test_an_export_into_another_service_keeps_every_id(tmp_path: Path, world: World) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    terminals = []
    for folder in (here, there):
        folder.mkdir()
        terminals.append(CommandLine.at(folder, world))
    old, new = terminals
    for name in ("Zoe", "Yan"):
        old.make(name)
    new.done("users", "import", "-", stdin=old.done("users", "export"))
    for name in ("Zoe", "Yan"):
        assert found(new, name).user_id == found(old, name).user_id


@pytest.mark.parametrize(
    "user_id",
    ["", "a b", "auth0|5f7c8ec7", "../me", "a.b", "-", "-a", "_a", "é", "a\n", "a#b", "9" * 65, 7, ["a"], "nobody", "Operator"],
)  # fmt: skip
@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_an_id_that_is_not_well_formed_fails_its_line_and_says_the_rule(
    user_id: Any, options: tuple[str, ...], terminal: CommandLine
) -> None:
    report = brought(terminal, entry("Zoe", user_id), entry("Yan"), options=options)
    assert report["imported"] == 1
    ((line, reason),) = reasons(report)
    assert line == 1
    assert "user_id" in reason
    if isinstance(user_id, str):
        assert "1 to 64 letters, digits, hyphens and underscores" in reason
        assert "--new-ids" in reason


def test_an_id_that_the_trail_or_a_route_has_for_something_else_is_nobodys(terminal: CommandLine) -> None:
    """One who is called "operator" would act in the name of the command line; at /users/me is whoever asks."""
    import app

    beside = {route.path.removeprefix("/users/") for route in app.TABLE if route.path.startswith("/users/")}
    words = {path.split("/")[0] for path in beside if not path.startswith("{")} | {OPERATOR}
    assert {"me", "email", "operator"} <= words
    report = brought(terminal, *(entry(f"Zoe {number}", word) for number, word in enumerate(sorted(words))))
    assert (report["imported"], len(reasons(report))) == (0, len(words))


def test_new_ids_are_given_where_that_is_asked_for(terminal: CommandLine) -> None:
    report = brought(terminal, entry("Zoe"), entry("Yan", "auth0|5f7c8ec7"), options=("--new-ids",))
    assert report["imported"] == 2
    assert {found(terminal, "Zoe").user_id, found(terminal, "Yan").user_id}.isdisjoint(
        {UUID, "auth0|5f7c8ec7"}
    )


@pytest.mark.parametrize("options", [("--dry-run",), ()])
def test_an_id_that_is_somebodys_or_was_is_refused_and_a_dry_run_knows_it(
    options: tuple[str, ...], terminal: CommandLine
) -> None:
    here, gone = terminal.make("Xi"), terminal.make("Wim")
    terminal.done("users", "delete", "Wim", "--yes")
    lines = (entry("Zoe", here.user_id), entry("Yan", gone.user_id), entry("Vera"), entry("Una"))
    report = brought(terminal, *lines, options=options)
    taken = "This id is, or was, another account's."
    assert reasons(report) == [(1, taken), (2, taken), (4, "Line 3 has the same user_id.")]
    assert report["imported"] == 1
    assert found(terminal, "Xi") == here


def test_a_resumed_import_leaves_who_is_there_and_tells_who_only_has_the_name(terminal: CommandLine) -> None:
    terminal.make("Xi")
    lines = (entry("Zoe"), entry("Yan", "7", email="yan@example.com", email_verified=True), entry("Xi", "8"))
    first = brought(terminal, *lines)
    another = (3, "This user name is taken by an account with another id.")
    assert (first["imported"], first["present"], reasons(first)) == (2, 0, [another])
    for options in (("--dry-run",), ()):
        again = brought(terminal, *lines, options=options)
        assert (again["imported"], again["present"], reasons(again)) == (0, 2, [another])


def test_who_is_there_already_need_not_be_named_by_id(terminal: CommandLine) -> None:
    brought(terminal, entry("Zoe"))
    assert brought(terminal, {"username": "Zoe"})["present"] == 1
    assert brought(terminal, entry("Zoe", "another"), options=("--new-ids",))["present"] == 1
