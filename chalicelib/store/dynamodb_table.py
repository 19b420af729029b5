"""The DynamoDB engine's client and table, as it wants them."""

from typing import Any

from chalicelib.store.dynamodb_calls import CONNECT_SECONDS, READ_SECONDS

MAX_CONNECTIONS = 50
PATIENT_SECONDS = 20.0  # for an answer to a command, which nobody repeats while it waits


def client_config(*, patient: bool = False) -> Any:
    """Return the botocore Config of our clients: short timeouts and no retries but our own (AV-1).

    ``patient`` is for a command that is run once, such as the one that makes the table.
    """
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=PATIENT_SECONDS if patient else READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=MAX_CONNECTIONS,
        tcp_keepalive=True,
    )


def create_table(client: Any, table: str, *, protect: bool = False) -> bool:
    """Make the table: on demand, TTL, point-in-time recovery where the service has it (DL-3).

    ``protect`` turns on deletion protection. An existing table is left as it is, and False returned.
    """
    from botocore.exceptions import ClientError

    try:
        client.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=protect,
        )
    except client.exceptions.ResourceInUseException:
        return False
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    client.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
    )
    try:
        client.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "UnknownOperationException":  # as DynamoDB Local answers
            raise
    return True
