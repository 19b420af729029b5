"""DynamoDB over its wire protocol, from the emulator of the tests; None where it is not installed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chalicelib.store import OnRequest
from chalicelib.store.dynamodb import DynamoStore, client_config, create_table
from chalicelib.world import World
from tests.parts import ministack

TABLE = "bench"
PATIENT_SECONDS = 60  # an emulator's latency says nothing, so it is waited for
READ_UNIT_BYTES = 4096  # of one strongly consistent read request unit


@contextmanager
def dynamodb(folder: Path) -> Iterator[Any]:
    """Give a client of an emulator of one's own, or None."""
    if not (ministack.VENV / "bin" / "ministack").exists():
        yield None
        return
    folder.mkdir(exist_ok=True)
    with ministack.running(folder / "ministack.log") as url:
        import boto3
        from botocore.config import Config

        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name=ministack.REGION,
            aws_access_key_id=ministack.access_key(),
            aws_secret_access_key="test",
            config=client_config().merge(Config(read_timeout=PATIENT_SECONDS)),
        )
        _charge_batches(client)
        yield client


def store(client: Any, on_request: OnRequest, *, table: str = TABLE) -> DynamoStore:
    """Return our engine on a table of that name, made where it is not there."""
    create_table(client, table)
    return DynamoStore(
        table,
        client=client,
        world=World(monotonic=lambda: 0.0),  # no verb's time is used up, for the same reason
        on_request=on_request,
    )


def _charge_batches(client: Any) -> None:
    """Charge what the emulator does not, by AWS's rule: a batch each item by itself, an absent one too; a query its sum."""

    def note(params: Any, context: dict[str, Any], **_: Any) -> None:
        context["asked"] = {table: len(wanted["Keys"]) for table, wanted in params["RequestItems"].items()}

    def charge(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        found = parsed.get("Responses", {})
        parsed["ConsumedCapacity"] = [
            {
                "TableName": table,
                "CapacityUnits": sum(_read_units(item) for item in found[table]) + asked - len(found[table]),
            }
            for table, asked in context["asked"].items()
            if table in found
        ]

    def charge_query(parsed: dict[str, Any], **_: Any) -> None:
        octets = sum(map(_octets, parsed.get("Items", ())))
        parsed["ConsumedCapacity"] = {"CapacityUnits": max(1, -(-octets // READ_UNIT_BYTES))}

    client.meta.events.register("after-call.dynamodb.Query", charge_query)
    client.meta.events.register("before-parameter-build.dynamodb.BatchGetItem", note)
    client.meta.events.register("after-call.dynamodb.BatchGetItem", charge)


def _read_units(item: dict[str, dict[str, str]]) -> int:
    return -(-_octets(item) // READ_UNIT_BYTES)


def _octets(item: dict[str, dict[str, str]]) -> int:
    return sum(len(name) + len(text.encode()) for name, value in item.items() for text in value.values())


os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")  # no look for credentials outside this machine
