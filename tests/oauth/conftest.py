"""One house, one confidential client, one person, one browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.store import Store
from chalicelib.world import World
from tests.oauth.house import App, Browser, House, open_house, services


@pytest.fixture
def house(store: Store, world: World, tmp_path: Path) -> Iterator[House]:
    with open_house(services(store, world, tmp_path)) as house:
        yield house


@pytest.fixture
def shop(house: House) -> App:
    return house.client()


@pytest.fixture
def zoe(house: House) -> LogInResult:
    return house.person("zoe", name="Zoë", email="zoe@example.com")


@pytest.fixture
def browser(house: House, zoe: LogInResult) -> Browser:  # zoe: there is somebody to log in
    return house.browser()
