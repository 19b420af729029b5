"""Server programs of docs/clients.md: log-in, userinfo, refresh, introspection, revocation, log-out (M10)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients import examples, table
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.parts.ports import free_port
from tests.parts.server import Server

PROGRAMS = {"server.mjs": "openid-client", "server.py": "Authlib"}


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The name of an example and the address where it runs."""
    name: str = request.param
    if name.endswith(".mjs"):
        examples.demand(PROGRAMS[name])
    here = f"http://127.0.0.1:{free_port()}"
    uris = ("--redirect-uri", f"{here}/callback", "--post-logout-redirect-uri", f"{here}/bye")
    environ = register(server, name, *uris)
    with examples.running(examples.write(tmp_path, name), PORT=here.rpartition(":")[2], **environ) as child:
        assert examples.line_of(child) == f"listening on {here}"
        yield name, here


def test_a_server_does_all_that_its_library_knows(
    program: tuple[str, str], zoe: Person, tells: table.Teller
) -> None:
    """Unmodified, against a running service."""
    name, here = program
    library = PROGRAMS[name]

    def ask(path: str) -> Any:
        reply = zoe.open(here + path)
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
    done = "log-in, userinfo, ID token, refresh, introspection, revocation, log-out"
    if name == "server.py":
        tells(library, table.pypi(library), "Python", done, line='`code_challenge_method="S256"`')
    else:
        tells(library, table.npm(library), "Node", done)
