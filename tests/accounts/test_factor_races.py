"""M3, MF-1: sixteen callers, two hundred rounds, two processes, both engines: each proof of a factor counts once."""

import pytest

from tests.store.places import Place
from tests.store.racing import ROUNDS
from tests.support import racing_factors
from tests.support.races import Processes, outcomes, place

__all__ = ["place"]

pytestmark = pytest.mark.race


def test_a_code_of_an_app_a_recovery_code_and_a_passkeys_answer_count_once(
    processes: Processes, place: Place
) -> None:
    store, partition = place.open(), "factors"
    racing_factors.prepare(store, partition, ROUNDS)
    rounds = outcomes(processes, racing_factors.spend, place, partition)
    assert [tuple(map(sum, zip(*turn, strict=True))) for turn in rounds] == [(1, 1, 1)] * ROUNDS
