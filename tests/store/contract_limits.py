"""The limits that every engine keeps."""

import math
from typing import Any

import pytest

from chalicelib.store import (
    MAX_DATA_BYTES,
    MAX_INTEGER,
    MAX_PARTITION_BYTES,
    MAX_SORT_BYTES,
    Check,
    Forget,
    Insert,
    Key,
    Record,
    Remove,
    Replace,
    Store,
)
from tests.store.reading import read, sorts


class LimitsContract:
    """ST-6, ST-7: the same limits everywhere, told before anything is done."""

    def test_the_largest_keys_and_data_fit(self, store: Store, partition: str) -> None:
        wide = Key((partition + "p" * MAX_PARTITION_BYTES)[:MAX_PARTITION_BYTES], "é" * (MAX_SORT_BYTES // 2))
        data = {"x": "x" * (MAX_DATA_BYTES - len('{"x":""}'))}
        store.commit(Insert(wide, data))
        store.commit(Replace(read(store, wide), data), Insert(Key(wide.partition, "b"), {}))
        assert read(store, wide).data == data
        assert sorts(store, wide.partition, prefix=wide.sort) == [wide.sort]
        store.commit(Forget(wide))

    @pytest.mark.parametrize(
        "key",
        [
            Key("", "a"),
            Key("a", ""),
            Key("p" * (MAX_PARTITION_BYTES + 1), "a"),
            Key("a", "s" * (MAX_SORT_BYTES + 1)),
            Key("a", "é" * (MAX_SORT_BYTES // 2) + "x"),
            Key("\ud800", "a"),
            Key("a", "\udfff"),
            Key({"$ne": ""}, "a"),  # type: ignore[arg-type]
            Key("a", 1),  # type: ignore[arg-type]
            Key("a", None),  # type: ignore[arg-type]
        ],
        ids=range(10),
    )
    def test_a_key_outside_the_limits_is_refused_by_every_verb(self, store: Store, key: Key) -> None:
        record = Record(key, {}, "version")
        for write in (Insert(key, {}), Replace(record, {}), Remove(record), Check(record), Forget(key)):
            with pytest.raises(ValueError, match=r"must be|UTF-8"):
                store.commit(write)
        with pytest.raises(ValueError, match=r"must be|UTF-8"):
            store.get(key)
        with pytest.raises(ValueError, match=r"must be|UTF-8"):
            store.take(key, taker="me")
        with pytest.raises(ValueError, match=r"must be|UTF-8"):
            store.bump(key, {"n": 1}, expires_at=4_100_000_000)

    @pytest.mark.parametrize(
        "data",
        [
            {"x": "x" * (MAX_DATA_BYTES - 7)},
            {"x": "é" * (MAX_DATA_BYTES // 2)},
            {"x": MAX_INTEGER + 1},
            {"x": -MAX_INTEGER - 2},
            {"x": math.nan},
            {"x": math.inf},
            {"x": "\ud800"},
            {"\udc00": 1},
            {1: "x"},
            {"x": b"bytes"},
            {"x": (1, 2)},
            {"x": {1, 2}},
            {"x": object()},
            [],
            "text",
            None,
        ],
        ids=range(16),
    )
    def test_data_that_is_no_json_object_of_ours_is_refused(
        self, store: Store, partition: str, data: Any
    ) -> None:
        with pytest.raises(ValueError, match=r"data|JSON"):
            store.commit(Insert(Key(partition, "a"), data))
        assert store.get(Key(partition, "a")) == (None,)

    def test_nesting_has_an_end(self, store: Store, partition: str) -> None:
        nested: dict[str, Any] = {}
        for _ in range(5000):
            nested = {"x": nested}
        with pytest.raises(ValueError, match="nested"):
            store.commit(Insert(Key(partition, "a"), nested))

    def test_a_commit_has_one_to_a_hundred_writes_each_about_another_key(
        self, store: Store, partition: str
    ) -> None:
        keys = [Key(partition, f"{number}") for number in range(101)]
        for writes in ([], [Insert(key, {}) for key in keys], [Insert(keys[0], {}), Forget(keys[0])]):
            with pytest.raises(ValueError, match="another key"):
                store.commit(*writes)
        store.commit(*(Insert(key, {}) for key in keys[:100]))
        assert len(store.list(partition, limit=1000).records) == 100

    def test_a_commit_has_a_greatest_size(self, store: Store, partition: str) -> None:
        large = {"x": "x" * 333_000}
        keys = [Key(partition, f"{number:02d}") for number in range(13)]
        with pytest.raises(ValueError, match="bytes"):
            store.commit(*(Insert(key, large) for key in keys))
        store.commit(*(Insert(key, large) for key in keys[:11]))
        assert all(store.get(*keys[:11]))

    def test_a_get_has_at_most_a_hundred_keys_each_once(self, store: Store, partition: str) -> None:
        keys = [Key(partition, f"{number}") for number in range(101)]
        for asked in (keys, [keys[0], keys[0]]):
            with pytest.raises(ValueError, match="each once"):
                store.get(*asked)

    @pytest.mark.parametrize("limit", [0, -1, 1001, True, 1.5, "1"])
    def test_a_page_has_one_to_a_thousand_records(self, store: Store, partition: str, limit: Any) -> None:
        with pytest.raises(ValueError, match="limit"):
            store.list(partition, limit=limit)

    @pytest.mark.parametrize("text", ["\ud800", "x" * 1025, 7])
    def test_a_prefix_and_a_start_are_like_sorts(self, store: Store, partition: str, text: Any) -> None:
        with pytest.raises(ValueError, match=r"must be|UTF-8"):
            store.list(partition, prefix=text)
        with pytest.raises(ValueError, match=r"must be|UTF-8"):
            store.list(partition, after=text)

    @pytest.mark.parametrize("expires_at", [1.5, "1", True, 2**63])
    def test_an_expiry_is_a_64_bit_integer(self, store: Store, partition: str, expires_at: Any) -> None:
        key = Key(partition, "a")
        with pytest.raises(ValueError, match="expires_at"):
            store.commit(Insert(key, {}, expires_at=expires_at))
        with pytest.raises(ValueError, match="expires_at"):
            store.bump(key, {"n": 1}, expires_at=expires_at)

    @pytest.mark.parametrize(
        "amounts",
        [{}, {"": 1}, {"n": 1.0}, {"n": True}, {"n": 2**63}, {1: 1}, {f"{n}": 1 for n in range(21)}],
    )
    def test_amounts_are_named_64_bit_integers(self, store: Store, partition: str, amounts: Any) -> None:
        with pytest.raises(ValueError, match=r"amount|name|integer"):
            store.bump(Key(partition, "a"), amounts, expires_at=4_100_000_000)

    @pytest.mark.parametrize("taker", ["", "x" * 201, None])
    def test_a_taker_has_a_name(self, store: Store, partition: str, taker: Any) -> None:
        with pytest.raises(ValueError, match="taker"):
            store.take(Key(partition, "a"), taker=taker)
