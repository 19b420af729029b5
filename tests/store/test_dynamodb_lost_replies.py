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
from tests.store.faults import LATER
from tests.store.places import DynamoPlace
from tests.store.reading import read

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def store(faulty: Store) -> Store:
    return faulty


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
