"""What may go wrong between the engine and DynamoDB, and the verbs to try it on."""

import json
from collections.abc import Callable
from typing import Any

from chalicelib.store import Forget, Insert, Key, Store
from tests.parts.faulty import Fault, Reply, lose_reply, lose_request

LATER = 4_100_000_000
REQUEST_SECONDS = 8

Verb = Callable[[Store, str], Any]
VERBS: dict[str, Verb] = {
    "get": lambda store, partition: store.get(Key(partition, "a")),
    "get many": lambda store, partition: store.get(Key(partition, "a"), Key(partition, "b")),
    "list": lambda store, partition: store.list(partition),
    "commit": lambda store, partition: store.commit(Insert(Key(partition, "new"), {})),
    "commit many": lambda store, partition: store.commit(
        Insert(Key(partition, "x"), {}), Forget(Key(partition, "y"))
    ),
    "take": lambda store, partition: store.take(Key(partition, "a"), taker="me"),
    "bump": lambda store, partition: store.bump(Key(partition, "n"), {"n": 1}, expires_at=LATER),
}


def error(status: int, code: str, **more: Any) -> Fault:
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code} | more)
    return lambda _forward: Reply(status, body.encode())


def cancelled(*codes: str) -> Fault:
    return error(400, "TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


THROTTLED = error(400, "ProvisionedThroughputExceededException")
IN_PROGRESS = error(400, "TransactionInProgressException")
CONTENDED = error(400, "TransactionConflictException")
PASSING: dict[str, Fault] = {
    "500": error(500, "InternalServerError"),
    "503": lambda _forward: Reply(503, b"<html>busy</html>", "text/html"),
    "throttled": THROTTLED,
    "request limit": error(400, "RequestLimitExceeded"),
    "contended": CONTENDED,
    "lost": lose_request,
    "reply lost": lose_reply,
    "garbage": lambda _forward: Reply(200, b"{"),
}
