"""The dashboard to import: what it draws is counted, and what is counted is drawn and told."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cupbearer.deploying.template import ROOT
from tests.deploy.emulated import Template

STAGE, WIDTH = "cupbearer-prod", 24
AWS = {
    "AWS/ApiGateway": {"Count", "4XXError", "5XXError"},
    "AWS/Lambda": {"ConcurrentExecutions", "Errors", "Throttles"},
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
        "ReadThrottleEvents",
        "WriteThrottleEvents",
    },
}  # by AWS's own pages
OUTBOXES = ("Mail", "LogOut")


@pytest.fixture(scope="module")
def widgets() -> list[dict[str, Any]]:
    text = (ROOT / "deploy" / "dashboard.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def drawn(widgets: list[dict[str, Any]], namespace: str) -> list[list[Any]]:
    lines = [line for widget in widgets for line in widget["properties"]["metrics"]]
    return [line for line in lines if line[0] == namespace]


def counted() -> set[str]:
    """Every name that our code counts by: in ``logs.metric(…)`` and in ``metrics={…}``."""
    names: set[str] = set()
    for path in (ROOT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "logs.metric":
                names |= texts(node.args[0])
            elif (
                isinstance(node, ast.keyword | ast.Assign)
                and "metrics" in ast.unparse(node).partition("=")[0]
            ):
                keys = node.value.keys if isinstance(node.value, ast.Dict) else []
                names |= {text for key in keys if key is not None for text in texts(key)}
    return names


def texts(node: ast.expr) -> set[str]:
    """Return what a name may be: as it stands, or of each outbox."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    assert isinstance(node, ast.JoinedStr), ast.unparse(node)
    end = str(node.values[-1].value) if isinstance(node.values[-1], ast.Constant) else ""
    return {f"{outbox}{end}" for outbox in OUTBOXES}


def test_whatever_is_counted_is_drawn_and_nothing_else_and_the_page_tells_of_it(
    widgets: list[dict[str, Any]],
) -> None:
    assert {line[1] for line in drawn(widgets, "Cupbearer")} == counted()
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    told = page.partition("| metric | counts |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([A-Z]\w+)`", told)) == counted()


def test_each_line_is_of_a_function_or_an_api_that_the_template_makes(
    widgets: list[dict[str, Any]], template: Template
) -> None:
    functions = {
        resource["Properties"]["FunctionName"]["Fn::Sub"].replace("${AWS::StackName}", STAGE)
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    for _, name, dimension, value, *_ in (*drawn(widgets, "Cupbearer"), *drawn(widgets, "AWS/Lambda")):
        assert dimension in ("Function", "FunctionName"), name
        assert value in functions, name
    for line in drawn(widgets, "AWS/ApiGateway"):
        assert line[2:6] == ["ApiName", STAGE, "Stage", "api"]


def test_what_is_aws_own_is_called_as_aws_calls_it(widgets: list[dict[str, Any]]) -> None:
    lines = [line for widget in widgets for line in widget["properties"]["metrics"]]
    searched = {
        re.findall(
            r"\{([\w/]+),TableName\} \"cupbearer-prod-Table\" MetricName=\"(\w+)\"", line[0]["expression"]
        )[0]
        for line in lines
        if isinstance(line[0], dict)
    }
    named = {(line[0], line[1]) for line in lines if isinstance(line[0], str) and line[0] != "Cupbearer"}
    assert searched | named == {(namespace, name) for namespace, names in AWS.items() for name in names}


def test_no_widget_hides_another_or_stands_outside(widgets: list[dict[str, Any]]) -> None:
    taken = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < WIDTH
    assert {widget["properties"]["region"] for widget in widgets} == {"eu-central-1"}


def test_the_stage_and_the_region_are_all_that_is_to_be_changed() -> None:
    text = (ROOT / "deploy" / "dashboard.json").read_text(encoding="utf-8")
    other = text.replace("cupbearer-prod", "cupbearer-dev").replace("eu-central-1", "us-east-1")
    assert "prod" not in other
    assert Path(ROOT / "deploy" / "waf-rules.json").is_file()
