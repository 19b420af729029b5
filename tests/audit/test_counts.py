"""The numbers of the service: each act is counted in the hour of its commit, exactly, and no picture reads the events."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.audit.counts import COUNTED, COUNTS_SECONDS, DAY_SECONDS, HOUR_SECONDS, PICTURES, SERVICE
from chalicelib.audit.events import EVENTS
from chalicelib.audit.service_events import Wanted
from chalicelib.audit.trail import Source
from chalicelib.store import Key, StoreUnavailable
from cupbearer.testing import SOURCE, AppUnderTest, Client

WRONG = "wrong phrase"
NOON = 1_800_014_400  # 15 January 2027, 12:00 UTC


def steal(person: Client) -> None:
    person.steal_refresh_token().refresh()
    person.clock.advance(71)
    person.refresh()


ACTS: dict[str, Callable[[AppUnderTest, Client], Any]] = {
    "log_ins": lambda _, person: person.log_in(),
    "failures": lambda _, person: person.log_in(password=WRONG),
    "sign_ups": lambda _, person: person.post(
        "/users", json={"username": "new", "password": "a long enough phrase"}
    ),
    "reuse": lambda _, person: steal(person),
    "password_changes": lambda _, person: person.put(
        "/users/me/password",
        json={"current_password": person.password, "new_password": "another long phrase"},
    ),
    "deletions": lambda _, person: person.delete("/users/me"),
}


def today(under_test: AppUnderTest) -> dict[str, int]:
    (day,) = under_test.services.counts.days(1)
    return dict(day.counts)


@pytest.fixture
def person(cupbearer: AppUnderTest, client: Client) -> Client:
    cupbearer.clock.now = float(NOON)
    return client.as_user(["get:profile"], username="ann")


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_counted_once(cupbearer: AppUnderTest, person: Client, act: str) -> None:
    before = today(cupbearer)
    ACTS[act](cupbearer, person)
    after = today(cupbearer)
    assert {name: after[name] - before[name] for name in PICTURES if after[name] != before[name]} == {act: 1}


def test_guesses_at_nobody_and_at_somebody_count_alike(cupbearer: AppUnderTest, person: Client) -> None:
    """LG-8, DS-3: of nobody there is a number and no line."""
    for name in ("ann", "nobody1", "nobody2"):
        person.post("/sessions", json={"username": name, "password": WRONG})
    assert today(cupbearer)["failures"] == 3
    assert cupbearer.services.counts.of_nobody(1) == 2


def test_an_account_that_is_slowed_down_counts_once_an_hour(cupbearer: AppUnderTest, person: Client) -> None:
    for _ in range(13):
        person.log_in(password=WRONG)
    assert today(cupbearer)["throttles"] == 1


def test_an_act_that_is_refused_whole_counts_nothing(
    cupbearer: AppUnderTest, person: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = today(cupbearer)
    with monkeypatch.context() as patch:

        def full(*_: Any) -> None:
            raise StoreUnavailable("full")

        patch.setattr(cupbearer.services.store, "commit", full)
        assert person.log_in().status == 503
    assert today(cupbearer) == before


def test_hours_and_days_are_those_of_utc_and_the_last_is_the_present_one(
    cupbearer: AppUnderTest, person: Client
) -> None:
    """Midnight parts two days, and days without an act are there."""
    cupbearer.clock.now = float(NOON + 12 * HOUR_SECONDS - 1)
    person.log_in()
    cupbearer.clock.advance(1)
    person.log_in()
    person.log_in()
    cupbearer.clock.advance(2 * DAY_SECONDS)
    days = cupbearer.services.counts.days(5)
    midnight = NOON - NOON % DAY_SECONDS
    assert [day.start - midnight for day in days] == [place * DAY_SECONDS for place in range(-1, 4)]
    assert [day.counts["log_ins"] for day in days][2:] == [2, 0, 0]
    hours = cupbearer.services.counts.hours(51)
    assert [hour.counts["log_ins"] for hour in hours if hour.counts["log_ins"]][-2:] == [1, 2]
    assert hours[-1].start == NOON + (12 + 48) * HOUR_SECONDS


def test_a_month_is_three_requests_however_much_happened(cupbearer: AppUnderTest, person: Client) -> None:
    """And every hour of it may have its four counters."""
    store, at = cupbearer.services.store, cupbearer.services.world.timestamp()
    for hour in range(31 * 24):
        for shard in range(4):
            place = f"{at // HOUR_SECONDS - hour:07d}.{shard}"
            store.bump(Key(SERVICE, place), {"log_in": 1000}, expires_at=at + 10, lossy=True)
    asked: list[str] = []
    listing = store.list

    def counted(*given: Any, **named: Any) -> Any:
        asked.append("list")
        return listing(*given, **named)

    store.list = counted  # type: ignore[method-assign]
    days = cupbearer.services.counts.days(30)
    assert [day.counts["log_ins"] for day in days[1:-1]] == [24 * 4 * 1000] * 28
    assert len(asked) <= 3


@pytest.mark.parametrize(
    ("event", "detail", "counts_as"),
    [
        ("sign_up", {"how": "import"}, "imports"),
        ("log_in", {"client_id": "shop"}, "log_ins_at_applications"),
    ],
)
def test_an_import_is_no_sign_up_and_a_log_in_at_an_application_follows_one_here(
    cupbearer: AppUnderTest, person: Client, event: str, detail: dict[str, str], counts_as: str
) -> None:
    before = today(cupbearer)
    cupbearer.services.store.commit(
        cupbearer.services.audit.write(event, target="x", source=SOURCE, **detail)
    )
    assert today(cupbearer) == before | {counts_as: before[counts_as] + 1}


def test_a_count_of_a_server_whose_clock_is_ahead_waits_for_its_day(
    cupbearer: AppUnderTest, person: Client
) -> None:
    before, at = today(cupbearer), NOON + DAY_SECONDS
    place = Key(SERVICE, f"{at // HOUR_SECONDS:07d}.0")
    cupbearer.services.store.bump(place, {"log_in": 1}, expires_at=at + DAY_SECONDS)
    assert today(cupbearer) == before
    cupbearer.clock.advance(DAY_SECONDS)
    assert today(cupbearer)["log_ins"] == 1


def test_counts_are_kept_for_four_hundred_days(cupbearer: AppUnderTest, person: Client) -> None:
    person.log_in()
    cupbearer.clock.advance(COUNTS_SECONDS - DAY_SECONDS)
    assert cupbearer.services.store.list(SERVICE).records
    cupbearer.clock.advance(2 * DAY_SECONDS)
    assert not cupbearer.services.store.list(SERVICE).records


def test_what_is_counted_is_an_event_and_stands_in_a_picture() -> None:
    assert not COUNTED - EVENTS.keys()
    assert not COUNTED - {name for _, names in PICTURES.values() for name in names}


def test_a_decoy_costs_what_a_line_does_and_counts_as_nothing(
    cupbearer: AppUnderTest, person: Client
) -> None:
    """EN-3."""
    audit, before = cupbearer.services.audit, today(cupbearer)
    event = "password_reset_asked"
    real = audit.write(event, target="x" * 26, source=Source())
    decoy = audit.decoy(event, target="x" * 26, source=Source(), seconds=60)
    assert [type(each) for each in getattr(decoy, "beside", ())] == [type(each) for each in real.beside]
    cupbearer.services.store.commit(decoy)
    assert today(cupbearer) == before
    shown = cupbearer.services.activity.page(Wanted()).events
    assert shown
    assert "x" * 26 not in {event.target for event in shown}
