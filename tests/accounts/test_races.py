"""M3, M8: sixteen callers, two hundred rounds, two processes, on whole accounts; both engines."""

from itertools import chain
from typing import Any

import pytest

from chalicelib.errors import InvalidToken, RefreshRefused
from chalicelib.users import lists
from chalicelib.users.user import login_name
from cupbearer.testing import SOURCE
from tests.store.places import Place
from tests.store.racing import ROUNDS, agreed
from tests.store.reading import walk
from tests.support import racing_people
from tests.support.races import Processes, outcomes, place
from tests.support.racing_people import ACTS, services_on

__all__ = ["place"]

pytestmark = pytest.mark.race


def test_of_sixteen_spellings_of_a_name_exactly_one_becomes_a_user(
    processes: Processes, place: Place
) -> None:
    """ST-1, ST-5, IN-3: and whoever loses leaves nothing half made."""
    store = place.open()
    before = set(chain(*walk(store, "users")))  # other tests of this table have people too
    rounds = outcomes(processes, racing_people.sign_up, place, "sign-ups")
    winners = [[user_id for user_id in turn if user_id] for turn in rounds]
    assert [len(turn) for turn in winners] == [1] * ROUNDS
    ids = {user_id for (user_id,) in winners}
    lines = set(chain(*walk(store, "users"))) - before
    assert sorted(line.split("#")[1] for line in lines) == sorted(ids)
    for turn, (user_id,) in enumerate(winners):
        assert services_on(store).accounts.users.id_of(login_name(f"anna{turn}")) == user_id
        assert len(list(chain(*walk(store, f"user#{user_id}")))) == 2  # the profile and its session


def test_what_a_refresh_won_against_an_end_is_worth_nothing_after_it(
    processes: Processes, place: Place
) -> None:
    """SE-7, M8: log-out, disable, scope cut, new password and deletion, each against refreshes and a log-in."""
    store, partition = place.open(), "ends"
    racing_people.prepare(store, partition, ROUNDS)
    rounds = outcomes(processes, racing_people.refresh_or_end, place, partition)
    won = 0
    for turn, (done, *others) in enumerate(rounds):
        act = ACTS[turn % len(ACTS)]
        assert done == act
        pairs = [pair for pair in others if not isinstance(pair, str)]
        won += len(pairs)
        for access_token, refresh_token in pairs:
            if act == "cut scopes":
                _no_more_than_is_left(store, refresh_token)
            elif access_token:  # a new log-in is a session of its own, and may have come after the end
                _worth_nothing(store, access_token, refresh_token)
    assert won > ROUNDS  # or they never met
    _listed_as_they_are(store, {person["user_id"] for person in agreed(store, partition)["people"]})


def _listed_as_they_are(store: Any, user_ids: set[str]) -> None:
    """CO-3: whatever raced, every line of these people is there, and none leads to what they are no more."""
    users = [services_on(store).accounts.users.get(user_id) for user_id in user_ids]
    holding = {key for user in users if user for key in lists.keys_of(user)}
    assert {user.disabled for user in users if user} == {True, False}
    there = set()
    for home in {key.partition for key in holding}:
        after: str | None = None
        while True:
            page = store.list(home, after=after, limit=1000)
            there |= {line.key for line in page.records if line.data["user_id"] in user_ids}
            after = page.next_after
            if after is None:
                break
    assert there == holding


def _no_more_than_is_left(store: Any, refresh_token: str) -> None:
    moved = services_on(store).authentication.log_in.refresh(refresh_token, source=SOURCE)
    assert moved.scope == {"get:profile"}


def _worth_nothing(store: Any, access_token: str, refresh_token: str) -> None:
    services = services_on(store)
    with pytest.raises(InvalidToken):
        services.tokens.bearer.verify(access_token)
    with pytest.raises(RefreshRefused):
        services.authentication.log_in.refresh(refresh_token, source=SOURCE)
