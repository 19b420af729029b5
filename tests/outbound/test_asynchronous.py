"""Calling a function without waiting for it: one try, and no act fails for it."""

import socket
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.outbound.asynchronous import AsynchronousCall, client_config
from tests.parts import ministack
from tests.support import hostile_http


def call(port: int) -> AsynchronousCall:
    client: Any = boto3.client(
        "lambda", endpoint_url=f"http://127.0.0.1:{port}", region_name=ministack.REGION, config=client_config(),
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    return AsynchronousCall(client, "cupbearer-mail")


def test_a_function_is_called_and_not_waited_for() -> None:
    accepted = hostile_http.answers(hostile_http.page("", status="202 Accepted"))
    with hostile_http.serving(accepted) as server:
        call(server.port)({"lines": ["a"]})
        (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert b"POST /2015-03-31/functions/cupbearer-mail/invocations" in head
    assert b"X-Amz-Invocation-Type: Event" in head
    assert body == b'{"lines": ["a"]}'


def test_trouble_is_told_after_one_try() -> None:
    with hostile_http.serving(hostile_http.answers(hostile_http.page("{}", status="500 Trouble"))) as server:
        with pytest.raises(ClientError):
            call(server.port)({})
        assert len(server.requests) == 1


def test_silence_is_not_waited_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(BotoCoreError):
        call(silent.getsockname()[1])({})
