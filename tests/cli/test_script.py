"""The script as an operator runs it: a process of its own, beside a running server."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import click
import pytest
from click.testing import CliRunner

from chalicelib import VERSION
from cupbearer.cli import COMMANDS, cli
from cupbearer.cli.commands import Commands
from tests.support import patience
from tests.support.command_line import PHRASE, ROOT, SECRET, environment, run_script, script

MASTER_KEY = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A server on the store in a directory; its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cupbearer.serve", "--port", "0"], cwd=ROOT, text=True,
        env=environment(CUPBEARER_STORE=f"sqlite:///{tmp_path}/.cupbearer/cupbearer.db", PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://localhost:\d+", line)
    try:
        assert found, line
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=patience.SECONDS)


def call(method: str, url: str, body: object = None, token: str = "") -> tuple[int, dict[str, object]]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, headers, method=method), timeout=patience.SECONDS) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def test_server_and_command_line_see_each_others_changes(tmp_path: Path, served: str) -> None:
    """ST-5: two processes, one store."""

    def run(*arguments: str, stdin: str = "") -> str:
        ended = run_script(tmp_path, *arguments, stdin=stdin, PORT=served.rpartition(":")[2])
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    assert call("POST", f"{served}/users", {"username": "Zoe", "password": PHRASE})[0] == 201
    assert "Zoe" in run("users", "list")
    _, first = call("POST", f"{served}/sessions", {"username": "Zoe", "password": PHRASE})
    assert call("GET", f"{served}/pangolins", token=str(first["access_token"]))[0] == 403
    run("users", "grant", "Zoe", "pangolins")
    status, fresh = call("POST", f"{served}/sessions/refresh", {"refresh_token": first["refresh_token"]})
    assert status == 200
    token = str(fresh["access_token"])
    assert call("GET", f"{served}/pangolins", token=token)[0] == 200
    assert "let through" in run("why-denied", "-", "GET", "/pangolins", stdin=token + "\n")
    run("users", "disable", "Zoe")
    status, refused = call("POST", f"{served}/sessions/refresh", {"refresh_token": fresh["refresh_token"]})
    assert (status, refused["code"]) == (401, "disabled")
    assert call("POST", f"{served}/sessions", {"username": "Zoe", "password": PHRASE})[0] == 401
    assert '"log_in_failed"' in run("audit", "Zoe", "--json")


def test_a_password_typed_at_a_terminal_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*script(), "users", "create", "Zoe"], cwd=tmp_path, env=environment(), start_new_session=True,
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        for prompt in (b"New password: ", b"Once more: "):
            while not shown.endswith(prompt):
                shown += terminal.read(1)
            # The prompt stands before the echo is turned off, which forgets what was typed till then.
            patience.until(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO)
            terminal.write(PHRASE.encode() + b"\n")
        while b"id  " not in shown:
            shown += terminal.read(1)
        assert process.wait(timeout=patience.SECONDS) == 0
    assert PHRASE.encode() not in shown
    assert "Zoe" in run_script(tmp_path, "users", "show", "Zoe").stdout


def test_the_store_is_the_one_in_the_working_directory_and_private(tmp_path: Path) -> None:
    first = run_script(tmp_path, "demo")
    assert first.returncode == 0, first.stderr
    assert "a new one begins" in first.stderr
    assert run_script(tmp_path, "demo").stderr == ""
    kept = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / ".cupbearer").iterdir()}
    assert kept.keys() >= {"cupbearer.db", "master.key"}
    assert set(kept.values()) == {0}


TROUBLE = {
    "a setting": ({"CUPBEARER_STORE": "postgres://x"}, "CUPBEARER_STORE"),
    "a weak key": ({"CUPBEARER_MASTER_KEY": "0" * 64}, "CUPBEARER_MASTER_KEY"),
    "a store out of reach": ({"CUPBEARER_STORE": "sqlite:////proc/none/x.db"}, "The store cannot be used"),
    "no region": ({"CUPBEARER_STORE": "dynamodb://some-table", "CUPBEARER_MASTER_KEY": MASTER_KEY}, "region"),
    "no table": (
        {"CUPBEARER_STORE": "dynamodb://some-table", "CUPBEARER_MASTER_KEY": MASTER_KEY,
         "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_DEFAULT_REGION": "us-east-1",
         "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}, "The store cannot be used"),
}  # fmt: skip


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_is_one_sentence_and_never_a_traceback(tmp_path: Path, name: str) -> None:
    variables, sentence = TROUBLE[name]
    ended = run_script(tmp_path, "users", "list", **variables)
    assert ended.returncode == 1
    assert ended.stdout == ""
    printed = [line for line in ended.stderr.splitlines() if "a new one begins" not in line]
    assert len(printed) == 1
    assert printed[0].startswith("cupbearer: ")
    assert sentence in printed[0]
    assert MASTER_KEY not in ended.stderr


def test_another_master_key_is_told_as_what_it_is(tmp_path: Path) -> None:
    run_script(tmp_path, "demo")
    assert run_script(tmp_path, "keys", "rotate").returncode == 0
    served = run_script(
        tmp_path, "why-denied", "-", "GET", "/profile", stdin="x\n", CUPBEARER_MASTER_KEY=MASTER_KEY
    )
    assert "Traceback" not in served.stderr


def test_a_table_is_made_only_where_one_is_used(tmp_path: Path) -> None:
    ended = run_script(tmp_path, "table", "create")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "SQLite" in ended.stderr


def test_a_mistyped_command_line_ends_with_status_2(tmp_path: Path) -> None:
    for arguments in (
        ("user",),
        ("users", "grant", "Zoe"),
        ("keys", "rotate", "--ring", "none"),
        ("sessions", "end", "Zoe"),
    ):
        ended = run_script(tmp_path, *arguments)
        assert ended.returncode == 2
        assert ended.stderr.startswith("Usage: cupbearer")
    assert not (tmp_path / ".cupbearer").exists()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("user",), "Did you mean users?"),
        (("users", "lst"), "Did you mean list?"),
        (("keys", "xyz"), "There are: list, rotate."),
    ],
)
def test_a_mistyped_command_is_answered_by_the_one_that_was_meant(words: tuple[str, ...], hint: str) -> None:
    printed = CliRunner().invoke(cli, words)
    assert (printed.exit_code, hint in printed.stderr) == (2, True), printed.stderr


def test_a_table_on_a_terminal_is_at_most_100_columns_wide(tmp_path: Path) -> None:
    run_script(tmp_path, "demo")
    run_script(tmp_path, "users", "grant", "Cthon98", *(f"a:very:long:scope:{n}" for n in range(20)))
    ours, theirs = pty.openpty()
    command = [*script(), "users", "list"]
    env = environment(COLUMNS="300", TERM="xterm")
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=theirs, stderr=subprocess.DEVNULL
    ) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # EIO: its end of the terminal is closed
            while some := os.read(ours, 65536):
                shown += some
        process.wait(timeout=patience.SECONDS)
    os.close(ours)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()
    assert max(map(len, lines)) <= 100


def test_a_defect_is_told_by_its_type_and_shown_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise KeyError("a secret that the defect holds")

    monkeypatch.setattr(import_module("cupbearer.cli.version").command, "callback", broken)
    printed = CliRunner().invoke(cli, ["version"])
    assert printed.exit_code == 1
    assert "KeyError" in printed.stderr
    assert "--traceback" in printed.stderr
    assert "secret" not in printed.stderr
    assert isinstance(CliRunner().invoke(cli, ["--traceback", "version"]).exception, KeyError)


def test_version_is_quick(tmp_path: Path) -> None:
    """Nothing of the service is imported for it; the bound is of processor time, whatever else the machine does."""

    def seconds() -> float:
        before = os.times()
        assert run_script(tmp_path, "version").stdout == f"cupbearer {VERSION}\n"
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])  # of children that have ended, for us and in the kernel

    assert min(seconds() for _ in range(5)) < 1


def test_output_that_is_not_a_terminal_has_no_colours_and_one_line_a_record(tmp_path: Path) -> None:
    run_script(tmp_path, "demo")
    run_script(tmp_path, "users", "grant", "Cthon98", *(f"a:very:long:scope:{n}" for n in range(20)))
    printed = run_script(tmp_path, "users", "list").stdout
    assert len(printed.splitlines()) == 3
    assert "\x1b" not in printed
    assert "a:very:long:scope:19" in printed


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_every_command_has_a_help_and_every_leaf_examples() -> None:
    for path, command in commands(cli):
        printed = CliRunner().invoke(cli, [*path, "--help"], prog_name="cupbearer")
        assert printed.exit_code == 0, path
        assert command.help or command.short_help, path
        assert all(p.help for p in command.params if isinstance(p, click.Option)), path
        if path != ("version",):
            assert f"cupbearer {' '.join(path)}" in printed.output.partition("Examples:")[2], path


def test_every_command_can_answer_programs() -> None:
    for path, command in commands(cli):
        if not isinstance(command, click.Group):
            assert any("--json" in parameter.opts for parameter in command.params), path


def test_no_command_takes_a_secret_as_an_option() -> None:
    """Arguments are seen by every process of a machine."""
    for path, command in commands(cli):
        for parameter in command.params:
            secret = re.search("password|secret|phrase", parameter.name or "")
            assert not secret or (isinstance(parameter, click.Option) and parameter.is_flag), path


def test_a_command_whose_module_is_missing_is_not_shown() -> None:
    group = Commands(
        "some", commands_from={"there": COMMANDS["version"], "later": "cupbearer.cli.later:command"}
    )
    assert group.list_commands(click.Context(group)) == ["there"]
    ended = CliRunner().invoke(group, ["later"])
    assert ended.exit_code == 2
    assert "No such command" in ended.stderr


def test_no_command_prints_a_secret(tmp_path: Path) -> None:
    """LG-2: over a store with sessions and keys, every command that looks at something."""
    (tmp_path / "zoe.jsonl").write_text('{"username": "Zoe", "password_hash": "$2b$04$' + "a" * 53 + '"}\n')
    run_script(tmp_path, "users", "import", "zoe.jsonl")
    run_script(tmp_path, "users", "set-password", "Zoe", "--password-stdin", stdin=PHRASE)
    looks = (
        ("users", "list"),
        ("users", "show", "Zoe"),
        ("sessions", "list", "Zoe"),
        ("keys", "list"),
        ("audit", "Zoe"),
    )
    for look in looks:
        for form in ((), ("--json",)):
            ended = run_script(tmp_path, *look, *form)
            assert ended.returncode == 0, ended.stderr
            assert not SECRET.search(ended.stdout + ended.stderr), look
    assert not SECRET.search(run_script(tmp_path, "users", "export").stdout)
