"""The whole service as a child process on loopback: a free port, a SQLite store and an issuer of its own."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.parts.ports import free_port
from tests.support import children, patience

ROOT = Path(__file__).parents[2]
SERVE = [sys.executable, "-m", "cupbearer.serve"]
PLAIN = [sys.executable, "-c", "from chalice.cli import main; main()", "local", "--no-autoreload"]


@dataclass(frozen=True)
class Server:
    """A running service. ``url`` is its issuer; ``environ`` is what the command line needs to work on its store."""

    url: str
    port: int
    environ: Mapping[str, str]
    process: "subprocess.Popen[bytes]"
    project: Path = ROOT

    def command(self, *arguments: str) -> str:
        """Run ``cupbearer …`` on this service's store and return what it printed."""
        command = [sys.executable, "-m", "cupbearer.cli", *arguments]
        done = subprocess.run(
            command,
            cwd=self.project,
            env=dict(self.environ),
            capture_output=True,
            text=True,
            timeout=patience.SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextlib.contextmanager
def running(
    folder: Path,
    *,
    port: int | None = None,
    plain: bool = False,
    project: Path = ROOT,
    aws: Mapping[str, str] | None = None,
    **settings: str,
) -> Iterator[Server]:
    """Serve from ``folder``; ``settings`` are ``CUPBEARER_`` variables without their beginning.

    ``plain`` serves with ``chalice local`` in place of ``make serve``; ``project`` is somebody's own clone; ``aws`` is what
    the SDK finds in its environment.
    """
    port = port or free_port()
    url = f"http://localhost:{port}"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CUPBEARER_")}
    environ |= {"PORT": str(port), "CUPBEARER_STORE": f"sqlite:///{folder / 'cupbearer.db'}"}
    environ |= {"CUPBEARER_ISSUER": url, **{f"CUPBEARER_{name}": value for name, value in settings.items()}}
    environ |= aws or {}
    command = [*(PLAIN if plain else SERVE), "--port", str(port)]
    with (
        (folder / "server.log").open("wb") as log,
        children.running(command, cwd=project, env=environ, stdout=log, stderr=subprocess.STDOUT) as child,
    ):
        _wait(child, port, folder / "server.log")
        yield Server(url, port, environ, child, project)


def _wait(child: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + patience.SECONDS
    while time.monotonic() < end and child.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=patience.SECONDS)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"the service did not start:\n{log.read_text()}")
