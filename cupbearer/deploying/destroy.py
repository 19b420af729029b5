"""``make destroy``: asks first, and keeps the table, and the key without which it cannot be read, unless it is to delete them."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from cupbearer.deploying import CannotDeploy, aws
from cupbearer.deploying.aws import Account
from cupbearer.deploying.deploy import outputs, stack_name

KEY_GRACE_DAYS = 30  # the longest that KMS offers: until then the deletion can be cancelled

Say = Callable[[str], None]


def destroy(
    stage: str, *, delete_data: bool, confirmed: str | None, ask: Callable[[str], str], say: Say
) -> None:
    """Remove a stage's stack; with ``delete_data`` also its table, for good. Raises CannotDeploy."""
    here = aws.account()
    found = outputs(here, stage)
    what = "the stage AND EVERY ACCOUNT IN ITS TABLE" if delete_data else "the stage; its table and key stay"
    if confirmed is None:
        try:
            confirmed = ask(
                f"This removes {what} ({stack_name(stage)}, {here.region}). Type {stage} to go on: "
            )
        except EOFError:
            confirmed = ""
    if confirmed != stage:
        raise CannotDeploy("Nothing was removed.")
    _delete_stack(here, stack_name(stage), say)
    table, key = found["TableName"], found["MasterKeyId"]
    if delete_data:
        _delete_data(here, table, key)
        say(f"The table {table} is gone; the key {key} goes in {KEY_GRACE_DAYS} days.")
    else:
        say(
            f"Kept: the table {table} and the key {key}. To use them again: "
            f'make deploy STAGE={stage} SET="ExistingTable={table} ExistingKey={key}"'
        )


def _delete_stack(here: Account, name: str, say: Say) -> None:
    say(f"Removing {name} …")
    client = here.client("cloudformation")
    try:
        client.delete_stack(StackName=name)
        client.get_waiter("stack_delete_complete").wait(StackName=name)
    except (BotoCoreError, ClientError, WaiterError) as error:
        raise CannotDeploy(f"The stack {name} could not be removed: {error}") from None


def _delete_data(here: Account, table: str, key: str) -> None:
    dynamodb: Any = here.client("dynamodb")
    try:
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=table)
        dynamodb.delete_table(TableName=table)
        here.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=KEY_GRACE_DAYS)
    except (BotoCoreError, ClientError, WaiterError) as error:
        raise CannotDeploy(f"The table {table} or the key {key} could not be deleted: {error}") from None
