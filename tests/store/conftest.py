"""Both engines, on real parts."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from chalicelib.store import Insert, Key, Record, Store
from chalicelib.store.dynamodb import create_table
from tests.conftest import Clock
from tests.parts import ministack
from tests.parts.faulty import FaultyProxy
from tests.store.places import FAR, DynamoPlace
from tests.store.reading import read


@pytest.fixture
def clock() -> Clock:
    return Clock(now=FAR)


@pytest.fixture
def partition() -> str:
    """A partition that no other test writes to."""
    return f"test-{secrets.token_hex(8)}"


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
        client = place.client()
        create_table(client, table)
        yield place
        client.delete_table(TableName=table)


@pytest.fixture
def proxy(dynamodb: DynamoPlace) -> Iterator[FaultyProxy]:
    with FaultyProxy(dynamodb.endpoint) as proxy:
        yield proxy


@pytest.fixture
def asked() -> list[str]:
    """The requests that were made."""
    return []


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the store meant to wait."""
    return []


@pytest.fixture
def faulty(
    dynamodb: DynamoPlace, proxy: FaultyProxy, asked: list[str], waits: list[float], partition: str
) -> Store:
    """A store behind the proxy, with the records ``a`` and ``b``."""
    dynamodb.open().commit(Insert(Key(partition, "a"), {"n": 1}), Insert(Key(partition, "b"), {}))
    return replace(dynamodb, endpoint=proxy.url).open(
        on_request=lambda name, _units: asked.append(name), sleep=waits.append
    )


@pytest.fixture
def record(dynamodb: DynamoPlace, faulty: Store, partition: str) -> Record:
    return read(dynamodb.open(), Key(partition, "a"))
