"""What goes beside an act: one with it on SQLite, after it on DynamoDB; wherever the act is, it is too."""

from typing import Any

import pytest

from chalicelib.store import Conflict, Forget, Insert, Key, Store, Tally
from tests.store.reading import read

LATER = 4_100_000_000


class BesideContract:
    """``Insert.beside`` and ``bump(beside=…)``."""

    @pytest.mark.parametrize("company", [False, True], ids=["alone", "in company"])
    def test_lines_and_counts_follow_an_act(self, store: Store, partition: str, *, company: bool) -> None:
        line, count = Key(partition, "line"), Key(partition, "count")
        for number in range(2):
            beside = (Insert(line, {"n": number}, LATER), Tally(count, {"n": 2, f"{number}": 1}, LATER))
            act = Insert(Key(partition, f"act {number}"), {"is": "an act"}, LATER, beside)
            store.commit(act, *((Forget(Key(partition, "other")),) if company else ()))
        assert read(store, Key(partition, "act 1")).data == {"is": "an act"}
        assert read(store, line).data == {"n": 0}, "a line that is there stays as it is"
        assert (read(store, count).data, read(store, count).expires_at) == ({"n": 4, "0": 1, "1": 1}, LATER)

    def test_an_act_that_does_not_happen_leaves_nothing_beside_it(self, store: Store, partition: str) -> None:
        key = Key(partition, "act")
        store.commit(Insert(key, {}))
        beside = (Insert(Key(partition, "line"), {}), Tally(Key(partition, "count"), {"n": 1}, LATER))
        with pytest.raises(Conflict):
            store.commit(Insert(key, {}, beside=beside))
        assert store.get(Key(partition, "line"), Key(partition, "count")) == (None, None)

    def test_counts_follow_a_count(self, store: Store, partition: str) -> None:
        first, second = Key(partition, "first"), Key(partition, "second")
        for _ in range(3):
            counters = store.bump(first, {"n": 1}, expires_at=LATER, beside=(Tally(second, {"m": 2}, LATER),))
        assert counters.counts == {"n": 3}
        assert read(store, second).data == {"m": 6}

    def test_a_count_beside_another_kind_of_record_is_left_out(self, store: Store, partition: str) -> None:
        other = Key(partition, "other")
        store.commit(Insert(other, {"n": "text"}))
        store.commit(Insert(Key(partition, "act"), {}, beside=(Tally(other, {"n": 1}, LATER),)))
        assert read(store, other).data == {"n": "text"}
        assert read(store, Key(partition, "act")).data == {}

    @pytest.mark.parametrize(
        "beside",
        [
            Tally(Key("p", "c"), {}, LATER),
            Tally(Key("p", ""), {"n": 1}, LATER),
            Insert(Key("p", "c"), {"not": {"JSON"}}),
        ],
    )
    def test_what_could_not_be_written_alone_is_refused_beside(
        self, store: Store, partition: str, beside: Any
    ) -> None:
        """ST-7: before anything is asked."""
        with pytest.raises(ValueError, match=r"amounts|bytes|may not hold"):
            store.commit(Insert(Key(partition, "act"), {}, beside=(beside,)))
        assert store.get(Key(partition, "act")) == (None,)
