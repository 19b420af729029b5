"""M3, ST-2: sixteen callers, two hundred rounds, two processes, one ticket or one address; both engines."""

from pathlib import Path

import pytest

from tests.store.places import Place, SqlitePlace
from tests.store.racing import ROUNDS
from tests.support import racing_tickets
from tests.support.races import Processes, outcomes, place
from tests.support.racing_people import number_of, services_on
from tests.support.racing_tickets import address_of, kind_of, phrase_of

__all__ = ["place"]

pytestmark = pytest.mark.race


def test_of_sixteen_uses_of_one_ticket_exactly_one_is_done(processes: Processes, place: Place) -> None:
    """PW-7: a new password, a log-in by link and by code, a newcomer's account, a proof, an undoing."""
    store, partition = place.open(), "tickets"
    racing_tickets.prepare(store, partition, ROUNDS)
    services = services_on(store)
    rounds = outcomes(processes, racing_tickets.use, place, partition)
    winners = [[name for name in turn if name] for turn in rounds]
    assert [len(turn) for turn in winners] == [1] * ROUNDS
    for turn, (winner,) in enumerate(winners):
        user = services.accounts.users.find(f"{partition}-{turn}")
        assert user
        _, sessions = services.authentication.sessions.read_all(user.user_id)
        assert len(sessions) == ("log in" in kind_of(turn))
        if kind_of(turn) == "reset":
            phrase = phrase_of(number_of(winner))
            assert services.credentials.passwords.verify(phrase, user.password).ok


def test_of_sixteen_accounts_exactly_one_proves_an_address(processes: Processes, tmp_path: Path) -> None:
    """ST-1: and it leads to whoever was told so. That a name is unique on either engine, sign-ups show."""
    place = SqlitePlace(str(tmp_path / "cupbearer.db"))
    store, partition = place.open(), "claims"
    rounds = outcomes(processes, racing_tickets.claim, place, partition)
    winners = [[user_id for user_id in turn if user_id] for turn in rounds]
    assert [len(turn) for turn in winners] == [1] * ROUNDS
    services = services_on(store)
    last = winners[-1][0]
    assert services.accounts.users.id_of(address_of(partition, ROUNDS - 1)) == last
    owners = {turn[0]: number for number, turn in enumerate(winners)}  # the last that each proved
    for user_id, number in owners.items():
        assert services.accounts.users.require(user_id).email == address_of(partition, number)
