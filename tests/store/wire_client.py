"""DynamoDB asked without the SDK: a race asks tens of thousands of times, and the SDK takes most of each."""

import json
from typing import Any

from botocore.exceptions import ClientError
from urllib3 import HTTPConnectionPool, Timeout, connection_from_url

from chalicelib.store.dynamodb_table import MAX_CONNECTIONS
from tests.support import patience

VERSION = "DynamoDB_20120810"
OK = 200


class WireClient:
    """Answers and fails as boto3's client does, for the operations that :class:`chalicelib.store.dynamodb.DynamoStore` asks.

    An emulator learns the account from ``access_key`` and trusts the signature.
    """

    def __init__(self, endpoint: str, *, access_key: str, region: str) -> None:
        self._pool: HTTPConnectionPool = connection_from_url(
            endpoint, maxsize=MAX_CONNECTIONS, timeout=Timeout(patience.SECONDS), retries=False
        )
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
        reply = self._pool.urlopen("POST", "/", body=json.dumps(request).encode(), headers=headers)
        answer: dict[str, Any] = json.loads(reply.data)
        if reply.status != OK:
            code = answer.get("__type", "").rpartition("#")[2]
            told = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": reply.status}}
            raise ClientError(answer | told, operation)
        return answer
