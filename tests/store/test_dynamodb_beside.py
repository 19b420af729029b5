"""Trouble with what goes beside an act: the act stands, soon, and the trouble is told."""

import pytest

from chalicelib.store import Insert, Key, Store, Tally
from tests.parts.faulty import Fault, FaultyProxy, Forward, Reply, lose_reply, lose_request
from tests.store.faults import LATER, THROTTLED, error
from tests.store.places import DynamoPlace
from tests.store.reading import read

pytestmark = pytest.mark.dynamodb


def untroubled(forward: Forward) -> Reply:
    return forward()


def act(partition: str) -> Insert:
    line = Insert(Key(partition, "line"), {}, LATER)
    return Insert(Key(partition, "act"), {}, LATER, (line, Tally(Key(partition, "n"), {"n": 1}, LATER)))


@pytest.mark.parametrize(
    "fault",
    [lose_request, lose_reply, THROTTLED, error(500, "InternalServerError")],
    ids=["lost", "reply lost", "throttled", "broken"],
)
def test_an_act_stands_whatever_becomes_of_what_goes_beside_it(
    faulty: Store,
    proxy: FaultyProxy,
    dynamodb: DynamoPlace,
    partition: str,
    asked: list[str],
    waits: list[float],
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    """LG-5: one try, none after it, no wait; a line in the log says what is missing."""
    proxy.faults.extend([untroubled, fault])
    faulty.commit(act(partition))
    assert read(dynamodb.open(), Key(partition, "act")).data == {}
    assert (asked, waits) == (["PutItem", "PutItem"], [])
    (line,) = [record for record in caplog.records if record.getMessage() == "not_written_beside"]
    assert line.__dict__["fields"]["partition"] == partition


def test_an_act_whose_reply_was_lost_is_counted_once(
    faulty: Store, proxy: FaultyProxy, dynamodb: DynamoPlace, partition: str
) -> None:
    """ST-4: it is recognised as ours, and what goes beside it follows."""
    proxy.faults.append(lose_reply)
    faulty.commit(act(partition))
    assert read(dynamodb.open(), Key(partition, "n")).data == {"n": 1}


def test_a_count_and_the_one_beside_it_are_a_request_each(
    faulty: Store, dynamodb: DynamoPlace, partition: str, asked: list[str]
) -> None:
    beside = (Tally(Key(partition, "n"), {"n": 1}, LATER),)
    faulty.bump(Key(partition, "m"), {"m": 1}, expires_at=LATER, beside=beside)
    assert asked == ["UpdateItem", "UpdateItem"]
    assert read(dynamodb.open(), Key(partition, "n")).data == {"n": 1}
