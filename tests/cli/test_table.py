"""The command line on DynamoDB."""

import json
from pathlib import Path

import pytest

from tests.parts import ministack
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
