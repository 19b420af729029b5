"""Server programs of docs/clients.md: log-in, userinfo, refresh, introspection, revocation, log-out (M10)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients import examples
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.parts.ports import free_port
from tests.parts.server import Server

PROGRAMS = {"server.mjs": "openid-client", "server.py": None}


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[str]:
    """The address of a running program."""
    name, package = request.param, PROGRAMS[request.param]
    if package:
        examples.demand(package)
    here = f"http://127.0.0.1:{free_port()}"
    uris = ("--redirect-uri", f"{here}/callback", "--post-logout-redirect-uri", f"{here}/bye")
    environ = register(server, name, *uris)
    with examples.running(examples.write(tmp_path, name), PORT=here.rpartition(":")[2], **environ) as child:
        assert examples.line_of(child) == f"listening on {here}"
        yield here


def test_a_server_does_all_that_its_library_knows(program: str, zoe: Person) -> None:
    """Unmodified, against a running service."""

    def ask(path: str) -> Any:
        reply = zoe.open(program + path)
        assert reply.status == 200, reply.text
        return json.loads(reply.text)

    sub = ask("/login")["sub"]
    who = ask("/who")
    assert (who["sub"], who["preferred_username"], who["email"]) == (sub, "zoe", "zoe@example.com")
    assert ask("/renew") == {"renewed": True}
    assert ask("/who")["sub"] == sub
    assert ask("/introspect")["active"] is True
    assert ask("/login")["sub"] == sub  # logged in and consented already: no page comes
    assert ask("/logout") == {"bye": True}
    assert ask("/login")["sub"] == sub
    assert ask("/revoke") == {"revoked": True}
    assert ask("/introspect") == {"active": False}
