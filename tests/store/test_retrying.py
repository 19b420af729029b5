"""A change that others overtake is made anew from what is then, and given up in the end."""

from collections.abc import Callable

import pytest

from chalicelib.errors import NotFound, Taken
from chalicelib.store import Conflict, Key
from chalicelib.store.retrying import MAX_TRIES, retrying

BUSY = Taken("Too many at once: try again.")
LOST = Conflict([Key("things", "one")])


def overtaken(times: int) -> tuple[list[int], Callable[[], str]]:
    made: list[int] = []

    def attempt() -> str:
        made.append(len(made))
        if len(made) <= times:
            raise LOST
        return "done"

    return made, attempt


@pytest.mark.parametrize("times", [0, 1, MAX_TRIES - 1])
def test_what_was_overtaken_is_done_anew_until_it_is_done(times: int) -> None:
    made, attempt = overtaken(times)
    assert retrying(attempt, busy=BUSY) == "done"
    assert len(made) == times + 1


def test_who_is_always_overtaken_is_told_so_in_the_callers_words() -> None:
    made, attempt = overtaken(MAX_TRIES)
    with pytest.raises(Taken, match="Too many at once"):
        retrying(attempt, busy=BUSY)
    assert len(made) == MAX_TRIES


def test_what_is_read_anew_knows_which_record_was_lost() -> None:
    lost: list[Conflict] = []
    _, attempt = overtaken(2)
    retrying(attempt, busy=BUSY, reread=lost.append)
    assert lost == [LOST, LOST]


def test_a_refusal_of_what_is_then_ends_it() -> None:
    def gone(_: Conflict) -> None:
        raise NotFound("thing")

    made, attempt = overtaken(MAX_TRIES)
    with pytest.raises(NotFound):
        retrying(attempt, busy=BUSY, reread=gone)
    assert len(made) == 1
