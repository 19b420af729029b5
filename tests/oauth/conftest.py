"""One server, one confidential client, one person, one browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.store import Store
from chalicelib.world import World
from tests.oauth.documents import Site, site_at
from tests.oauth.server import App, Browser, Server, open_server, services


@pytest.fixture
def server(store: Store, world: World, tmp_path: Path) -> Iterator[Server]:
    with open_server(services(store, world, tmp_path)) as server:
        yield server


@pytest.fixture
def shop(server: Server) -> App:
    return server.client()


@pytest.fixture
def zoe(server: Server) -> LogInResult:
    return server.person("zoe", name="Zoë", email="zoe@example.com")


@pytest.fixture
def browser(server: Server, zoe: LogInResult) -> Browser:  # zoe: there is somebody to log in
    return server.browser()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with site_at(tmp_path, monkeypatch) as site:
        yield site


@pytest.fixture
def agent(server: Server, site: Site) -> App:
    site.says()
    return site.client(server)
