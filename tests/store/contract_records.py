"""``get`` and ``commit``, as every engine does them."""

import pytest

from chalicelib.store import MAX_INTEGER, Check, Conflict, Forget, Insert, Key, Remove, Replace, Store
from tests.store.reading import read, sorts


class RecordsContract:
    """``get`` and ``commit``."""

    def test_what_was_inserted_is_read_back_the_same(self, store: Store, partition: str) -> None:
        data = {
            "text": "ä\x00\U0001f600",
            "empty": "",
            "largest": MAX_INTEGER,
            "least": -MAX_INTEGER - 1,
            "fraction": 0.1,
            "tiny": 5e-324,
            "huge": 1.7976931348623157e308,
            "yes": True,
            "nothing": None,
            "list": [1, [], {}, ""],
            "": {"nested": {"deeper": [None]}},
        }
        key = Key(partition, "a")
        store.commit(Insert(key, data, expires_at=4_100_000_000))
        record = read(store, key)
        assert (record.key, record.data, record.expires_at, record.taken_by) == (
            key,
            data,
            4_100_000_000,
            None,
        )
        assert type(record.data["fraction"]) is float
        assert type(record.data["largest"]) is int
        assert record.data["yes"] is True

    def test_an_absent_record_is_none_and_the_order_is_that_of_the_question(
        self, store: Store, partition: str
    ) -> None:
        here, there = Key(partition, "here"), Key(partition, "there")
        store.commit(Insert(here, {}))
        assert [bool(record) for record in store.get(there, here)] == [False, True]
        assert [bool(record) for record in store.get(here, there)] == [True, False]
        assert store.get() == ()

    def test_a_hundred_keys_are_one_batch(self, store: Store, partition: str) -> None:
        keys = [Key(partition, f"{number}") for number in range(100)]
        store.commit(*(Insert(key, {"sort": key.sort}) for key in keys))
        assert [record and record.data["sort"] for record in store.get(*keys)] == [key.sort for key in keys]

    def test_an_insert_over_a_record_conflicts(self, store: Store, partition: str) -> None:
        key = Key(partition, "a")
        store.commit(Insert(key, {"first": True}))
        with pytest.raises(Conflict) as refused:
            store.commit(Insert(key, {"first": False}))
        assert refused.value.keys == (key,)
        assert read(store, key).data == {"first": True}

    def test_every_write_gives_a_version_of_its_own(self, store: Store, partition: str) -> None:
        key = Key(partition, "a")
        versions = set()
        store.commit(Insert(key, {}))
        for _ in range(3):
            versions.add(read(store, key).version)
            store.commit(Replace(read(store, key), {}))
        store.commit(Forget(key))
        store.commit(Insert(key, {}))
        versions.add(read(store, key).version)
        store.take(key, taker="me")
        versions.add(read(store, key).version)
        assert len(versions) == 5

    def test_a_record_read_before_a_change_is_not_replaced_removed_or_checked(
        self, store: Store, partition: str
    ) -> None:
        key, other = Key(partition, "a"), Key(partition, "b")
        store.commit(Insert(key, {"n": 1}))
        old = read(store, key)
        store.commit(Replace(old, {"n": 1}))
        for write in (Replace(old, {"n": 2}), Remove(old), Check(old)):
            with pytest.raises(Conflict):
                store.commit(write)
            with pytest.raises(Conflict) as refused:
                store.commit(write, Insert(other, {}))
            assert refused.value.keys == (key,)
        assert read(store, key).data == {"n": 1}
        assert store.get(other) == (None,)

    def test_replace_sets_and_clears_the_expiry(self, store: Store, partition: str) -> None:
        key = Key(partition, "a")
        store.commit(Insert(key, {}))
        store.commit(Replace(read(store, key), {}, expires_at=4_100_000_000))
        assert read(store, key).expires_at == 4_100_000_000
        store.commit(Replace(read(store, key), {}))
        assert read(store, key).expires_at is None

    def test_a_commit_is_all_or_nothing_and_names_every_failed_key(
        self, store: Store, partition: str
    ) -> None:
        keys = [Key(partition, f"{number}") for number in range(5)]
        store.commit(Insert(keys[1], {}), Insert(keys[3], {}))
        with pytest.raises(Conflict) as refused:
            store.commit(*(Insert(key, {"new": True}) for key in keys))
        assert set(refused.value.keys) == {keys[1], keys[3]}
        assert [record and record.data for record in store.get(*keys)] == [None, {}, None, {}, None]

    def test_all_kinds_of_write_go_together(self, store: Store, partition: str) -> None:
        new, changed, gone, watched, forgotten, never = (Key(partition, sort) for sort in "abcdef")
        store.commit(*(Insert(key, {}) for key in (changed, gone, watched, forgotten)))
        store.commit(
            Insert(new, {"a": 1}),
            Replace(read(store, changed), {"b": 1}),
            Remove(read(store, gone)),
            Check(read(store, watched)),
            Forget(forgotten),
            Forget(never),
        )
        found = store.get(new, changed, gone, watched, forgotten, never)
        assert [record and record.data for record in found] == [{"a": 1}, {"b": 1}, None, {}, None, None]

    def test_a_lone_check_remove_or_forget_works(self, store: Store, partition: str) -> None:
        key = Key(partition, "a")
        store.commit(Insert(key, {}))
        record = read(store, key)
        store.commit(Check(record))
        assert read(store, key) == record
        store.commit(Remove(record))
        assert store.get(key) == (None,)
        with pytest.raises(Conflict):
            store.commit(Remove(record))
        store.commit(Forget(key))

    def test_partitions_and_sorts_do_not_run_into_each_other(self, store: Store, partition: str) -> None:
        """ST-7: what separates a key's parts for us is an ordinary character for the store."""
        keys = [
            Key(partition, "a#b"),
            Key(f"{partition}#a", "b"),
            Key(f"{partition}#", "a#b"),
            Key(partition, "A#B"),
        ]
        store.commit(*(Insert(key, {"n": number}) for number, key in enumerate(keys)))
        assert [record and record.data["n"] for record in store.get(*keys)] == [0, 1, 2, 3]
        assert sorts(store, partition) == ["A#B", "a#b"]
