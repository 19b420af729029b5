"""One service, one program that uses its library, and one browser for all tests of the library."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.library import sites
from tests.parts.ports import free_port
from tests.parts.server import Server, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.library.visitor import Visitor


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    listed = json.dumps(sites.origins(port))
    with (
        running(tmp_path_factory.mktemp("library"), ALLOWED_ORIGINS=listed) as server,
        sites.served(server, port),
    ):
        yield Server(server.url, server.port, {**server.environ, "SITE_PORT": str(port)}, server.process)


@pytest.fixture
def visitor(chromium: "Browser", service: Server) -> Iterator["Visitor"]:
    """Somebody who is logged in at the service's own pages, and not yet at the application."""
    yield from _at(chromium, service, is_known=True)


@pytest.fixture
def stranger(chromium: "Browser", service: Server) -> Iterator["Visitor"]:
    """Somebody with an account, who is logged in nowhere."""
    yield from _at(chromium, service, is_known=False)


def _at(chromium: "Browser", service: Server, *, is_known: bool) -> Iterator["Visitor"]:
    from tests.library.visitor import Visitor

    visitor = Visitor.at(chromium, service, is_known=is_known)
    yield visitor
    visitor.assert_kept_to_the_policy()
    visitor.context.close()
