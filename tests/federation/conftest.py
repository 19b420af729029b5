"""One app and one issuer elsewhere, by whom people come in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chalice.test import Client

from chalicelib.store import Store
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.federation import in_process, issuer
from tests.federation.in_process import Browser
from tests.federation.issuer import Issuer


@pytest.fixture
def elsewhere(world: World) -> Iterator[Issuer]:
    with issuer.running(world.now) as running:
        yield running


@pytest.fixture
def services(store: Store, world: World, tmp_path: Path, elsewhere: Issuer) -> Services:
    return in_process.services(store, world, tmp_path, PROVIDERS={"elsewhere": issuer.setting(elsewhere)})


@pytest.fixture
def client(services: Services) -> Iterator[Client]:
    with in_process.open_app(services) as client:
        yield client


@pytest.fixture
def browser(client: Client) -> Browser:
    return Browser(client)
