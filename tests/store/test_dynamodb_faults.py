"""ST-4, AV-1, AV-2: lost replies, hangs, throttling, contention, broken answers."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.store import (
    Check,
    Conflict,
    Forget,
    Insert,
    Key,
    Record,
    Remove,
    Replace,
    Store,
    StoreUnavailable,
)
from tests.parts.faulty import Fault, FaultyProxy, Forward, Reply, lose_reply, lose_request
from tests.parts.ministack import free_port
from tests.store.places import DynamoPlace
from tests.store.reading import read

pytestmark = pytest.mark.dynamodb

LATER = 4_100_000_000
REQUEST_SECONDS = 8
VERB_SECONDS = 5

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


@pytest.fixture
def proxy(dynamodb: DynamoPlace) -> Iterator[FaultyProxy]:
    with FaultyProxy(dynamodb.endpoint) as proxy:
        yield proxy


@pytest.fixture
def asked() -> list[str]:
    """The requests that were made."""
    return []


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the store meant to wait."""
    return []


@pytest.fixture
def store(
    dynamodb: DynamoPlace, proxy: FaultyProxy, asked: list[str], waits: list[float], partition: str
) -> Store:
    dynamodb.open().commit(Insert(Key(partition, "a"), {"n": 1}), Insert(Key(partition, "b"), {}))
    return replace(dynamodb, endpoint=proxy.url).open(
        on_request=lambda name, _units: asked.append(name), sleep=waits.append
    )


@pytest.fixture
def record(dynamodb: DynamoPlace, store: Store, partition: str) -> Record:
    return read(dynamodb.open(), Key(partition, "a"))


class TestLostReplies:
    """ST-4: a write whose reply was lost is recognised as ours."""

    @pytest.mark.parametrize("kind", [Replace, Remove, Check])
    @pytest.mark.parametrize("company", [False, True], ids=["alone", "in company"])
    def test_a_commit_about_what_was_read_succeeds(
        self, store: Store, proxy: FaultyProxy, record: Record, kind: type, *, company: bool
    ) -> None:
        others = [Insert(Key(record.key.partition, "other"), {})] if company else []
        write = Replace(record, {"n": 2}) if kind is Replace else kind(record)
        proxy.faults.extend([lose_reply, lose_reply])
        store.commit(write, *others)
        after = store.get(record.key)[0]
        assert (after and after.data["n"]) == {Replace: 2, Remove: None, Check: 1}[kind]

    @pytest.mark.parametrize("company", [False, True], ids=["alone", "in company"])
    def test_an_insert_succeeds_and_anothers_does_not(
        self, store: Store, proxy: FaultyProxy, partition: str, *, company: bool
    ) -> None:
        others = [Insert(Key(partition, "other"), {})] if company else []
        proxy.faults.append(lose_reply)
        store.commit(Insert(Key(partition, "new"), {}), *others)
        with pytest.raises(Conflict):
            store.commit(Insert(Key(partition, "new"), {}))

    def test_a_forget_does_not_remove_what_came_after_it(
        self, store: Store, proxy: FaultyProxy, dynamodb: DynamoPlace, record: Record
    ) -> None:
        def another_comes(forward: Forward) -> Reply:
            dynamodb.open().commit(Insert(record.key, {"new": True}))
            return forward()

        proxy.faults.extend([lose_reply, another_comes])
        store.commit(Forget(record.key))
        assert read(store, record.key).data == {"new": True}

    @pytest.mark.parametrize("fault", [lose_reply, lose_request], ids=["done", "not done"])
    def test_what_another_has_changed_since_is_not_called_lost_or_won(
        self, store: Store, proxy: FaultyProxy, dynamodb: DynamoPlace, record: Record, fault: Fault
    ) -> None:
        """Nobody can know whether ours was there between, and nothing says so."""

        def another_writes(forward: Forward) -> Reply:
            other = dynamodb.open()
            other.commit(Replace(read(other, record.key), {"n": 9}))
            return forward()

        proxy.faults.extend([fault, another_writes])
        with pytest.raises(StoreUnavailable):
            store.commit(Replace(record, {"n": 2}))
        with pytest.raises(Conflict):
            store.commit(Replace(record, {"n": 2}))

    def test_a_take_is_still_ours_and_no_one_elses(
        self, store: Store, proxy: FaultyProxy, record: Record
    ) -> None:
        proxy.faults.append(lose_reply)
        taken = store.take(record.key, taker="me")
        assert taken is not None
        assert taken.data == {"n": 1}
        assert store.take(record.key, taker="you") is None

    def test_a_bump_counts_once_or_twice(self, store: Store, proxy: FaultyProxy, partition: str) -> None:
        proxy.faults.append(lose_reply)
        assert store.bump(Key(partition, "n"), {"n": 1}, expires_at=LATER)["n"] in {1, 2}

    def test_a_restarted_count_counts_once(self, store: Store, proxy: FaultyProxy, partition: str) -> None:
        key = Key(partition, "n")
        store.bump(key, {"n": 5}, expires_at=1)
        proxy.faults.extend([lambda forward: forward(), lose_reply])
        assert store.bump(key, {"n": 1}, expires_at=LATER).counts == {"n": 1}


class TestTrouble:
    """AV-2: trouble that passes is not noticed, trouble that stays is StoreUnavailable."""

    @pytest.mark.parametrize("verb", VERBS)
    @pytest.mark.parametrize("fault", PASSING)
    def test_trouble_that_passes_is_not_noticed(
        self, store: Store, proxy: FaultyProxy, partition: str, verb: str, fault: str
    ) -> None:
        proxy.faults.extend([PASSING[fault]] * 2)
        VERBS[verb](store, partition)
        assert proxy.seen == 3

    @pytest.mark.parametrize("verb", VERBS)
    @pytest.mark.parametrize("fault", [*PASSING, "denied", "no table"])
    def test_trouble_that_stays_is_unavailable_and_ends_without_a_restart(
        self, store: Store, proxy: FaultyProxy, partition: str, verb: str, fault: str
    ) -> None:
        hopeless = {
            "denied": error(400, "AccessDeniedException"),
            "no table": error(400, "ResourceNotFoundException"),
        }
        proxy.always = (PASSING | hopeless)[fault]
        with pytest.raises(StoreUnavailable):
            VERBS[verb](store, partition)
        assert proxy.seen <= 4
        assert proxy.seen == (1 if fault in hopeless else proxy.seen)
        proxy.always = None
        if fault == "reply lost" and verb.startswith("commit"):
            with pytest.raises(Conflict):
                VERBS[verb](store, partition)
        else:
            VERBS[verb](store, partition)

    def test_tries_are_three_with_a_growing_uneven_wait(
        self, store: Store, proxy: FaultyProxy, waits: list[float], partition: str
    ) -> None:
        proxy.always = THROTTLED
        for _ in range(10):
            with pytest.raises(StoreUnavailable):
                store.get(Key(partition, "a"))
        assert proxy.seen == 30
        assert all(0.015 <= wait <= 0.045 for wait in waits[::2])
        assert all(0.06 <= wait <= 0.18 for wait in waits[1::2])
        assert len(set(waits)) == 20

    def test_nobody_listening_is_unavailable(self, dynamodb: DynamoPlace, partition: str) -> None:
        store = replace(dynamodb, endpoint=f"http://127.0.0.1:{free_port()}").open()
        for verb in VERBS.values():
            with pytest.raises(StoreUnavailable):
                verb(store, partition)

    def test_a_hang_ends_in_time_and_all_is_well_afterwards(
        self, store: Store, proxy: FaultyProxy, partition: str
    ) -> None:
        """AV-1, M6: every verb ends well under eight seconds."""

        def timed(verb: Verb) -> float:
            began = time.monotonic()
            with pytest.raises(StoreUnavailable):
                verb(store, partition)
            return time.monotonic() - began

        proxy.always = proxy.hang
        with ThreadPoolExecutor(len(VERBS)) as threads:
            assert max(threads.map(timed, VERBS.values())) < VERB_SECONDS < REQUEST_SECONDS
        proxy.always = None
        for verb in VERBS.values():
            verb(store, partition)

    def test_one_hanging_try_is_made_good_by_the_next(
        self, store: Store, proxy: FaultyProxy, partition: str
    ) -> None:
        proxy.faults.append(proxy.hang)
        assert read(store, Key(partition, "a")).data == {"n": 1}


class TestContention:
    """ST-5: what only stood in each other's way is tried again; then the answer is the true one."""

    @pytest.mark.parametrize(
        "fault", [cancelled("None", "TransactionConflict"), cancelled("ThrottlingError", "None"), IN_PROGRESS]
    )
    def test_a_transaction_in_anothers_way_is_tried_again(
        self, store: Store, proxy: FaultyProxy, record: Record, fault: Fault
    ) -> None:
        proxy.faults.extend([fault, fault])
        store.commit(Replace(record, {"n": 2}), Insert(Key(record.key.partition, "new"), {}))
        assert read(store, record.key).data == {"n": 2}

    @pytest.mark.parametrize("company", [False, True], ids=["alone", "in company"])
    def test_if_it_stays_in_the_way_the_store_is_unavailable(
        self, store: Store, proxy: FaultyProxy, record: Record, *, company: bool
    ) -> None:
        others = [Insert(Key(record.key.partition, "new"), {})] if company else []
        fault = cancelled("TransactionConflict", "None") if company else CONTENDED
        proxy.faults.extend([fault] * 3)
        with pytest.raises(StoreUnavailable):
            store.commit(Replace(record, {"n": 2}), *others)
        store.commit(Replace(record, {"n": 2}), *others)

    @pytest.mark.parametrize("company", [False, True], ids=["alone", "in company"])
    def test_if_the_others_changed_what_was_demanded_it_is_a_conflict(
        self, store: Store, proxy: FaultyProxy, dynamodb: DynamoPlace, record: Record, *, company: bool
    ) -> None:
        others = [Insert(Key(record.key.partition, "new"), {})] if company else []
        fault = cancelled("TransactionConflict", "None") if company else CONTENDED
        dynamodb.open().commit(Replace(record, {"n": 9}))
        proxy.faults.extend([fault] * 3)
        with pytest.raises(Conflict) as refused:
            store.commit(Replace(record, {"n": 2}), *others)
        assert refused.value.keys == (record.key,)

    def test_keys_left_unread_are_asked_for_again(
        self, store: Store, proxy: FaultyProxy, partition: str
    ) -> None:
        keys = [Key(partition, "a"), Key(partition, "b"), Key(partition, "none")]

        def unread(table_and_keys: bytes) -> Fault:
            return lambda _forward: Reply(
                200, b'{"Responses": {}, "UnprocessedKeys": ' + table_and_keys + b"}"
            )

        table = store._table  # type: ignore[attr-defined]
        left = {table: {"Keys": [{"pk": {"S": key.partition}, "sk": {"S": key.sort}} for key in keys]}}
        proxy.faults.extend([unread(json.dumps(left).encode())] * 2)
        assert [record and record.key.sort for record in store.get(*keys)] == ["a", "b", None]
        proxy.faults.extend([unread(json.dumps(left).encode())] * 3)
        with pytest.raises(StoreUnavailable):
            store.get(*keys)


class TestRequests:
    """What each verb costs; every try is counted, failed ones too."""

    @pytest.mark.parametrize(
        ("verb", "requests"),
        {
            "get": ["GetItem"],
            "get many": ["BatchGetItem"],
            "list": ["Query"],
            "commit": ["PutItem"],
            "commit many": ["TransactWriteItems"],
            "take": ["UpdateItem"],
            "bump": ["UpdateItem"],
        }.items(),
    )
    def test_every_verb_is_one_request(
        self, store: Store, asked: list[str], partition: str, verb: str, requests: list[str]
    ) -> None:
        VERBS[verb](store, partition)
        assert asked == requests

    def test_failed_tries_are_counted_and_capacity_is_told(
        self, dynamodb: DynamoPlace, proxy: FaultyProxy, partition: str
    ) -> None:
        told: list[tuple[str, float]] = []
        store = replace(dynamodb, endpoint=proxy.url).open(on_request=lambda *request: told.append(request))
        proxy.faults.append(THROTTLED)
        store.commit(Insert(Key(partition, "new"), {}))
        store.commit(Insert(Key(partition, "x"), {}), Insert(Key(partition, "y"), {}))
        store.get(Key(partition, "new"))
        assert told == [("PutItem", 0.0), ("PutItem", 1.0), ("TransactWriteItems", 4.0), ("GetItem", 1.0)]
