"""The command line on DynamoDB."""

import json
import secrets
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from chalicelib.store import dynamodb_table
from cupbearer.cli import cli
from tests.parts import ministack
from tests.parts.faulty import FaultyProxy, Forward, Reply
from tests.store.places import DynamoPlace
from tests.support.command_line import run_script

MASTER_KEY = "00112233445566778899aabbccddeeff" * 2

pytestmark = pytest.mark.dynamodb


def test_a_table_is_made_once_and_every_command_works_on_it(tmp_path: Path) -> None:
    with ministack.running(tmp_path / "log") as endpoint:
        variables = {
            "CUPBEARER_STORE": "dynamodb://cupbearer-by-hand", "CUPBEARER_MASTER_KEY": MASTER_KEY,
            "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": ministack.REGION,
            "AWS_ACCESS_KEY_ID": ministack.access_key(), "AWS_SECRET_ACCESS_KEY": "test",
        }  # fmt: skip

        def run(*arguments: str) -> str:
            ended = run_script(tmp_path, *arguments, **variables)
            assert ended.returncode == 0, ended.stderr
            return ended.stdout

        assert "is ready" in run("table", "create")
        assert "was there already" in run("table", "create")
        run("demo")
        run("users", "grant", "AzureDiamond", "pangolins")
        listed = json.loads(run("users", "list", "--json"))["users"]
        assert {user["username"]: user["scopes"] for user in listed} == {
            "Cthon98": ["pangolins"],
            "AzureDiamond": ["pangolins"],
        }
        run("users", "delete", "AzureDiamond", "--yes")
        assert "signing" in run("keys", "list")
        variables["AWS_REGION"] = variables.pop("AWS_DEFAULT_REGION")  # as operations.md exports it
        run("keys", "rotate", "--ring", "refresh", "--emergency", "--yes")


def test_a_table_that_takes_long_to_make_is_waited_for(
    dynamodb: DynamoPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes it has no page to wait for: the short patience of a request would leave it made by half."""
    monkeypatch.setattr(dynamodb_table, "READ_SECONDS", 0.1)

    def late(forward: Forward) -> Reply:
        time.sleep(0.3)
        return forward()

    table = f"cupbearer-late-{secrets.token_hex(4)}"
    with FaultyProxy(dynamodb.endpoint) as proxy:
        proxy.faults.append(late)
        monkeypatch.setenv("CUPBEARER_STORE", f"dynamodb://{table}")
        monkeypatch.setenv("CUPBEARER_MASTER_KEY", MASTER_KEY)
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        monkeypatch.setenv("AWS_REGION", dynamodb.region)
        if dynamodb.credentials:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", dynamodb.credentials[0])
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", dynamodb.credentials[1])
        ended = CliRunner().invoke(cli, ["table", "create"])
    assert "is ready" in ended.stdout, ended.stderr
    dynamodb.client().delete_table(TableName=table)
