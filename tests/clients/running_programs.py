"""Many web programs in one process: examples of the documents and programs of tests/clients/programs."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.clients import examples
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.parts.ports import free_port
from tests.parts.server import Server
from tests.support import children, patience

PROGRAMS = Path(__file__).parent / "programs"
COOKIE_SECRET = "a secret of the program's own, for its cookies"


@dataclass
class Programs:
    """``at`` is where each program listens, ``clients`` the id of the client that it is."""

    server: Server
    folder: Path
    at: dict[str, str] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)
    planned: list[dict[str, Any]] = field(default_factory=list)

    def place(self, name: str) -> str:
        """Return where a program is going to listen."""
        return self.at.setdefault(name, f"http://127.0.0.1:{free_port()}")

    def register(self, name: str, *arguments: str) -> dict[str, str]:
        """Register the client that a program is; return its variables."""
        environ = register(self.server, name, *arguments)
        self.clients[name] = environ["CLIENT_ID"]
        return environ

    def plan(self, name: str, environ: dict[str, str]) -> None:
        """Write a program down, to be run with these variables."""
        path = self.folder / f"run-{name}"  # no module that it imports is called so
        text = examples.examples().get(name) or (PROGRAMS / name).read_text(encoding="utf-8")
        path.write_text(text, encoding="utf-8")
        port = self.place(name).rpartition(":")[2]
        environ = {"ISSUER": self.server.url, **environ, "PORT": port, "COOKIE_SECRET": COOKIE_SECRET}
        self.planned.append({"path": str(path), "environ": environ})

    @contextmanager
    def running(self, *command: str) -> Iterator["Programs"]:
        """Run what is planned, until each program takes connections."""
        (self.folder / "planned.json").write_text(json.dumps(self.planned), encoding="utf-8")
        with (
            (self.folder / "log").open("w") as log,
            children.running(
                [*command, "planned.json"], cwd=self.folder, stdout=subprocess.PIPE, stderr=log, text=True
            ) as child,
        ):
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n", (self.folder / "log").read_text()
            patience.until(lambda: all(connects(url) for url in self.at.values()))
            yield self


def connects(url: str) -> bool:
    """Return whether something listens at an address of this machine."""
    try:
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))).close()
    except ConnectionRefusedError:
        return False
    return True


def told(person: Person, url: str) -> Any:
    """Return the JSON that a person's way from an address ends at."""
    reply = person.open(url)
    assert reply.status == 200, reply.text
    return json.loads(reply.text)
