"""DynamoDB asked without the SDK: a race asks tens of thousands of times, and the SDK takes most of each."""

import json
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from tests.support import patience

VERSION = "DynamoDB_20120810"
OK = 200
CHUNK = 65_536


class _Connection:
    """One kept-alive connection, closed with the thread that has it. A request leaves in one piece."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=patience.SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __del__(self) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer, whose length its head tells."""
        self._socket.sendall(request)
        read = self._read()
        while b"\r\n\r\n" not in read:
            read += self._read()
        head, _, body = read.partition(b"\r\n\r\n")
        _, _, after = head.lower().partition(b"\r\ncontent-length:")
        length = int(after.partition(b"\r\n")[0])
        while len(body) < length:
            body += self._read()
        return int(head[9:12]), body

    def _read(self) -> bytes:
        read = self._socket.recv(CHUNK)
        if not read:
            raise ConnectionError("the emulator went away")
        return read


class WireClient:
    """Answers and fails as boto3's client does, for the operations that :class:`chalicelib.store.dynamodb.DynamoStore` asks.

    An emulator learns the account from ``access_key`` and trusts the signature.
    """

    def __init__(self, endpoint: str, *, access_key: str, region: str) -> None:
        address = urlsplit(endpoint)
        assert address.port
        self._address = address.hostname or "", address.port
        self._of_thread = threading.local()
        scope = f"{access_key}/20260101/{region}/dynamodb/aws4_request"
        self._head = (
            f"POST / HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n"
        )

    def get_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("GetItem", request)

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("BatchGetItem", request)

    def query(self, **request: Any) -> dict[str, Any]:
        return self._answer("Query", request)

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("PutItem", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("UpdateItem", request)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        return self._answer("TransactWriteItems", request)

    def _answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(request).encode()
        head = f"{self._head}X-Amz-Target: {VERSION}.{operation}\r\nContent-Length: {len(body)}\r\n\r\n"
        status, told = self._connection().ask(head.encode() + body)
        answer: dict[str, Any] = json.loads(told)
        if status != OK:
            code = answer.get("__type", "").rpartition("#")[2]
            failed = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(answer | failed, operation)
        return answer

    def _connection(self) -> _Connection:
        if not hasattr(self._of_thread, "connection"):
            self._of_thread.connection = _Connection(*self._address)
        connection: _Connection = self._of_thread.connection
        return connection
