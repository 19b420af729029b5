"""Logs: one JSON object a line, whatever comes in (LG-2, LG-3)."""

import json
import logging

import pytest

from chalicelib import logs
from cupbearer.testing import AppUnderTest, Client

HOSTILE = 'a"b\r\n{"level":"error","event":"forged"}\u2028\x1b[31m\x00\U0001f600'


def formatted(**fields: object) -> dict[str, object]:
    record = logging.LogRecord("cupbearer", logging.INFO, "x.py", 1, "event", None, None)
    record.fields = fields
    text = logs.JsonLines().format(record)
    assert "\n" not in text
    assert text.isascii()
    found: dict[str, object] = json.loads(text)
    return found


def test_a_line_is_a_line_whatever_it_holds() -> None:
    line = formatted(route=HOSTILE)
    assert (line["event"], line["level"], line["route"]) == ("event", "info", HOSTILE)


def test_values_are_capped() -> None:
    assert formatted(reason="x" * 10_000)["reason"] == "x" * logs.MAX_VALUE


def test_what_is_no_json_is_told_all_the_same() -> None:
    assert formatted(odd={1, 2})["odd"] == "{1, 2}"


def test_trouble_has_its_exception(caplog: pytest.LogCaptureFixture) -> None:
    try:
        json.loads("why")
    except ValueError:
        logs.trouble("server_error", request_id="r1")
    (record,) = caplog.records
    text = json.loads(logs.JsonLines().format(record))
    assert "JSONDecodeError: " in text["exception"]
    assert (text["level"], text["request_id"]) == ("error", "r1")


def test_each_request_is_one_line_without_path_query_or_body(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """LG-2: the route's own name, never what was asked."""
    caplog.set_level("INFO", "cupbearer")
    ann = client.as_user(["users:read"])
    ann.get("/users/canary-in-the-path?x=canary-in-the-query")
    fields = [getattr(record, "fields", {}) for record in caplog.records if record.message == "request"]
    assert [(line["route"], line["status"], line["sub"]) for line in fields] == [
        ("/users/{user_id}", 404, ann.user_id)
    ]
    assert "canary" not in caplog.text + repr(fields)


def test_a_refusals_reason_is_in_the_log_and_not_in_the_answer(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cupbearer")
    ann = client.as_user()
    ann.expire()
    answer = ann.get("/users/me")
    assert answer.status == 401
    assert b"expired" not in answer.body.replace(b"malformed, expired or revoked", b"")
    assert "it has expired" in repr([getattr(record, "fields", {}) for record in caplog.records])


def test_a_defect_is_found_by_the_request_id_that_was_told(
    cupbearer: AppUnderTest, client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LG-3."""

    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(cupbearer.services.store, "get", fail)
    answer = client.get("/health")
    (record,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert record.fields["request_id"] == answer.json["request_id"]  # type: ignore[attr-defined]
    assert record.exc_info


def test_it_is_set_up_once() -> None:
    before = list(logs.LOGGER.handlers), logs.LOGGER.level, logs.LOGGER.propagate
    try:
        logs.LOGGER.handlers.clear()
        logs.set_up()
        logs.set_up()
        assert len(logs.LOGGER.handlers) == 1
    finally:
        logs.LOGGER.handlers[:], level, logs.LOGGER.propagate = before
        logs.LOGGER.setLevel(level)
