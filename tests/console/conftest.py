"""One server, one operator, and a browser at which the operator is logged in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.store import Store
from chalicelib.world import World
from tests.oauth.server import Browser, Server, open_server, services


@pytest.fixture
def server(store: Store, world: World, tmp_path: Path) -> Iterator[Server]:
    with open_server(services(store, world, tmp_path)) as server:
        yield server


@pytest.fixture
def ada(server: Server) -> LogInResult:
    return server.person("ada", granted="get:profile users:read users:write")


@pytest.fixture
def zoe(server: Server) -> LogInResult:
    return server.person("zoe", name="Zoë", email="zoe@example.com")


@pytest.fixture
def browser(server: Server) -> Browser:
    return server.browser()


@pytest.fixture
def console(browser: Browser, ada: LogInResult) -> Browser:
    browser.log_in(username="ada")
    return browser
