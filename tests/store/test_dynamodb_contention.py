import json
from dataclasses import replace

import pytest

from chalicelib.store import Conflict, Insert, Key, Record, Replace, Store, StoreUnavailable
from tests.parts.faulty import Fault, FaultyProxy, Reply
from tests.store.faults import CONTENDED, IN_PROGRESS, THROTTLED, VERBS, cancelled
from tests.store.places import DynamoPlace
from tests.store.reading import read

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def store(faulty: Store) -> Store:
    return faulty


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
        self, store: Store, dynamodb: DynamoPlace, proxy: FaultyProxy, partition: str
    ) -> None:
        keys = [Key(partition, "a"), Key(partition, "b"), Key(partition, "none")]

        def unread(table_and_keys: bytes) -> Fault:
            return lambda _forward: Reply(
                200, b'{"Responses": {}, "UnprocessedKeys": ' + table_and_keys + b"}"
            )

        left = {
            dynamodb.table: {"Keys": [{"pk": {"S": key.partition}, "sk": {"S": key.sort}} for key in keys]}
        }
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
        answered: list[tuple[str, float]] = []
        store = replace(dynamodb, endpoint=proxy.url).open(
            on_request=lambda *request: answered.append(request)
        )
        proxy.faults.append(THROTTLED)
        store.commit(Insert(Key(partition, "new"), {}))
        store.commit(Insert(Key(partition, "x"), {}), Insert(Key(partition, "y"), {}))
        store.get(Key(partition, "new"))
        assert answered == [("PutItem", 0.0), ("PutItem", 1.0), ("TransactWriteItems", 4.0), ("GetItem", 1.0)]
