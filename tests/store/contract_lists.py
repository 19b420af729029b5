"""``list``, as every engine does it."""

import math
from itertools import chain

import pytest

from chalicelib.store import MAX_DATA_BYTES, Insert, Key, Store
from tests.store.reading import sorts, walk

HOSTILE = (
    "%",
    "_",
    "#",
    "'",
    '"',
    "\\",
    "\x00",
    "a\x00b",
    "\x7f",
    " ",
    "é",
    "e\u0301",
    "\ud7ff",
    "\ue000",
    "\uffff",
)
ASTRAL = ("\U00010000", "\U0010ffff", "\U0010ffff\U0010ffff")


class ListContract:
    """``list``."""

    def test_the_order_is_that_of_utf8_bytes(self, store: Store, partition: str) -> None:
        names = [*HOSTILE, *ASTRAL, "a", "B", "aa", "10", "9"]
        store.commit(*(Insert(Key(partition, name), {}) for name in names))
        expected = sorted(names, key=str.encode)
        assert sorts(store, partition) == expected
        assert sorts(store, partition, newest_first=True) == expected[::-1]

    @pytest.mark.parametrize("prefix", [*HOSTILE, *ASTRAL, "a", "a\U0010ffff"])
    def test_a_prefix_is_only_text(self, store: Store, partition: str, prefix: str) -> None:
        names = {
            prefix,
            prefix + "x",
            prefix + "\U0010ffff",
            prefix + "\x00",
            "a",
            "zz",
            "\U0010fffe",
            "%%",
            "x" + prefix,
        }
        store.commit(*(Insert(Key(partition, name), {}) for name in names))
        expected = sorted((name for name in names if name.startswith(prefix)), key=str.encode)
        assert sorts(store, partition, prefix=prefix) == expected
        assert sorts(store, partition, prefix=prefix, newest_first=True) == expected[::-1]

    @pytest.mark.parametrize("newest_first", [False, True])
    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
    def test_pages_meet_without_gap_or_repeat(
        self, store: Store, partition: str, limit: int, *, newest_first: bool
    ) -> None:
        names = [f"k{number:02d}" for number in range(7)]
        store.commit(*(Insert(Key(partition, name), {}) for name in [*names, "j", "l"]))
        pages = walk(store, partition, prefix="k", limit=limit, newest_first=newest_first)
        assert list(chain(*pages)) == (names[::-1] if newest_first else names)
        assert len(pages) == math.ceil(7 / limit)

    @pytest.mark.parametrize("after", ["a", "k", "k1", "k15", "k2", "k9", "l", "\U0010ffff"])
    def test_a_start_may_be_anywhere(self, store: Store, partition: str, after: str) -> None:
        names = ["a", "k", "k1", "k2", "k3", "l"]
        store.commit(*(Insert(Key(partition, name), {}) for name in names))
        for prefix in ("", "k"):
            fitting = [name for name in names if name.startswith(prefix)]
            later = [name for name in fitting if name > after]
            earlier = [name for name in fitting if name < after]
            assert sorts(store, partition, prefix=prefix, after=after) == later
            assert sorts(store, partition, prefix=prefix, after=after, newest_first=True) == earlier[::-1]

    def test_an_empty_partition_is_an_empty_page(self, store: Store, partition: str) -> None:
        page = store.list(partition)
        assert (page.records, page.next_after) == ((), None)

    def test_large_records_make_short_pages_but_none_is_lost(self, store: Store, partition: str) -> None:
        names = [f"{number}" for number in range(5)]
        for name in names:
            store.commit(Insert(Key(partition, name), {"x": "x" * (MAX_DATA_BYTES - 8)}))
        assert list(chain(*walk(store, partition))) == names
        assert all(store.get(*(Key(partition, name) for name in names)))
