"""M3: sixteen callers, two hundred rounds, two processes, both engines, no violation."""

from dataclasses import replace
from itertools import chain

import pytest

from chalicelib.store import Insert, Key
from tests.store import racing
from tests.store.places import DynamoPlace, Place
from tests.store.racing import CALLERS, ROUNDS
from tests.store.reading import read, walk
from tests.support.races import Processes, outcomes, place

__all__ = ["place"]

pytestmark = pytest.mark.race


@pytest.fixture(scope="module")
def deployed_place(place: Place) -> Place:
    """Let the SDK ask DynamoDB, as it does where it is deployed: one client, many threads."""
    return replace(place, wire=False) if isinstance(place, DynamoPlace) else place


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


def test_no_count_beside_an_act_is_lost_and_no_act_fails_for_it(
    processes: Processes, place: Place, partition: str
) -> None:
    outcomes(processes, racing.tally, place, partition)
    assert read(place.open(), Key(partition, "count")).data == {"n": ROUNDS * CALLERS}


def test_a_commit_of_several_is_whole_or_absent(
    processes: Processes, deployed_place: Place, partition: str
) -> None:
    """ST-5: the loser of a name leaves nothing else behind."""
    rounds = outcomes(processes, racing.insert_pair, deployed_place, partition)
    assert [sum(turn) for turn in rounds] == [1] * ROUNDS
    store = deployed_place.open()
    sorts = list(chain(*walk(store, partition)))
    assert len(sorts) == 3 * ROUNDS
    winners = [read(store, Key(partition, f"{turn:03d}-name")).data["by"] for turn in range(ROUNDS)]
    expected = chain(
        *((f"{n:03d}-a-{by}", f"{n:03d}-b-{by}", f"{n:03d}-name") for n, by in enumerate(winners))
    )
    assert sorts == list(expected)
