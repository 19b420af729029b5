"""Sixteen callers, two processes, both engines: one state has one winner, one newcomer one account (ST-1, ST-2)."""

from itertools import chain

import pytest

from tests.federation import racing
from tests.store.conftest import partition
from tests.store.places import Place
from tests.store.racing import ROUNDS
from tests.support.races import Processes, outcomes, place

__all__ = ["partition", "place"]

pytestmark = pytest.mark.race


def test_of_sixteen_that_bring_one_state_exactly_one_goes_on(
    processes: Processes, place: Place, partition: str
) -> None:
    racing.begin_flows(place.open(), partition)
    rounds = outcomes(processes, racing.spend, place, partition)
    assert [sum(turn) for turn in rounds] == [1] * ROUNDS


def test_sixteen_first_log_ins_of_one_person_make_one_account(
    processes: Processes, place: Place, partition: str
) -> None:
    rounds = [turn for turn in outcomes(processes, racing.log_in, place, partition) if turn[0] is not None]
    assert len(rounds) == ROUNDS // racing.EVERY
    assert [len(set(turn)) for turn in rounds] == [1] * len(rounds)
    users = racing.identities_on(place.open()).users
    for turn, (user_id, *_) in enumerate(rounds):
        user = users.require(user_id)
        (identity,) = user.identities
        assert identity.key == racing.person_of(partition, turn * racing.EVERY).key
        assert users.find(str(user.email)) == users.get(user_id)
    assert len(set(chain(*rounds))) == len(rounds)
