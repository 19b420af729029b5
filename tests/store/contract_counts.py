"""``take`` and ``bump``, as every engine does them."""

import pytest

from chalicelib.store import MAX_INTEGER, Conflict, Forget, Insert, Key, Record, Remove, Replace, Store
from tests.store.reading import read


class TakeAndBumpContract:
    """``take`` and ``bump``, one caller at a time."""

    def test_one_taker_gets_it_and_gets_it_again_the_others_do_not(
        self, store: Store, partition: str
    ) -> None:
        """ST-2."""
        key = Key(partition, "a")
        store.commit(Insert(key, {"secret": 1}))
        assert store.take(Key(partition, "none"), taker="me") is None
        first = store.take(key, taker="me")
        assert first is not None
        assert (first.data, first.taken_by) == ({"secret": 1}, "me")
        assert store.take(key, taker="you") is None
        assert store.take(key, taker="me") == first
        assert store.get(key) == (first,)
        assert store.list(partition).records == (first,)

    def test_what_was_read_before_it_was_taken_is_stale(self, store: Store, partition: str) -> None:
        key = Key(partition, "a")
        store.commit(Insert(key, {}))
        before = read(store, key)
        store.take(key, taker="me")
        with pytest.raises(Conflict):
            store.commit(Replace(before, {}))
        with pytest.raises(Conflict):
            store.commit(Insert(key, {}))

    @pytest.mark.parametrize("company", [False, True], ids=["alone", "in company"])
    def test_a_spent_record_stays_spent_when_it_is_replaced(
        self, store: Store, partition: str, *, company: bool
    ) -> None:
        """OP-2: what a code issued is noted on it, and the code is no less used."""
        key = Key(partition, "a")
        others = (Insert(Key(partition, "b"), {}),) if company else ()
        store.commit(Insert(key, {}))
        taken = store.take(key, taker="me")
        assert taken is not None
        store.commit(Replace(taken, {"issued": "s1"}), *others)
        assert store.take(key, taker="you") is None
        again = store.take(key, taker="me")
        assert again is not None
        assert again.data == {"issued": "s1"}

    def test_counts_add_up_and_the_first_expiry_stays(self, store: Store, partition: str) -> None:
        key = Key(partition, "a")
        store.bump(key, {"a": 2}, expires_at=4_100_000_000)
        counters = store.bump(key, {"a": -3, "b": 1}, expires_at=4_200_000_000)
        assert (counters["a"], counters["b"], counters["never"]) == (-1, 1, 0)
        assert counters.expires_at == 4_100_000_000
        record = read(store, key)
        assert (record.data, record.expires_at) == ({"a": -1, "b": 1}, 4_100_000_000)

    def test_counts_are_exact_beyond_what_a_float_holds(self, store: Store, partition: str) -> None:
        key = Key(partition, "a")
        store.bump(key, {"n": MAX_INTEGER}, expires_at=4_100_000_000)
        assert store.bump(key, {"n": MAX_INTEGER}, expires_at=4_100_000_000)["n"] == 2 * MAX_INTEGER

    @pytest.mark.parametrize("name", ["pk", "data", "version", "expires_at", "count.", "#a :b", "é\x00"])
    def test_a_count_may_have_any_name(self, store: Store, partition: str, name: str) -> None:
        key = Key(partition, "a")
        store.bump(key, {name: 1, "x": 1}, expires_at=4_100_000_000)
        assert store.bump(key, {name: 1}, expires_at=4_100_000_000).counts == {name: 2, "x": 1}

    def test_a_counter_is_forgotten_and_begins_anew(self, store: Store, partition: str) -> None:
        key = Key(partition, "a")
        store.bump(key, {"n": 7}, expires_at=4_100_000_000)
        store.commit(Forget(key))
        assert store.get(key) == (None,)
        assert store.bump(key, {"n": 1}, expires_at=4_100_000_000)["n"] == 1

    def test_a_counter_is_removed_as_it_was_bumped_or_not_at_all(self, store: Store, partition: str) -> None:
        """TH-2: a bump tells the version that it left, so what came after it is never lost."""
        key = Key(partition, "a")
        first = store.bump(key, {"n": 1}, expires_at=4_100_000_000)
        assert read(store, key).version == first.version
        second = store.bump(key, {"n": 1}, expires_at=4_100_000_000)
        with pytest.raises(Conflict):
            store.commit(Remove(Record(key, {}, first.version)))
        store.commit(Remove(Record(key, {}, second.version)))
        assert store.get(key) == (None,)

    def test_counters_and_other_records_do_not_mix(self, store: Store, partition: str) -> None:
        counter, other = Key(partition, "counter"), Key(partition, "other")
        store.bump(counter, {"n": 1}, expires_at=4_100_000_000)
        store.commit(Insert(other, {"n": 1}))
        with pytest.raises(Conflict):
            store.bump(other, {"n": 1}, expires_at=4_100_000_000)
        with pytest.raises(Conflict):
            store.commit(Insert(counter, {}))
        assert store.take(counter, taker="me") is None
        assert read(store, counter).data == read(store, other).data == {"n": 1}
