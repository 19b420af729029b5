"""Several demands on one record in one commit (ST-1, ST-2)."""

import pytest

from chalicelib.store import Check, Conflict, Forget, Insert, Key, Record, Replace
from chalicelib.store.each_once import each_once

KEY = Key("user#ann", "profile")
READ = Record(KEY, {"name": "Ann"}, version="one")
READ_LATER = Record(KEY, {"name": "Anna"}, version="two")


def test_a_check_of_what_the_commit_writes_over_is_in_it_already() -> None:
    replace = Replace(READ, {})
    other = Check(Record(Key("client#shop", "client"), {}, version="one"))
    assert each_once(replace, Check(READ), other, Check(READ)) == (replace, other)


def test_what_was_read_at_different_times_is_a_lost_race() -> None:
    """Else the commit relies on the later one, though it was judged by the earlier one."""
    for first in (Replace(READ, {}), Check(READ)):
        with pytest.raises(Conflict) as lost:
            each_once(first, Check(READ_LATER))
        assert lost.value.keys == (KEY,)


@pytest.mark.parametrize("second", [Replace(READ, {}), Insert(KEY, {}), Forget(KEY)])
def test_two_that_write_are_a_mistake(second: Replace | Insert | Forget) -> None:
    with pytest.raises(ValueError, match="only a Check"):
        each_once(Replace(READ, {}), second)
