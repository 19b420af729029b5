"""One running service for all client programs, and a person with an account there."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Protocol
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from chalicelib.settings import settings
from chalicelib.wiring import Services, using
from cupbearer.cli import cli
from tests.clients import table
from tests.clients.person import PASSWORD, Person
from tests.parts.server import Server, running
from tests.support import patience


class Service(Protocol):
    """A Cupbearer at an address."""

    @property
    def url(self) -> str: ...


def sign_up(server: Service, username: str) -> None:
    body = json.dumps(
        {"username": username, "password": PASSWORD, "email": f"{username}@example.com"}
    ).encode()
    request = Request(f"{server.url}/users", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=patience.SECONDS) as answer:
        assert answer.status == 201


def register(server: Server, *arguments: str) -> dict[str, str]:
    """Register a client at the command line; return what its programs need, by the names they read."""
    with using(_services(server.environ["CUPBEARER_STORE"], server.url)):
        done = CliRunner().invoke(cli, ["clients", "create", *arguments, "--json"], prog_name="cupbearer")
    assert done.exit_code == 0, done.stderr
    printed = json.loads(done.stdout)
    table.registered(printed["client_id"], *arguments)
    named = {"CLIENT_ID": printed["client_id"], "CLIENT_SECRET": printed.get("client_secret", "")}
    return {"ISSUER": server.url, "AUDIENCE": server.url, **named}


@cache
def _services(store: str, issuer: str) -> Services:
    """What the command line works with, in this process: a test may register dozens."""
    return Services(settings.parse({"CUPBEARER_STORE": store, "CUPBEARER_ISSUER": issuer}))


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as server:
        sign_up(server, "zoe")
        yield server


@pytest.fixture
def zoe() -> Person:
    return Person()


@pytest.fixture
def tells(request: pytest.FixtureRequest) -> table.Teller:
    """Called at a test's end with what its client did: a row of docs/clients.md."""
    return table.Teller(request.path.name)
