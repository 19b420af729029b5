"""Both engines, on real parts."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.store import Insert, Key, Record, Store
from tests.conftest import Clock
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
