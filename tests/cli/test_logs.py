"""The log of a server here and of a deployed stage, as a command shows it."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chalicelib import logs
from cupbearer import local_log
from cupbearer.cli import cli
from cupbearer.console_log import ANSWERED
from cupbearer.deploying import cloud_log
from cupbearer.log_lines import LogLine
from tests.support import patience
from tests.support.command_line import ROOT, environment

NOON = 1_800_014_400  # 15 January 2027, 12:00 UTC


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PORT", raising=False)
    return tmp_path


@pytest.fixture
def kept(here: Path) -> Iterator[Path]:
    """The log of a server on port 8123, as this process writes it."""
    before, level = list(logs.LOGGER.handlers), logs.LOGGER.level
    logs.LOGGER.setLevel(logging.INFO)
    local_log.keep(8123)
    yield local_log.path_of(8123)
    for handler in logs.LOGGER.handlers:
        if handler not in before:
            handler.close()
    logs.LOGGER.handlers[:] = before
    logs.LOGGER.setLevel(level)


def tail(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["logs", "tail", *arguments])


def line(at: float, event: str, **more: Any) -> str:
    return json.dumps({"at": at, "level": "info", "event": event, **more})


def test_what_a_server_logs_is_kept_in_private_and_shown(kept: Path) -> None:
    logs.log("request", route="GET /cats", status=200)
    logs.trouble("store_unavailable", stack=False)
    logs.metric("LogInFailures")
    logging.getLogger(ANSWERED).info("a line that the application has written too")
    shown = tail().stdout.splitlines()
    assert len(shown) == 2
    assert shown[0].endswith("Z request route=GET /cats status=200")
    assert "ERROR store_unavailable" in shown[1]
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [json.loads(text)["event"] for text in tail("--json").stdout.splitlines()] == [
        "request",
        "store_unavailable",
    ]


def test_a_log_that_grows_too_long_begins_anew_and_is_read_on(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (handler,) = (
        each for each in logs.LOGGER.handlers if isinstance(each, logging.handlers.RotatingFileHandler)
    )
    handler.maxBytes = 400
    for number in range(8):
        logs.log("request", number=number)
    assert len(list(kept.parent.glob("serve-8123.log*"))) == 2
    shown = [json.loads(text)["number"] for text in tail("--json", "--limit", "4").stdout.splitlines()]
    assert shown == [4, 5, 6, 7]


def test_since_a_moment_the_last_lines_of_a_file_of_ones_own(here: Path) -> None:
    file = here / "mine.log"
    file.write_text(
        "\n".join([line(NOON + n, f"event{n}") for n in range(5)] + ["Traceback: not JSON \x1b[31m"]) + "\n"
    )
    shown = tail("--file", str(file), "--since", "2027-01-15T12:00:03").stdout.splitlines()
    assert shown == [
        "2027-01-15 12:00:03Z event3",
        "2027-01-15 12:00:04Z event4",
        "Traceback: not JSON <U+001B>[31m",
    ]
    assert tail("--file", str(file), "-n", "2").stdout.splitlines() == shown[1:]


def test_the_server_that_wrote_last_is_meant_or_that_of_a_port(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / ".cupbearer").mkdir()
    for number, port in enumerate((8001, 8002)):
        path = local_log.path_of(port)
        path.write_text(line(NOON, f"of {port}") + "\n")
        os.utime(path, (NOON + number, NOON + number))
    assert "of 8002" in tail().stdout
    monkeypatch.setenv("PORT", "8001")
    assert "of 8001" in tail().stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "No server that ran here has kept a log"),
        (("--file", "none.log"), "none.log cannot be read: No such file"),
    ],
)
def test_where_there_is_no_log_a_sentence_says_so(here: Path, arguments: tuple[str, ...], said: str) -> None:
    result = tail(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr


def test_lines_are_followed_through_a_log_that_begins_anew(here: Path) -> None:
    file = here / "mine.log"
    file.write_text(line(NOON, "first") + "\n")
    with following(file) as process:
        assert process.stdout
        assert process.stdout.readline().endswith("first\n")
        with file.open("a") as more:
            more.write(line(NOON, "second") + "\n")
        assert process.stdout.readline().endswith("second\n")
        file.rename(here / "mine.log.1")
        file.write_text(line(NOON, "third") + "\n")
        assert process.stdout.readline().endswith("third\n")
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=patience.SECONDS)
    assert (rest, process.returncode) == ("", 0)


def test_what_was_logged_last_before_a_log_began_anew_is_followed_too(here: Path) -> None:
    file = here / "mine.log"
    file.write_text(line(NOON, "first") + "\n")
    with file.open("rb") as log:
        assert [each.fields["event"] for each in local_log.last(log, since=None, limit=1)] == ["first"]
        with file.open("a") as more:
            more.write(line(NOON, "late") + "\n")
        file.rename(here / "mine.log.1")
        file.write_text(line(NOON, "anew") + "\n")
        with closing(local_log.follow(log)) as followed:
            assert [next(followed).fields["event"] for _ in range(2)] == ["late", "anew"]


@contextmanager
def following(file: Path) -> Iterator["subprocess.Popen[str]"]:
    """A command that follows a log, started as from a terminal: in the background, a shell lets SIGINT be ignored."""
    command = [sys.executable, "-u", "-m", "cupbearer.cli", "logs", "tail", "--file", str(file), "--follow"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_the_exception_of_a_line_stands_below_it() -> None:
    found = LogLine.of(line(NOON, "defect", exception="Traceback\n  boom", request_id="r"))
    assert found.readable() == ["2027-01-15 12:00:00Z defect", "  Traceback", "    boom"]


@pytest.mark.parametrize("at", ["1e300", "-1e300", "NaN", "Infinity", "1" * 400, '"noon"'])
def test_a_line_of_no_time_that_there_is_stops_nothing(at: str) -> None:
    """Whatever writes to the log beside us: the line is told without a time, or with the keeper's."""
    text = f'{{"at": {at}, "level": "info", "event": "odd"}}'
    assert LogLine.of(text).readable() == ["odd"]
    assert LogLine.of(text, at=NOON).readable() == ["2027-01-15 12:00:00Z odd"]


def test_a_line_that_is_nested_too_deeply_is_text() -> None:
    assert LogLine.of("[" * 200_000).fields == {}


@pytest.mark.dynamodb
class TestDeployed:
    """CloudWatch, as the emulator has it."""

    @pytest.fixture
    def client(self, dynamodb: Any) -> Any:
        import boto3

        key, secret = dynamodb.credentials
        return boto3.client(
            "logs",
            endpoint_url=dynamodb.endpoint,
            region_name=dynamodb.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )

    def test_the_functions_lines_come_together_by_time_and_each_once(self, client: Any) -> None:
        stage, now = f"tail{os.getpid()}", int(time.time() * 1000)
        for place, part in enumerate(("api", "authorizer")):  # and none of the mail function
            group = cloud_log.group(stage, part)
            client.create_log_group(logGroupName=group)
            client.create_log_stream(logGroupName=group, logStreamName="s")
            events = [
                {
                    "timestamp": now - 5000 + 100 * n + 50 * place,
                    "message": line(now / 1000 - 5 + n / 10 + place / 20, f"{part}{n}"),
                }
                for n in range(3)
            ]
            client.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
        found = cloud_log.lines(client, stage, cloud_log.PARTS, since=now / 1000 - 60, limit=5, follow=True)
        read = [next(found) for _ in range(5)]
        assert [each.fields["event"] for each in read] == [
            "authorizer0",
            "api1",
            "authorizer1",
            "api2",
            "authorizer2",
        ]
        assert {each.part for each in read} == {"api", "authorizer"}
        message = {"timestamp": now, "message": "REPORT RequestId: 1"}
        client.put_log_events(
            logGroupName=cloud_log.group(stage, "api"), logStreamName="s", logEvents=[message]
        )
        assert next(found).text == "REPORT RequestId: 1"
        since = cloud_log.lines(client, stage, ["api"], since=now / 1000 - 4.95, limit=5, follow=False)
        assert [each.fields.get("event") for each in since] == ["api1", "api2", None]
