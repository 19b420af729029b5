"""What a running server leaves for the command line: issuer, store and settings, found by itself, and no secret."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import patience
from tests.support.command_line import ROOT, environment, run_script

MASTER_KEY = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory that is served from, as a clone is."""
    (tmp_path / ".chalice").mkdir()
    shutil.copy(ROOT / ".chalice" / "config.json", tmp_path / ".chalice")
    shutil.copy(ROOT / "app.py", tmp_path)
    return tmp_path


@dataclass(frozen=True)
class Serving:
    process: "subprocess.Popen[str]"
    said: str

    @property
    def port(self) -> str:
        found = re.search(r"http://localhost:(\d+)", self.said)
        assert found, self.said
        return found[1]


@contextmanager
def serving(project: Path, *arguments: str, lines: int = 2, **env: str) -> Iterator[Serving]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cupbearer.serve", "--port", "0", *arguments], cwd=project, text=True,
        env=environment(PYTHONUNBUFFERED="1", **env), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield Serving(process, "".join(process.stdout.readline() for _ in range(lines)))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=patience.SECONDS)


def words(project: Path) -> list[Path]:
    return [*(project / ".cupbearer").glob("serving-*.json")]


def test_the_command_line_works_on_the_server_that_runs_here_without_being_told(project: Path) -> None:
    store = f"sqlite:///{project}/elsewhere/people.db"
    origins = '["http://localhost:3000"]'
    with serving(
        project, CUPBEARER_STORE=store, CUPBEARER_DEFAULT_SCOPES="a b",
        CUPBEARER_SAMPLES="off", CUPBEARER_ALLOWED_ORIGINS=origins,
    ) as server:  # fmt: skip
        made = run_script(
            project, "users", "create", "Zoe", "--password-stdin", "--json", stdin="a pangolin\n"
        )
        assert made.returncode == 0, made.stderr
        assert json.loads(made.stdout)["scopes"] == ["a", "b"]
        assert (
            f"working on http://localhost:{server.port}, which runs here on elsewhere/people.db"
            in made.stderr
        )
        asked = run_script(project, "users", "grant", "Zoe", "pangolins")
        assert "no route here asks for the scope pangolins" in asked.stderr  # there are no samples there
        page = ("clients", "create", "A page", "--public", "--redirect-uri", "http://localhost:3000/")
        assert "must allow its origin" not in run_script(project, *page).stderr
    assert not (project / ".cupbearer" / "cupbearer.db").exists()
    assert "Zoe" in run_script(project, "users", "list", CUPBEARER_STORE=store).stdout


def test_a_given_setting_wins(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    with serving(project) as server:
        asked = run_script(project, "demo", CUPBEARER_STORE=f"sqlite:///{other}/x.db")
        assert "working on" not in asked.stderr
        assert (other / "x.db").exists()
        asked = run_script(
            project, "users", "create", "Zoe", "--password-stdin", "--json", stdin="a pangolin\n",
            PORT=server.port, CUPBEARER_DEFAULT_SCOPES="",
        )  # fmt: skip
        assert "working on" in asked.stderr
        assert json.loads(asked.stdout)["scopes"] == []


def test_what_is_left_is_private_holds_no_secret_and_goes_with_the_server(project: Path) -> None:
    with serving(project, CUPBEARER_MASTER_KEY=MASTER_KEY):
        (word,) = words(project)
        assert word.stat().st_mode & 0o077 == 0
        assert MASTER_KEY not in word.read_text()
        refused = run_script(project, "keys", "list")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "was given CUPBEARER_MASTER_KEY" in refused.stderr
        assert run_script(project, "keys", "list", CUPBEARER_MASTER_KEY=MASTER_KEY).returncode == 0
    assert words(project) == []


@pytest.mark.parametrize(
    ("way", "shared"),
    [("smtp://localhost:1025", True), ("smtps://cup:deep-red@mail.example", False), ("ssm:/cup/mail", True)],
)
def test_how_mail_leaves_is_shared_unless_a_password_is_in_it(project: Path, way: str, shared: bool) -> None:
    with serving(project, CUPBEARER_MAIL=way, CUPBEARER_MAIL_FROM="no-reply@auth.example", lines=1):
        (word,) = words(project)
        assert ("CUPBEARER_MAIL" in json.loads(word.read_text())["settings"]) == shared
        assert "deep-red" not in word.read_text()


def test_what_a_killed_server_left_is_noticed_and_not_believed(project: Path) -> None:
    with serving(project, CUPBEARER_ISSUER="http://localhost:9") as server:
        server.process.kill()
        server.process.wait(patience.SECONDS)
        assert len(words(project)) == 1
        asked = run_script(project, "users", "list")
        assert f"the server {server.process.pid} that ran here has ended" in asked.stderr
        assert "working on" not in asked.stderr
        assert "has ended" not in run_script(project, "users", "list").stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
def test_what_another_user_left_here_is_not_believed(project: Path) -> None:
    """In a directory that others write to, as /tmp, anybody could name a store of theirs for our passwords."""
    with serving(project, CUPBEARER_ISSUER="http://localhost:9"):
        (word,) = words(project)
        os.chown(word, 65534, 65534)
        asked = run_script(project, "users", "list")
        assert (asked.returncode, "working on" in asked.stderr) == (0, False)
        assert words(project) == [word]
        os.chown(project, 65534, 65534)
        assert "working on http://localhost:9" in run_script(project, "users", "list").stderr


def test_of_two_servers_the_port_says_which(project: Path) -> None:
    stores = [f"sqlite:///{project}/{name}.db" for name in "ab"]
    with serving(project, CUPBEARER_STORE=stores[0]) as a, serving(project, CUPBEARER_STORE=stores[1]) as b:
        refused = run_script(project, "users", "list")
        assert refused.returncode == 1
        assert f"PORT={a.port}" in refused.stderr
        assert f"PORT={b.port}" in refused.stderr
        asked = run_script(project, "users", "list", PORT=b.port)
        assert (asked.returncode, "on b.db" in asked.stderr) == (0, True)


def test_it_says_what_it_serves_and_what_to_do_next(project: Path) -> None:
    with serving(project, lines=3) as server:
        assert "from sqlite:///.cupbearer/cupbearer.db" in server.said
        assert f"curl http://localhost:{server.port}/cats" in server.said
        assert "cupbearer demo" in server.said or "cupbearer.cli demo" in server.said
        assert f"shown: http://localhost:{server.port}/outbox" in server.said
        assert max(map(len, server.said.splitlines())) <= 100


def test_a_program_is_told_in_json_what_is_served(project: Path) -> None:
    with serving(project, "--json", lines=1) as server:
        printed = json.loads(server.said)
        assert printed["url"] == printed["issuer"] == f"http://localhost:{printed['port']}"
        assert (printed["store"], printed["pid"]) == ("sqlite:///.cupbearer/cupbearer.db", server.process.pid)


def failing(project: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "cupbearer.serve", *arguments]
    ended = subprocess.run(
        command,
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=patience.SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr


def test_a_stage_that_is_not_there_is_refused_with_those_that_are(project: Path) -> None:
    assert "there is no stage 'nope'" in (printed := failing(project, "--port", "0", "--stage", "nope"))
    assert "dev, prod" in printed


def test_a_port_in_use_is_answered_by_how_to_take_another(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert re.search(r"PORT=\d+ make serve", failing(project, "--port", str(port)))
