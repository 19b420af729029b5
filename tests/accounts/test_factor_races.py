"""M3, MF-1: sixteen callers, two hundred rounds, two processes, both engines: each proof of a factor counts once."""

import pytest

from tests.store.places import Place
from tests.store.racing import ROUNDS
from tests.support import racing_factors
from tests.support.races import Processes, outcomes, place
from tests.support.racing_people import services_on

__all__ = ["place"]

pytestmark = pytest.mark.race


def test_each_proof_counts_once_and_a_session_is_raised_once(processes: Processes, place: Place) -> None:
    """A code of an app, a recovery code, a passkey's answer; a session, by a factor of each caller's own (SE-8)."""
    store, partition = place.open(), "factors"
    racing_factors.prepare(store, partition, ROUNDS)
    rounds = outcomes(processes, racing_factors.spend, place, partition)
    assert [tuple(map(sum, zip(*turn, strict=True))) for turn in rounds] == [(1, 1, 1, 1)] * ROUNDS
    sessions = services_on(store).authentication.sessions
    for turn in range(ROUNDS):
        told = racing_factors.told_of(store, partition, turn)
        (left,) = sessions.live(told["user_id"])
        assert (left.session_id != told["session_id"], "mfa" in left.amr) == (True, True)
