"""M3, M8: sixteen callers, two hundred rounds, two processes, on whole accounts; both engines."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from typing import Any

import pytest

from chalicelib.errors import InvalidToken, RefreshRefused
from chalicelib.user import login_name
from cupbearer.testing import SOURCE
from tests import racing_people
from tests.racing_people import ACTS, services_on
from tests.store import racing
from tests.store.places import Place, SqlitePlace
from tests.store.racing import CALLERS, PROCESSES, ROUNDS, Step
from tests.store.reading import walk

pytestmark = pytest.mark.race


@pytest.fixture(scope="module", params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    if request.param == "sqlite":
        return SqlitePlace(str(tmp_path_factory.mktemp("races") / "cupbearer.db"))
    dynamo: Place = request.getfixturevalue("dynamodb")
    return dynamo


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(CALLERS)
    with ProcessPoolExecutor(PROCESSES, context, racing.prepare, (barrier,)) as pool:
        yield pool


def outcomes(processes: ProcessPoolExecutor, step: Step, place: Place, partition: str) -> list[list[Any]]:
    """Return what every caller got, round by round."""
    races = [processes.submit(racing.race, step, place, partition, number) for number in range(PROCESSES)]
    callers = list(chain(*(race.result(timeout=240) for race in races)))
    assert len(callers) == CALLERS
    return [list(turn) for turn in zip(*callers, strict=True)]


def test_of_sixteen_spellings_of_a_name_exactly_one_becomes_a_user(
    processes: ProcessPoolExecutor, place: Place
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
        assert services_on(store).users.id_of(login_name(f"anna{turn}")) == user_id
        assert len(list(chain(*walk(store, f"user#{user_id}")))) == 2  # the profile and its session


def test_what_a_refresh_won_against_an_end_is_worth_nothing_after_it(
    processes: ProcessPoolExecutor, place: Place
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


def _no_more_than_is_left(store: Any, refresh_token: str) -> None:
    moved = services_on(store).sign_in.refresh(refresh_token, source=SOURCE)
    assert moved.scope == {"get:profile"}


def _worth_nothing(store: Any, access_token: str, refresh_token: str) -> None:
    services = services_on(store)
    with pytest.raises(InvalidToken):
        services.bearer_tokens.verify(access_token)
    with pytest.raises(RefreshRefused):
        services.sign_in.refresh(refresh_token, source=SOURCE)
