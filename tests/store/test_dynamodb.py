import subprocess
import sys

import pytest

from chalicelib.store import Store
from chalicelib.store.dynamodb import client_config, create_table
from tests.conftest import Clock
from tests.store.contract import StoreContract
from tests.store.places import DynamoPlace


@pytest.fixture
def store(dynamodb: DynamoPlace, clock: Clock) -> Store:
    return dynamodb.open(now=clock)


@pytest.mark.dynamodb
class TestDynamo(StoreContract):
    """The contract over DynamoDB's wire protocol."""


@pytest.mark.dynamodb
def test_the_table_is_on_demand_with_expiry_recovery_and_protection(
    dynamodb: DynamoPlace, partition: str
) -> None:
    """DL-3."""
    client = dynamodb.client()
    create_table(client, partition, protect=True)
    create_table(client, partition)
    table = client.describe_table(TableName=partition)["Table"]
    expiry = client.describe_time_to_live(TableName=partition)["TimeToLiveDescription"]
    backups = client.describe_continuous_backups(TableName=partition)["ContinuousBackupsDescription"]
    client.update_table(TableName=partition, DeletionProtectionEnabled=False)
    client.delete_table(TableName=partition)
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    assert (expiry["AttributeName"], expiry["TimeToLiveStatus"]) == ("expires_at", "ENABLED")
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_the_sdk_never_waits_long_nor_tries_again() -> None:
    """AV-1."""
    config = client_config()
    assert config.connect_timeout <= 1
    assert config.read_timeout <= 2
    assert config.retries["total_max_attempts"] == 1


def test_the_sdk_is_not_imported_before_an_engine_is_made() -> None:
    lines = "import sys, chalicelib.store.dynamodb; print([m for m in sys.modules if m.startswith('boto')])"
    said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
