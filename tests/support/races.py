"""Races: callers in two processes that begin each round at one moment, and what each of them got."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest

from tests.store import racing
from tests.store.places import DynamoPlace, Place, SqlitePlace
from tests.store.racing import CALLERS, PROCESSES, Step


@pytest.fixture(scope="module", params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A store of either engine, which waits as long as a busy machine needs, and is asked without the SDK."""
    if request.param == "sqlite":
        return SqlitePlace(str(tmp_path_factory.mktemp("races") / "cupbearer.db"))
    dynamo: DynamoPlace = request.getfixturevalue("dynamodb")
    return replace(dynamo, patient=True, wire=True)


@dataclass(frozen=True)
class Processes:
    """The racing processes and the barrier at which each round begins."""

    pool: ProcessPoolExecutor
    barrier: Barrier


@contextmanager
def begun() -> Iterator[Processes]:
    """Begin the processes, which all races of a run share."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(CALLERS)
    with ProcessPoolExecutor(PROCESSES, context, racing.prepare, (barrier,)) as pool:
        yield Processes(pool, barrier)


def outcomes(processes: Processes, step: Step, place: Place, partition: str) -> list[list[Any]]:
    """Return what every caller got, round by round, however long a busy machine takes; a failure ends all at once."""
    processes.barrier.reset()  # an earlier race may have broken it
    races = [
        processes.pool.submit(racing.race, step, place, partition, number) for number in range(PROCESSES)
    ]
    ended, _ = wait(races, return_when=FIRST_EXCEPTION)
    if any(race.exception() for race in ended):
        processes.barrier.abort()  # or those of a process that still runs wait for those of one that died
    callers = list(chain(*(race.result() for race in races)))
    assert len(callers) == CALLERS
    return [list(turn) for turn in zip(*callers, strict=True)]
