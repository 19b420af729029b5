"""The serverless engine: one DynamoDB table, on demand, no scan and no index.

A record that stays is written by a conditional PutItem and recognised by its version, should the reply be
lost; several writes, and removals, which leave nothing to recognise, are a transaction with a token (ST-4).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib import logs
from chalicelib.store import (
    Conflict,
    Counters,
    Forget,
    Insert,
    Key,
    OnRequest,
    Page,
    Record,
    StoreUnavailable,
    Tally,
    Write,
    _limits,
    key_of,
)
from chalicelib.store import dynamodb_items as items
from chalicelib.store.dynamodb_calls import Calls, Cancelled, Contended, Patience, Refused
from chalicelib.store.dynamodb_table import client_config, create_table
from chalicelib.world import World

__all__ = ["DynamoStore", "client_config", "create_table"]


def _uncounted(_operation: str, _units: float) -> None:
    return


class DynamoStore:
    """A :class:`chalicelib.store.Store` in ``table``.

    ``client`` is a boto3 DynamoDB client made with :func:`client_config`; ``on_request`` is called for every
    request with the capacity units it consumed.
    """

    def __init__(self, table: str, *, client: Any, world: World, on_request: OnRequest = _uncounted) -> None:
        self._table = table
        self._now = world.now
        self._nonce = world.identifier
        self._calls = Calls(client, world, on_request)

    def get(self, *keys: Key) -> tuple[Record | None, ...]:
        """See :meth:`chalicelib.store.Store.get`."""
        _limits.check_keys(keys)
        found = self._read(keys, self._calls.patience()) if keys else {}
        now = self._now()
        return tuple(items.record(found.get(key), now=now) for key in keys)

    def _read(self, keys: tuple[Key, ...], patience: Patience) -> dict[Key, items.Item]:
        if len(keys) == 1:
            request = {"TableName": self._table, "Key": items.key_item(keys[0]), "ConsistentRead": True}
            answer = self._calls.ask("GetItem", request, patience)
            return {keys[0]: answer["Item"]} if "Item" in answer else {}
        found: dict[Key, items.Item] = {}
        left = {self._table: {"Keys": [items.key_item(key) for key in keys], "ConsistentRead": True}}
        while left:
            answer = self._calls.ask("BatchGetItem", {"RequestItems": left}, patience)
            part = answer.get("Responses", {}).get(self._table, [])
            found |= {items.item_key(item): item for item in part}
            left = answer.get("UnprocessedKeys", {})
            if left and not (part and patience.in_time):
                patience.wait(StoreUnavailable("DynamoDB left keys unread"))
        return found

    def list(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page:
        """See :meth:`chalicelib.store.Store.list`. One Query, of one more than asked for."""
        _limits.check_page(partition, prefix=prefix, after=after, limit=limit)
        request = items.page_request(partition, prefix, after, newest_first=newest_first)
        if request is None:
            return Page(())  # the start lies behind all that has the prefix
        request |= {"TableName": self._table, "Limit": limit + 1}
        answer = self._calls.ask("Query", request, self._calls.patience())
        found, now = answer["Items"], self._now()
        last = answer.get("LastEvaluatedKey") if len(found) <= limit else found[limit - 1]
        records = (items.record(item, now=now) for item in found[:limit])
        return Page(
            tuple(record for record in records if record is not None),
            next_after=last["sk"]["S"] if last else None,
        )

    def commit(self, *writes: Write) -> None:
        """See :meth:`chalicelib.store.Store.commit`."""
        texts = _limits.check_writes(writes)
        patience = self._calls.patience()
        now, version = self._now(), self._nonce()
        parts = [
            items.transaction_part(write, data, table=self._table, version=version, now=now)
            for write, data in zip(writes, texts, strict=True)
        ]
        try:
            if len(writes) == 1 and "Put" in parts[0]:
                self._put(parts[0]["Put"], patience)
            else:
                self._calls.transact(parts, patience)
        except Cancelled as cancelled:
            raise Conflict([key_of(writes[place]) for place in cancelled.failed]) from None
        except Refused:
            raise Conflict([key_of(writes[0])]) from None
        except Contended:
            self._tell_what_is_true(writes, patience)
            raise
        beside = (more for write in writes if isinstance(write, Insert) for more in write.beside)
        self._write_beside(beside, patience)

    def _put(self, request: Mapping[str, Any], patience: Patience) -> None:
        try:
            self._calls.ask("PutItem", request, patience)
        except Refused as refused:
            if refused.item is not None and refused.item["version"] == request["Item"]["version"]:
                return  # our own reply was lost
            if patience.doubtful:
                raise StoreUnavailable("a reply was lost and the record has changed since") from None
            raise

    def _tell_what_is_true(self, writes: tuple[Write, ...], patience: Patience) -> None:
        """Raise Conflict if the others that were in our way have changed what was demanded."""
        demanding = tuple(write for write in writes if not isinstance(write, Forget))
        if patience.doubtful or not demanding or not patience.in_time:
            return
        found = self._read(tuple(key_of(write) for write in demanding), patience)
        now = self._now()
        there = {key: items.record(item, now=now) for key, item in found.items()}
        failed = [
            key_of(write) for write in demanding if not items.would_hold(write, there.get(key_of(write)))
        ]
        if failed:
            raise Conflict(failed)

    def take(self, key: Key, *, taker: str) -> Record | None:
        """See :meth:`chalicelib.store.Store.take`."""
        _limits.check_keys([key])
        _limits.check_taker(taker)
        now = self._now()
        request = items.taking(key, taker, table=self._table, version=self._nonce(), now=now)
        try:
            answer = self._calls.ask("UpdateItem", request, self._calls.patience())
        except Refused as refused:
            record = items.record(refused.item, now=now)
            return record if record is not None and record.taken_by == taker else None
        return items.record(answer["Attributes"], now=now)

    def bump(
        self,
        key: Key,
        amounts: Mapping[str, int],
        *,
        expires_at: int,
        lossy: bool = False,  # noqa: ARG002 - nothing here is lost
        beside: tuple[Tally, ...] = (),
    ) -> Counters:
        """See :meth:`chalicelib.store.Store.bump`. One request, two where an expired one restarts."""
        _limits.check_keys([key])
        _limits.check_amounts(amounts, expires_at=expires_at)
        _limits.check_beside(beside)
        patience = self._calls.patience()
        counters = self._count(Tally(key, amounts, expires_at), patience)
        self._write_beside(beside, patience)
        return counters

    def _count(self, tally: Tally, patience: Patience) -> Counters:
        now, version = self._now(), self._nonce()
        update, restart = items.counting(tally, table=self._table, version=version, now=now)
        while True:
            try:
                return items.counters(self._calls.ask("UpdateItem", update, patience)["Attributes"])
            except Refused as refused:
                if items.record(refused.item, now=now) is not None:
                    raise Conflict([tally.key]) from None
            try:
                self._calls.ask("PutItem", restart, patience)
            except Refused as refused:
                if refused.item is not None and refused.item["version"] == items.text(version):
                    return items.counters(refused.item)
                patience.wait(Contended("others are restarting the same counter"))
            else:
                return items.counters(restart["Item"])

    def _write_beside(self, writes: Iterable[Insert | Tally], patience: Patience) -> None:
        """Write what goes beside an act that is done: one try each, and none after one that failed or in too long an act.

        In the act's transaction a count that all add to would make them refuse each other.
        """
        patience.hurry()
        for write in writes:
            try:
                if isinstance(write, Tally):
                    self._count(write, patience)
                else:
                    text, version = _limits.data_text(write.data), self._nonce()
                    part = items.transaction_part(
                        write, text, table=self._table, version=version, now=self._now()
                    )
                    self._calls.ask("PutItem", part["Put"], patience)
            except (Refused, Conflict):
                continue  # something is there: on SQLite too it is left out
            except StoreUnavailable as failure:
                logs.trouble(
                    "not_written_beside", stack=False, partition=write.key.partition, why=str(failure)
                )
                return
