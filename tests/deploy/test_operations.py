"""Commands of docs/operations.md on an AWS emulator, with the AWS command line, letter by letter."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cupbearer.deploying import aws
from cupbearer.deploying.template import ROOT
from tests.deploy import emulated
from tests.parts.ministack import REGION
from tests.support import patience
from tests.support.documents import block

STAGE = "prod"


@pytest.fixture(scope="module")
def here(cli: Path) -> Iterator[aws.Account]:
    with emulated.running():
        yield aws.account()


def run(name: str, cli: Path, folder: Path, **more: str) -> str:
    """Run a block of the page in a folder of its own, where the files of a clone are; return what it printed."""
    (folder / "deploy").symlink_to(ROOT / "deploy")
    path = f"{cli}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "STAGE": STAGE, "AWS_REGION": REGION, **more}
    done = subprocess.run(
        ["sh", "-euc", block(f"docs/operations.md#{name}")], cwd=folder, env=environment, timeout=patience.SECONDS,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_dashboard_is_imported_for_a_stage_and_a_region(
    here: aws.Account, cli: Path, tmp_path: Path
) -> None:
    run("dashboard-1", cli, tmp_path)
    found = here.client("cloudwatch").get_dashboard(DashboardName=f"cupbearer-{STAGE}")
    widgets = json.loads(found["DashboardBody"])["widgets"]
    assert {widget["properties"]["region"] for widget in widgets} == {REGION}


def test_a_line_of_the_log_is_found_by_its_request_and_an_error_by_its_level(
    here: aws.Account, cli: Path, tmp_path: Path
) -> None:
    group, logs = f"/aws/lambda/cupbearer-{STAGE}-api", here.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="a process")
    now = int(time.time() * 1000)
    lines = (
        {"level": "info", "event": "request", "request_id": "tsq4yarjanxna7pfixt6yefazu"},
        {"level": "error", "event": "captcha_trouble", "request_id": "another"},
    )
    events = [{"timestamp": now, "message": json.dumps(line)} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="a process", logEvents=events)
    printed = run("reading-logs-1", cli, tmp_path)
    assert "tsq4yarjanxna7pfixt6yefazu" in printed
    assert "captcha_trouble" in printed


def test_the_firewall_stands_before_the_api_with_its_rules(
    here: aws.Account, cli: Path, tmp_path: Path
) -> None:
    api = here.client("apigateway").create_rest_api(name=f"cupbearer-{STAGE}")["id"]
    stack: dict[str, Any] = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"RestAPIId": {"Value": api}},
    }
    here.client("cloudformation").create_stack(StackName=f"cupbearer-{STAGE}", TemplateBody=json.dumps(stack))
    run("bots-in-front-of-sign-up-1", cli, tmp_path)
    firewall = here.client("wafv2")
    (made,) = firewall.list_web_acls(Scope="REGIONAL")["WebACLs"]
    found = firewall.get_web_acl(Name=made["Name"], Scope="REGIONAL", Id=made["Id"])["WebACL"]
    assert [rule["Name"] for rule in found["Rules"]] == ["sign-ups", "known-bad-addresses"]
    guarded = firewall.list_resources_for_web_acl(WebACLArn=made["ARN"])["ResourceArns"]
    assert guarded == [f"arn:aws:apigateway:{REGION}::/restapis/{api}/stages/api"]


def test_the_secret_of_the_captcha_is_kept_where_the_api_may_read_it(
    here: aws.Account, cli: Path, tmp_path: Path
) -> None:
    run("bots-in-front-of-sign-up-2", cli, tmp_path, SECRET="a secret of the vendor's")
    name = f"/cupbearer-{STAGE}/captcha"  # deploy/functions.yaml opens what begins with the stack's name
    found = here.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert (found["Type"], found["Value"]) == ("SecureString", "a secret of the vendor's")
