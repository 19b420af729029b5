"""LG-3: lines are JSON whatever they hold; in Lambda they carry metrics, elsewhere none."""

import json
import logging
from typing import Any

import pytest

from chalicelib import logs


@pytest.fixture(autouse=True)
def _own_logger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LOGGER", logging.Logger("test"))  # noqa: LOG001 - one that no other test sees


def read(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_value_cannot_begin_another_line_and_has_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    logs.log("request", route="/x\r\n{}", agent="a" * 10_000)
    (line,) = read(capsys)
    assert line["route"] == "/x\r\n{}"
    assert len(line["agent"]) == logs.MAX_VALUE


def test_in_lambda_a_metric_is_a_line_in_the_embedded_format(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(function="cupbearer-dev-api")
    logs.metric("LogIns", request_id="r1")
    (line,) = read(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "Cupbearer",
        "Dimensions": [["Function"]],
        "Metrics": [{"Name": "LogIns", "Unit": "Count"}],
    }
    assert (line["Function"], line["LogIns"], line["request_id"]) == ("cupbearer-dev-api", 1, "r1")
    assert abs(line["_aws"]["Timestamp"] / 1000 - line["at"]) < 0.01


def test_elsewhere_there_are_no_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    logs.metric("LogIns")
    logs.log("request", metrics={"Latency": (1.5, "Milliseconds")}, ms=1.5)
    (line,) = read(capsys)
    assert line["ms"] == 1.5
    assert "_aws" not in line
    assert "Latency" not in line
