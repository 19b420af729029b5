"""Short ways to read a store in its specification."""

from typing import Any

from chalicelib.store import Key, Record, Store


def read(store: Store, key: Key) -> Record:
    """Return the record, which must be there."""
    record = store.get(key)[0]
    assert record is not None
    return record


def sorts(store: Store, partition: str, **options: Any) -> list[str]:
    """Return the sorts of one page."""
    return [record.key.sort for record in store.list(partition, **options).records]


def walk(store: Store, partition: str, **options: Any) -> list[list[str]]:
    """Return the sorts of every page, from the first to the one that says it is the last."""
    pages, after = [], None
    while True:
        page = store.list(partition, after=after, **options)
        pages.append([record.key.sort for record in page.records])
        after = page.next_after
        if after is None:
            return pages
