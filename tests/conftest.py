"""Fixtures every test may ask for: a clock that moves when told, a world on it, real stores."""

import gc
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from chalicelib import logs
from chalicelib.store.dynamodb import create_table
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM, World
from cupbearer.testing import AppUnderTest, Clock
from tests.parts import ministack
from tests.store.places import DynamoPlace
from tests.support import described

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.races import Processes

__all__ = ["Clock"]

# No example is timed: a busy machine is no fault of the code. And CI makes up examples too, by the seed that it prints,
# where hypothesis's own profile for CI would try the same ones for ever.
hypothesis.settings.register_profile(
    "cupbearer",
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("cupbearer")


LONG = {  # files of more than a dozen seconds: begun last, one of them would keep one worker busy and the others idle
    "tests/accounts/test_factor_races.py",
    "tests/accounts/test_races.py",
    "tests/accounts/test_ticket_races.py",
    "tests/bench/test_bench.py",
    "tests/clients/test_programs.py",
    "tests/console/test_eyes.py",
    "tests/deploy/test_deploying.py",
    "tests/deploy/test_gateway_equals_local.py",
    "tests/deploy/test_mutations.py",
    "tests/deploy/test_package.py",
    "tests/deploy/test_plain_chalice_deploy.py",
    "tests/journeys/test_adoption.py",
    "tests/journeys/test_trouble.py",
    "tests/library/test_code_mode.py",
    "tests/oauth/test_races.py",
    "tests/pages/test_each_page.py",
    "tests/pages/test_entrance.py",
    "tests/pages/test_layout.py",
    "tests/pages/test_losses.py",
    "tests/pages/test_safety.py",
    "tests/pages/test_states.py",
    "tests/pages/test_walk.py",
    "tests/pages/test_ways_back.py",
    "tests/pages/test_weight.py",
    "tests/store/test_races.py",
}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let long files begin in the first half of a run: each keeps its place in the random order, at half its rank."""
    files = list(dict.fromkeys(item.nodeid.partition("::")[0] for item in items))
    begins = {file: rank / 2 if file in LONG else rank for rank, file in enumerate(files)}
    items.sort(key=lambda item: begins[item.nodeid.partition("::")[0]])


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over all that was collected: it stays, and is a hundred times what a test makes."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _logs_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``caplog`` hear our log whatever an earlier test of this process has set up."""
    monkeypatch.setattr(logs.LOGGER, "propagate", True)
    monkeypatch.setattr(logs.LOGGER, "handlers", [])


@pytest.fixture(autouse=True)
def _the_environment_stays() -> Iterator[None]:
    """Chalice's own test client replaces ``os.environ`` for each request: used by two threads it would not come back."""
    before = os.environ
    yield
    assert os.environ is before


@pytest.fixture
def cupbearer(cupbearer: AppUnderTest) -> AppUnderTest:
    """The plugin's own, with every answer of every test held against the OpenAPI description."""
    cupbearer.on_reply = described.check
    return cupbearer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(now=clock, monotonic=clock, sleep=SYSTEM.sleep)


@pytest.fixture
def store(tmp_path: Path, world: World) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "cupbearer.db", now=world.now, nonce=world.identifier)
    yield store
    store.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """A real browser: one for all tests of a process."""
    from tests.parts.chromium import launched

    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def processes() -> Iterator["Processes"]:
    """The processes in which all races of this run are run."""
    from tests.support import races

    with races.begun() as begun:
        yield begun


@pytest.fixture(scope="session")
def dynamodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoPlace]:
    """A new table, in ministack or where CUPBEARER_TEST_DYNAMODB_ENDPOINT says."""
    table = f"cupbearer-test-{secrets.token_hex(4)}"
    region = os.environ.get("AWS_DEFAULT_REGION", ministack.REGION)
    endpoint = os.environ.get("CUPBEARER_TEST_DYNAMODB_ENDPOINT")
    with ExitStack() as parts:
        if endpoint:
            place = DynamoPlace(endpoint, table, None, region)
        else:
            log = tmp_path_factory.mktemp("ministack") / "log"
            endpoint = parts.enter_context(ministack.running(log))
            place = DynamoPlace(endpoint, table, (ministack.access_key(), "test"), region)
        client = replace(place, patient=True).client()  # the first answers of an emulator take long
        create_table(client, table)
        yield place
        client.delete_table(TableName=table)
