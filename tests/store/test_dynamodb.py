import pytest

from chalicelib.store import Store
from tests.conftest import Clock
from tests.store.contract import StoreContract
from tests.store.places import DynamoPlace

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def store(dynamodb: DynamoPlace, clock: Clock) -> Store:
    return dynamodb.open(now=clock)


class TestDynamo(StoreContract):
    """The contract over DynamoDB's wire protocol."""
