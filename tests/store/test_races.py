"""M3: sixteen callers, two hundred rounds, two processes, both engines, no violation."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import chain
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest

from chalicelib.store import Insert, Key
from tests.store import racing
from tests.store.places import DynamoPlace, Place, SqlitePlace
from tests.store.racing import CALLERS, PROCESSES, ROUNDS, Step
from tests.store.reading import read, walk

pytestmark = pytest.mark.race


@pytest.fixture(scope="module", params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    if request.param == "sqlite":
        return SqlitePlace(str(tmp_path_factory.mktemp("races") / "cupbearer.db"))
    dynamo: DynamoPlace = request.getfixturevalue("dynamodb")
    return replace(dynamo, patient=True)


@dataclass(frozen=True)
class Processes:
    """The racing processes and the barrier at which each round begins."""

    pool: ProcessPoolExecutor
    barrier: Barrier


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(CALLERS)
    with ProcessPoolExecutor(PROCESSES, context, racing.prepare, (barrier,)) as pool:
        yield Processes(pool, barrier)


def outcomes(processes: Processes, step: Step, place: Place, partition: str) -> list[list[Any]]:
    """Return what every caller got, round by round, however long a busy machine takes; a failure ends all at once."""
    races = [
        processes.pool.submit(racing.race, step, place, partition, number) for number in range(PROCESSES)
    ]
    ended, _ = wait(races, return_when=FIRST_EXCEPTION)
    if any(race.exception() for race in ended):
        processes.barrier.abort()  # or those of a process that still runs wait for those of one that died
    callers = list(chain(*(race.result() for race in races)))
    assert len(callers) == CALLERS
    return [list(turn) for turn in zip(*callers, strict=True)]


def insert_many(place: Place, partition: str) -> None:
    store = place.open()
    for start in range(0, ROUNDS, 100):
        store.commit(*(Insert(Key(partition, f"{turn}"), {}) for turn in range(start, start + 100)))


def test_of_many_inserts_exactly_one_wins(processes: Processes, place: Place, partition: str) -> None:
    """ST-1."""
    rounds = outcomes(processes, racing.insert, place, partition)
    assert [sum(turn) for turn in rounds] == [1] * ROUNDS


def test_of_many_takers_exactly_one_wins(processes: Processes, place: Place, partition: str) -> None:
    """ST-2."""
    insert_many(place, partition)
    rounds = outcomes(processes, racing.take, place, partition)
    assert [sum(turn) for turn in rounds] == [1] * ROUNDS


def test_no_update_is_lost(processes: Processes, place: Place, partition: str) -> None:
    key = Key(partition, "sum")
    place.open().commit(Insert(key, {"n": 0}))
    rounds = outcomes(processes, racing.replace, place, partition)
    wins = sum(sum(turn) for turn in rounds)
    assert read(place.open(), key).data["n"] == wins
    assert wins >= ROUNDS
    assert wins < ROUNDS * CALLERS  # or they never met


def test_no_count_is_lost(processes: Processes, place: Place, partition: str) -> None:
    rounds = outcomes(processes, racing.bump, place, partition)
    assert sorted(chain(*rounds)) == list(range(1, ROUNDS * CALLERS + 1))


def test_a_commit_of_several_is_whole_or_absent(processes: Processes, place: Place, partition: str) -> None:
    """ST-5: the loser of a name leaves nothing else behind."""
    rounds = outcomes(processes, racing.insert_pair, place, partition)
    assert [sum(turn) for turn in rounds] == [1] * ROUNDS
    store = place.open()
    sorts = list(chain(*walk(store, partition)))
    assert len(sorts) == 3 * ROUNDS
    winners = [read(store, Key(partition, f"{turn:03d}-name")).data["by"] for turn in range(ROUNDS)]
    expected = chain(
        *((f"{n:03d}-a-{by}", f"{n:03d}-b-{by}", f"{n:03d}-name") for n, by in enumerate(winners))
    )
    assert sorts == list(expected)
