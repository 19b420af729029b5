"""One server, one operator, and a browser at which the operator is logged in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import World
from tests.oauth.server import Browser, Server, open_server, services

Asked = Callable[[Callable[[], object]], int]
ASKED: list[str] = []


@pytest.fixture
def server(tmp_path: Path, world: World) -> Iterator[Server]:
    store = SqliteStore(
        tmp_path / "cupbearer.db",
        now=world.now,
        nonce=world.identifier,
        on_request=lambda verb, _: ASKED.append(verb),
    )
    with open_server(services(store, world, tmp_path)) as server:
        yield server
    store.close()


@pytest.fixture
def asked(server: Server) -> Asked:
    """Count the requests to the store that something makes."""

    def count(act: Callable[[], object]) -> int:
        ASKED.clear()
        act()
        return len(ASKED)

    return count


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
