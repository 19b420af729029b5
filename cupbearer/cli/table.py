"""``cupbearer table``: the DynamoDB table."""

import click

from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import tell
from cupbearer.cli.work import json_option


@click.group(
    cls=Commands,
    commands_from={"create": "cupbearer.cli.table:create"},
    epilog=examples("CUPBEARER_STORE=dynamodb://cupbearer-test cupbearer table create"),
)
def command() -> None:
    """Make the DynamoDB table (a deployment makes its own)."""


@click.command(
    short_help="Make the table that CUPBEARER_STORE names.",
    epilog=examples(
        "CUPBEARER_STORE=dynamodb://cupbearer-test AWS_ENDPOINT_URL=http://localhost:4566 cupbearer table create"
    ),
)
@click.option(
    "--protect/--no-protect", default=None, help="Deletion protection; default: in production only."
)
@json_option
def create(*, protect: bool | None, as_json: bool) -> None:
    """Make the table that CUPBEARER_STORE names: on demand, with TTL and point-in-time recovery.

    An existing table is left as it is. Region and endpoint come the SDK's usual way.
    """
    from chalicelib.outbound import aws
    from chalicelib.settings import settings
    from chalicelib.store.dynamodb import client_config, create_table

    chosen = settings.from_environment()
    if chosen.store_engine != "dynamodb":
        raise Failure(
            "CUPBEARER_STORE is SQLite, which makes its file itself: only dynamodb://TABLE needs this."
        )
    client = aws.client("dynamodb", client_config(patient=True), region=settings.aws_region())
    made = create_table(client, chosen.store_name, protect=chosen.production if protect is None else protect)
    tell(
        {"table": chosen.store_name, "made": made},
        f"The table {chosen.store_name} {'is ready' if made else 'was there already and is left as it is'}.",
        as_json=as_json,
    )
