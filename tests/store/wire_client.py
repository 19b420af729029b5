"""DynamoDB asked without the SDK: a race asks tens of thousands of times, and the SDK takes most of each."""

import json
import threading
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from tests.support import patience

VERSION = "DynamoDB_20120810"
OK = 200


class _Connection(HTTPConnection):
    """Closed with the thread that has it."""

    def __del__(self) -> None:
        self.close()


class WireClient:
    """Answers and fails as boto3's client does, for the operations that :class:`chalicelib.store.dynamodb.DynamoStore` asks.

    An emulator learns the account from ``access_key`` and trusts the signature.
    """

    def __init__(self, endpoint: str, *, access_key: str, region: str) -> None:
        self._address = urlsplit(endpoint).netloc
        self._of_thread = threading.local()
        scope = f"{access_key}/20260101/{region}/dynamodb/aws4_request"
        self._headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        }

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
        headers = self._headers | {"X-Amz-Target": f"{VERSION}.{operation}"}
        connection = self._connection()
        connection.request("POST", "/", json.dumps(request).encode(), headers)
        reply = connection.getresponse()
        answer: dict[str, Any] = json.loads(reply.read())
        if reply.status != OK:
            code = answer.get("__type", "").rpartition("#")[2]
            told = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": reply.status}}
            raise ClientError(answer | told, operation)
        return answer

    def _connection(self) -> HTTPConnection:
        if not hasattr(self._of_thread, "connection"):
            self._of_thread.connection = _Connection(self._address, timeout=patience.SECONDS)
        connection: HTTPConnection = self._of_thread.connection
        return connection
