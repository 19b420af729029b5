"""A server's log: each request once, for people on a terminal and as JSON elsewhere (LG-2)."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

from tests.cli.test_served import project
from tests.support import patience
from tests.support.command_line import environment

__all__ = ["project"]

SERVE = [sys.executable, "-m", "cupbearer.serve", "--port", "0"]
ASKED = ("/cats?secret=canary", "/profile", "/no-such-path", "/health")


def ask(line: str) -> None:
    found = re.search(r"http://localhost:(\d+)", line)
    assert found, line
    for path in ASKED:
        connection = HTTPConnection("127.0.0.1", int(found[1]), timeout=patience.SECONDS)
        connection.request("GET", path)
        connection.getresponse().read()
        connection.close()


def served(project: Path, stderr: int) -> None:
    """Serve, ask for a few paths and end; standard error goes where it is told."""
    process = subprocess.Popen(
        SERVE,
        cwd=project,
        env=environment(PYTHONUNBUFFERED="1"),
        text=True,
        stdout=subprocess.PIPE,
        stderr=stderr,
    )
    assert process.stdout is not None
    try:
        ask(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=patience.SECONDS)
    assert not any(path in rest for path in ("/profile", "/health"))


def test_on_a_terminal_each_request_is_one_line_for_people(project: Path) -> None:
    ours, theirs = pty.openpty()
    served(project, theirs)
    os.close(theirs)
    shown = b""
    try:
        while more := os.read(ours, 65536):
            shown += more
    except OSError:  # Linux tells so that the other end is closed
        pass
    os.close(ours)
    text = shown.decode()
    for path, status in (("/cats", 200), ("/profile", 401), ("/no-such-path", 404), ("/health", 200)):
        assert len(re.findall(rf"GET {path} {status}\b", text)) == 1, text
    assert "{" not in text
    assert "canary" not in text
    assert len([line for line in text.splitlines() if "GET" in line]) == len(ASKED)


def test_elsewhere_each_request_is_one_line_of_json_without_its_path(project: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as file:
        served(project, file.fileno())
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    requests = [line["status"] for line in lines if line["event"] == "request"]
    assert requests == [200, 401, 404, 200]
    assert "/no-such-path" not in log.read_text()
    assert "canary" not in log.read_text()
