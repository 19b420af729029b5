"""Agents at work: the MCP server of examples/mcp beside a Cupbearer of its own, and MCP clients that use its tools."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.clients import examples
from tests.clients.person import Person
from tests.parts import missing
from tests.parts.ports import free_port
from tests.support import children
from tests.support.command_line import environment

ROOT = examples.ROOT
READY = "Ctrl-C ends it."
AN_HOUR = 3600  # seconds: no access token lives so long


@dataclass(frozen=True)
class Notes:
    """The notes server at ``mcp``, whose Cupbearer is at ``url``, run from ``folder``. ``said`` is what it tells people to do."""

    mcp: str
    url: str
    folder: Path
    said: str

    def command(self, *arguments: str) -> Any:
        """Run ``cupbearer … --json`` where the server runs; return what it printed."""
        command = [sys.executable, "-m", "cupbearer.cli", *arguments, "--json"]
        done = subprocess.run(
            command, cwd=self.folder, env=environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@contextmanager
def notes_server(folder: Path, **settings: str) -> Iterator[Notes]:
    """Start both as ``make mcp`` does, in a folder that is served from as a clone is."""
    if not (ROOT / ".venv-mcp" / "bin" / "python").exists():
        missing("the MCP SDK", install="make parts")
    (folder / ".chalice").mkdir()
    shutil.copy(ROOT / ".chalice" / "config.json", folder / ".chalice")
    shutil.copy(ROOT / "app.py", folder)
    port, mcp_port = free_port(), free_port()
    more = {"CUPBEARER_SIGNING_ALG": "RS256", **settings}
    env = environment(PORT=str(port), MCP_PORT=str(mcp_port), **more)
    command: list[str | Path] = [sys.executable, "-m", "examples.mcp.start"]
    with (
        (folder / "log").open("w") as log,
        children.running(
            command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=log, text=True
        ) as child,
    ):
        said = ""
        assert child.stdout is not None
        while READY not in said:
            line = child.stdout.readline()
            assert line, (folder / "log").read_text()
            said += line
        yield Notes(f"http://localhost:{mcp_port}/mcp", f"http://localhost:{port}", folder, said)


@dataclass
class Agent:
    """A running MCP client and its person, whom it sends to a browser. ``asked`` are the scopes of each time that it did."""

    child: "subprocess.Popen[str]"
    person: Person
    asked: list[set[str]] = field(default_factory=list)

    @classmethod
    def begin(cls, child: "subprocess.Popen[str]", person: Person, **known: str) -> "Agent":
        """Let it forget whatever it has, and know no more than this: its ``client_id``, or where a ``document`` describes it."""
        agent = cls(child, person)
        agent.tell({"begin": known})
        return agent

    def call(self, tool: str, *, later: int = 0, **arguments: str) -> dict[str, Any]:
        """Let it call a tool, so many seconds later; return what the tool ``says``, or what ``failed``."""
        self.tell({"tool": tool, "arguments": arguments, "later": later})
        assert self.child.stdout is not None
        while line := self.child.stdout.readline():
            said: dict[str, Any] = json.loads(line)
            if "open" not in said:
                return said
            self.asked.append(set(parse_qs(urlsplit(said["open"]).query)["scope"][0].split()))
            self.person.open(said["open"])
        raise AssertionError("the agent ended")

    def tell(self, what: dict[str, Any]) -> None:
        """Send it a line."""
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(what) + "\n")
        self.child.stdin.flush()


@contextmanager
def program(
    command: Sequence[str | Path], notes: Notes, log: Path, **environ: str
) -> Iterator["subprocess.Popen[str]"]:
    """Start an MCP client that one agent after another can be."""
    env = {**os.environ, "MCP_SERVER": notes.mcp, **environ}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with (
        log.open("w") as errors,
        children.running(command, env=env, stderr=errors, text=True, **pipes) as child,
    ):
        yield child
