"""ST-6: whatever is asked, in whatever order, both engines answer the same."""

import random
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store import (
    Check,
    Conflict,
    Counters,
    Forget,
    Insert,
    Key,
    Record,
    Remove,
    Replace,
    Store,
    Write,
)
from chalicelib.store.sqlite import SqliteStore
from tests.conftest import Clock
from tests.store.places import FAR, DynamoPlace

STEPS = 150


def write(chance: random.Random, key: Key, seen: dict[Key, Record], now: float) -> Write:
    """Return some write about ``key``, with what was once read there."""
    data = {"n": chance.randrange(1000)}
    expires_at = chance.choice([None, int(now) + chance.randrange(1, 8)])
    record = seen.get(key, Record(key, {}, "never"))
    writes: list[Write] = [
        Insert(key, data, expires_at),
        Replace(record, data, expires_at),
        Remove(record),
        Check(record),
        Forget(key),
    ]
    return chance.choice(writes)


def step(
    chance: random.Random, partition: str, seen: dict[Key, Record], now: float
) -> Callable[[Store], Any]:
    """Return one thing to ask of both; ``seen`` is what the asked store gave before."""
    keys = [Key(partition, sort) for sort in chance.sample("abcdef", chance.randint(1, 3))]
    return chance.choice(
        [
            lambda store: store.get(*keys),
            lambda store: store.list(partition, limit=3, newest_first=keys[0].sort < "c", after=keys[0].sort),
            lambda store: store.take(keys[0], taker=f"taker-{len(keys)}"),
            lambda store: store.bump(keys[0], {"n": len(keys)}, expires_at=int(now) + 3),
            *([lambda store: store.commit(*(write(chance, key, seen, now) for key in keys))] * 4),
        ]
    )


def run(store: Store, clock: Clock, partition: str, seed: int) -> list[Any]:
    chance, seen, answers = random.Random(seed), dict[Key, Record](), list[Any]()
    for _ in range(STEPS):
        clock.advance(chance.choice([0, 0, 0, 1]))
        try:
            answer = step(chance, partition, seen, clock.now)(store)
        except Conflict as conflict:
            answer = conflict.keys
        if chance.random() < 0.7:
            there = (Key(partition, sort) for sort in "abcdef")
            seen |= {record.key: record for record in store.get(*there) if record}
        answers.append(answer)
    return answers


@pytest.mark.dynamodb
@pytest.mark.parametrize("seed", range(12))
def test_the_engines_answer_alike(dynamodb: DynamoPlace, partition: str, tmp_path: Path, seed: int) -> None:
    def nonces() -> Callable[[], str]:
        numbers = count()
        return lambda: f"{partition[-12:]}-{next(numbers):06d}"

    sqlite = SqliteStore(tmp_path / "twin.db", now=(clock := Clock(now=FAR)), nonce=nonces())
    expected = without_versions(run(sqlite, clock, partition, seed))
    sqlite.close()
    clock = Clock(now=FAR)
    assert without_versions(run(dynamodb.open(now=clock), clock, partition, seed)) == expected


def without_versions(answers: Any) -> Any:
    """Return the answers with what may differ left out."""
    if isinstance(answers, Record):
        return (answers.key, answers.data, answers.expires_at, answers.taken_by)
    if isinstance(answers, Counters):
        return (dict(answers.counts), answers.expires_at)
    if isinstance(answers, list | tuple):
        return [without_versions(answer) for answer in answers]
    return without_versions(answers.records) if hasattr(answers, "records") else answers
