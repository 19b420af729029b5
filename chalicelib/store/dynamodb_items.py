"""How records and writes look to DynamoDB: pure translation, no requests.

An item is ``pk``, ``sk``, ``version`` and ``data`` (JSON text, so that no Decimal ever comes in),
``expires_at`` for DynamoDB's TTL, ``taken_by`` once spent. A counter has ``count.NAME`` numbers, no ``data``.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.store import (
    Check,
    Counters,
    Data,
    Forget,
    Insert,
    Key,
    Record,
    Remove,
    Replace,
    Tally,
    Write,
    key_of,
)

Item = Mapping[str, Any]
Request = dict[str, Any]

COUNT = "count."
GONE = "(attribute_not_exists(#pk) OR #expires_at <= :now)"
LIVE = "(attribute_not_exists(#expires_at) OR #expires_at > :now)"
UNCHANGED = f"#version = :was AND {LIVE}"
TAKEABLE = f"attribute_exists(#data) AND attribute_not_exists(#taken_by) AND {LIVE}"
# An absent item has no expiry; a counter always has one.
COUNTABLE = "attribute_not_exists(#pk) OR (attribute_not_exists(#data) AND #expires_at > :now)"
EXPIRED = "#expires_at <= :now"


def names(*expressions: str) -> dict[str, str]:
    """Return what every ``#name`` in the expressions stands for: itself. Most of ours are reserved words."""
    return {f"#{name}": name for name in re.findall(r"#(\w+)", " ".join(expressions))}


def text(value: str) -> dict[str, str]:
    """Return text as DynamoDB wants it."""
    return {"S": value}


def number(value: float) -> dict[str, str]:
    """Return a whole number as DynamoDB wants it."""
    return {"N": str(int(value))}


def key_item(key: Key) -> dict[str, Any]:
    """Return where a record lives."""
    return {"pk": text(key.partition), "sk": text(key.sort)}


def condition(expression: str, *, now: float, was: str | None = None) -> Request:
    """Return the parts of a request that demand ``expression``, with the item to return when it fails."""
    values = {":now": number(now)} if ":now" in expression else {}
    return {
        "ConditionExpression": expression,
        "ExpressionAttributeNames": names(expression),
        "ExpressionAttributeValues": values | ({":was": text(was)} if was is not None else {}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def record_item(write: Insert | Replace, data: str, *, version: str) -> dict[str, Any]:
    """Return the item that a write leaves behind."""
    item = key_item(key_of(write)) | {"data": text(data), "version": text(version)}
    if write.expires_at is not None:
        item["expires_at"] = number(write.expires_at)
    if isinstance(write, Replace) and write.record.taken_by is not None:
        item["taken_by"] = text(write.record.taken_by)
    return item


def counting(tally: Tally, *, table: str, version: str, now: float) -> tuple[Request, Request]:
    """Return an UpdateItem that adds to a live counter, or makes one, and the PutItem that begins an expired one anew."""
    key, amounts, expires_at = tally.key, tally.amounts, tally.expires_at
    sums = ", ".join(f"#count{i} :count{i}" for i in range(len(amounts)))
    state = {"version": text(version), "expires_at": number(expires_at)}
    update = "SET #version = :version, #expires_at = if_not_exists(#expires_at, :expires_at)"
    request = condition(COUNTABLE, now=now) | {
        "TableName": table,
        "Key": key_item(key),
        "ReturnValues": "ALL_NEW",
    }
    request["UpdateExpression"] = f"{update} ADD {sums}"
    request["ExpressionAttributeNames"] |= names(update) | {
        f"#count{i}": COUNT + name for i, name in enumerate(amounts)
    }
    request["ExpressionAttributeValues"] |= {f":{name}": value for name, value in state.items()} | {
        f":count{i}": number(amount) for i, amount in enumerate(amounts.values())
    }
    counts = {COUNT + name: number(amount) for name, amount in amounts.items()}
    first = condition(EXPIRED, now=now) | {"TableName": table, "Item": key_item(key) | counts | state}
    return request, first


def taking(key: Key, taker: str, *, table: str, version: str, now: float) -> Request:
    """Return an UpdateItem that spends a record for ``taker``."""
    request = condition(TAKEABLE, now=now) | {
        "TableName": table,
        "Key": key_item(key),
        "ReturnValues": "ALL_NEW",
    }
    request["UpdateExpression"] = "SET #taken_by = :taker, #version = :version"
    request["ExpressionAttributeNames"] |= names("#version")
    request["ExpressionAttributeValues"] |= {":taker": text(taker), ":version": text(version)}
    return request


def page_request(partition: str, prefix: str, after: str | None, *, newest_first: bool) -> Request | None:
    """Return a Query of a partition's part, None where its start lies behind all that has the prefix."""
    expression = "#pk = :pk AND begins_with(#sk, :prefix)" if prefix else "#pk = :pk"
    request: Request = {
        "ConsistentRead": True,
        "ScanIndexForward": not newest_first,
        "KeyConditionExpression": expression,
        "ExpressionAttributeNames": names(expression),
        "ExpressionAttributeValues": {":pk": text(partition)} | ({":prefix": text(prefix)} if prefix else {}),
    }
    if after is not None and after.startswith(prefix):
        request["ExclusiveStartKey"] = key_item(Key(partition, after))
    elif after is not None and (after > prefix) is not newest_first:
        return None
    return request


def transaction_part(write: Write, data: str | None, *, table: str, version: str, now: float) -> Request:
    """Return a write as one part of a TransactWriteItems."""
    match write:
        case Insert():
            part = condition(GONE, now=now) | {"Item": record_item(write, data or "", version=version)}
            kind = "Put"
        case Replace(record=record):
            part = condition(UNCHANGED, now=now, was=record.version)
            part["Item"] = record_item(write, data or "", version=version)
            kind = "Put"
        case Remove(record=record) | Check(record=record):
            part = condition(UNCHANGED, now=now, was=record.version) | {"Key": key_item(record.key)}
            kind = "Delete" if isinstance(write, Remove) else "ConditionCheck"
        case Forget(key=key):
            kind, part = "Delete", {"Key": key_item(key)}
    return {kind: part | {"TableName": table}}


def item_key(item: Item) -> Key:
    """Return where an item lives."""
    return Key(item["pk"]["S"], item["sk"]["S"])


def expiry(item: Item) -> int | None:
    """Return when an item expires, in seconds since the epoch."""
    return int(item["expires_at"]["N"]) if "expires_at" in item else None


def record(item: Item | None, *, now: float) -> Record | None:
    """Return what an item says; None where there is none, or where it has expired (ST-3)."""
    if item is None:
        return None
    expires_at = expiry(item)
    if expires_at is not None and expires_at <= now:
        return None
    data: Data = json.loads(item["data"]["S"]) if "data" in item else _counts(item)
    return Record(
        item_key(item),
        data,
        item["version"]["S"],
        expires_at,
        item["taken_by"]["S"] if "taken_by" in item else None,
    )


def counters(item: Item) -> Counters:
    """Return the counts of an item."""
    return Counters(_counts(item), expiry(item) or 0, item["version"]["S"])


def _counts(item: Item) -> dict[str, int]:
    return {
        name.removeprefix(COUNT): int(value["N"]) for name, value in item.items() if name.startswith(COUNT)
    }


def would_hold(write: Write, record: Record | None) -> bool:
    """Return whether a write's condition holds on what is there now."""
    if isinstance(write, Insert | Forget):
        return record is None
    return record is not None and record.version == write.record.version
