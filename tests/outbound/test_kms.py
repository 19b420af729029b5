"""KMS as a wrapper, over its wire protocol: a loopback server speaks the two operations (KM-1)."""

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chalicelib.errors import Unavailable
from chalicelib.keys.key_wrapping import WrappingError
from chalicelib.outbound.kms import KmsKey
from tests.support import patience


class Kms(BaseHTTPRequestHandler):
    """Binds the context and the key's name into a blob, and checks both, as KMS does."""

    trouble = False

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        bound = json.dumps([asked["KeyId"], asked["EncryptionContext"]])
        if self.trouble:
            self._answer(500, {"__type": "KMSInternalException"})
        elif self.headers["X-Amz-Target"].endswith("Encrypt"):
            blob = json.dumps([bound, asked["Plaintext"]]).encode()
            self._answer(200, {"CiphertextBlob": base64.b64encode(blob).decode()})
        else:
            sealed, plain = json.loads(base64.b64decode(asked["CiphertextBlob"]))
            good = sealed == bound
            self._answer(
                200 if good else 400,
                {"Plaintext": plain} if good else {"__type": "InvalidCiphertextException"},
            )

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        octets = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def client() -> Iterator[Any]:
    server = HTTPServer(("127.0.0.1", 0), Kms)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    client = boto3.client(
        "kms",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        region_name="eu-central-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(
            connect_timeout=patience.SECONDS,
            read_timeout=patience.SECONDS,
            retries={"total_max_attempts": 1},
        ),
    )
    yield client
    client.close()
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_kms_wrapped_it_unwraps_in_the_same_context_only(client: Any) -> None:
    key = KmsKey(lambda: client, "alias/cupbearer")
    wrapped = key.wrap(b"\x00secret", context="signing:a")
    assert wrapped.startswith("kms1.")
    assert key.unwrap(wrapped, context="signing:a") == b"\x00secret"
    with pytest.raises(WrappingError):
        key.unwrap(wrapped, context="signing:b")
    with pytest.raises(WrappingError):
        KmsKey(lambda: client, "alias/other").unwrap(wrapped, context="signing:a")


def test_no_client_is_made_before_something_is_wrapped_or_unwrapped(client: Any) -> None:
    """The API's first answer after a quiet night is the key set, which needs none."""
    made: list[Any] = []

    def connect() -> Any:
        made.append(client)
        return client

    key = KmsKey(connect, "alias/cupbearer")
    assert made == []
    key.unwrap(key.wrap(b"s", context="c"), context="c")
    assert made == [client]


@pytest.mark.parametrize("text", ["", "mk1.AAAA", "kms1.***", "kms1.A"])
def test_a_text_of_another_form_is_not_sent_to_kms(client: Any, text: str) -> None:
    with pytest.raises(WrappingError):
        KmsKey(lambda: client, "k").unwrap(text, context="c")


def test_trouble_with_kms_is_unavailable(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kms, "trouble", True)
    with pytest.raises(Unavailable):
        KmsKey(lambda: client, "k").wrap(b"s", context="c")


def test_kms_out_of_reach_is_unavailable() -> None:
    client = boto3.client(
        "kms",
        endpoint_url="http://127.0.0.1:1",
        region_name="eu-central-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(connect_timeout=1, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(Unavailable):
        KmsKey(lambda: client, "k").wrap(b"s", context="c")
