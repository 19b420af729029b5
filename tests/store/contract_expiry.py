"""Expiry, as every engine sees it."""

from itertools import chain

import pytest

from chalicelib.store import Check, Conflict, Insert, Key, Record, Remove, Replace, Store
from tests.conftest import Clock
from tests.store.reading import read, walk


class ExpiryContract:
    """ST-3: a record whose time has come is absent for every verb, swept or not."""

    @pytest.fixture
    def expired(self, store: Store, clock: Clock, partition: str) -> Record:
        key = Key(partition, "a")
        store.commit(Insert(key, {"old": True}, expires_at=int(clock.now) + 10))
        clock.advance(9.9)
        record = read(store, key)
        clock.advance(0.1)
        return record

    def test_it_is_neither_read_nor_listed_nor_taken(self, store: Store, expired: Record) -> None:
        assert store.get(expired.key) == (None,)
        assert store.get(expired.key, Key(expired.key.partition, "other")) == (None, None)
        assert store.list(expired.key.partition).records == ()
        assert store.take(expired.key, taker="me") is None

    @pytest.mark.parametrize("company", [False, True], ids=["alone", "in company"])
    def test_it_may_not_be_replaced_removed_or_checked(
        self, store: Store, expired: Record, *, company: bool
    ) -> None:
        others = (Insert(Key(expired.key.partition, "b"), {}),) if company else ()
        for write in (Replace(expired, {}), Remove(expired), Check(expired)):
            with pytest.raises(Conflict) as refused:
                store.commit(write, *others)
            assert refused.value.keys == (expired.key,)

    @pytest.mark.parametrize("company", [False, True], ids=["alone", "in company"])
    def test_an_insert_over_it_works_and_is_fresh(
        self, store: Store, expired: Record, *, company: bool
    ) -> None:
        others = (Insert(Key(expired.key.partition, "b"), {}),) if company else ()
        store.commit(Insert(expired.key, {"new": True}), *others)
        fresh = read(store, expired.key)
        assert (fresh.data, fresh.expires_at, fresh.taken_by) == ({"new": True}, None, None)

    def test_a_spent_one_is_whole_again_after_an_insert(
        self, store: Store, clock: Clock, partition: str
    ) -> None:
        key = Key(partition, "a")
        store.commit(Insert(key, {}, expires_at=int(clock.now) + 1))
        assert store.take(key, taker="me")
        clock.advance(1)
        assert store.take(key, taker="me") is None
        store.commit(Insert(key, {}))
        assert store.take(key, taker="you")

    def test_a_bump_of_it_starts_again(self, store: Store, clock: Clock, partition: str) -> None:
        key = Key(partition, "a")
        store.bump(key, {"tries": 5, "others": 1}, expires_at=int(clock.now) + 10)
        clock.advance(10)
        assert store.get(key) == (None,)
        counters = store.bump(key, {"tries": 1}, expires_at=int(clock.now) + 20)
        assert (counters.counts, counters.expires_at) == ({"tries": 1}, int(clock.now) + 20)

    def test_a_bump_may_follow_an_expired_record_of_another_kind(self, store: Store, expired: Record) -> None:
        assert store.bump(expired.key, {"n": 2}, expires_at=4_100_000_000)["n"] == 2

    def test_a_page_passes_over_it_and_the_walk_goes_on(
        self, store: Store, clock: Clock, partition: str
    ) -> None:
        soon = int(clock.now) + 1
        store.commit(
            *(
                Insert(Key(partition, f"{n}"), {}, expires_at=soon if n in {1, 2, 3} else None)
                for n in range(6)
            )
        )
        clock.advance(1)
        assert list(chain(*walk(store, partition, limit=2))) == ["0", "4", "5"]
