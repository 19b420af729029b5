"""What happened in the whole service: by event, person, network and time, newest first, a bounded look a page (LG-6)."""

from collections.abc import Iterable
from typing import Any

import pytest

from chalicelib.audit import service_events
from chalicelib.audit.events import EVENTS
from chalicelib.audit.service_events import LOOKED_THROUGH, Wanted, network_from
from chalicelib.audit.streams import STREAMS, stream_of
from chalicelib.audit.trail import AUDIT_SECONDS, Event, Source
from cupbearer.testing import AppUnderTest, Client

HOME, AWAY = Source(ip="192.0.2.7"), Source(ip="2001:db8:1:2::9")


@pytest.fixture
def at(cupbearer: AppUnderTest) -> AppUnderTest:
    return cupbearer


def happen(at: AppUnderTest, *events: str, source: Source = HOME, target: str = "somebody") -> None:
    """Let events happen, a second apart."""
    for event in events:
        at.clock.advance(1)
        at.services.store.commit(at.services.audit.write(event, target=target, source=source))


def names(events: Iterable[Event]) -> list[str]:
    return [event.event for event in events]


def every(at: AppUnderTest, wanted: Wanted, *, limit: int = 50) -> list[Event]:
    """The events of every page, from the newest to the one that says it is the last."""
    return [event for page in walk(at, wanted, limit=limit) for event in page]


def walk(at: AppUnderTest, wanted: Wanted, *, limit: int = 50) -> list[list[Event]]:
    pages, cursor = [], None
    while True:
        page = at.services.activity.page(wanted, cursor=cursor, limit=limit)
        pages.append(list(page.events))
        cursor = page.next_cursor
        if cursor is None:
            return pages


MIXED = (
    "log_in",
    "log_in_failed",
    "session_reused",
    "client_log_in",
    "profile_changed",
    "log_out",
    "sign_up",
)


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_events_of_every_stream_come_by_time_and_each_once(at: AppUnderTest, limit: int) -> None:
    happen(at, *MIXED, *MIXED)
    pages = walk(at, Wanted(), limit=limit)
    assert names(every(at, Wanted(), limit=limit)) == [*MIXED, *MIXED][::-1]
    assert all(len(page) <= limit for page in pages)


def test_what_people_do_stands_in_the_services_list_as_in_their_own(at: AppUnderTest, client: Client) -> None:
    person = client.as_user(["get:profile"], username="ann")
    at.clock.advance(1)
    person.log_in()
    own, _ = at.services.audit.of(person.user_id or "")
    assert every(at, Wanted()) == list(own)


def test_one_event_one_person_one_network(at: AppUnderTest) -> None:
    happen(at, *MIXED)
    happen(at, "log_in_failed", source=AWAY, target="another")
    happen(at, "log_in", target="another")
    assert names(every(at, Wanted(event="log_in_failed"))) == ["log_in_failed"] * 2
    assert names(every(at, Wanted(user_id="another"))) == ["log_in", "log_in_failed"]
    assert names(every(at, Wanted(network=network_from("2001:db8:1:2::1")))) == ["log_in_failed"]
    assert len(every(at, Wanted(network=network_from("192.0.2.0/24")))) == len(MIXED) + 1
    assert every(at, Wanted(network=network_from("192.0.2.8"))) == []
    both = Wanted(event="log_in_failed", user_id="another", network=network_from("2001:db8::/32"))
    assert names(every(at, both)) == ["log_in_failed"]


def test_a_network_and_a_cursor_that_are_none_are_refused(at: AppUnderTest) -> None:
    with pytest.raises(ValueError, match="next door"):
        network_from("next door")
    with pytest.raises(ValueError, match="cursor"):
        at.services.activity.page(Wanted(), cursor="x")


def test_since_and_until(at: AppUnderTest) -> None:
    begun = int(at.clock.now)
    happen(at, *MIXED)
    wanted = Wanted(since=begun + 3, until=begun + 6)
    assert names(every(at, wanted)) == [*MIXED[2:5]][::-1]
    assert [names(page) for page in walk(at, wanted, limit=1)] == [[event] for event in MIXED[4:1:-1]]
    lately = walk(at, Wanted(user_id="somebody", since=begun + 6), limit=1)
    assert [names(page) for page in lately] == [["sign_up"], ["log_out"], []]  # and what is older is not read


@pytest.mark.parametrize(
    "wanted", [Wanted(network=network_from("198.51.100.9")), Wanted(event="federated_log_in_refused")]
)
def test_a_page_looks_through_a_bounded_part_and_says_how_far(at: AppUnderTest, wanted: Wanted) -> None:
    """It goes on from there, so what lies far back is found too."""
    found = "federated_log_in_refused"
    happen(at, found, source=Source(ip="198.51.100.9"))
    begun = at.clock.now
    happen(at, *["log_in_failed"] * (LOOKED_THROUGH + 20))
    page = at.services.activity.page(wanted)
    assert (page.events, page.looked_back_to) == ((), int(begun) + 21)
    assert page.next_cursor is not None
    page = at.services.activity.page(wanted, cursor=page.next_cursor)
    assert (names(page.events), page.next_cursor) == ([found], None)


def test_what_is_rare_in_a_busy_stream_and_a_quiet_one_is_found_by_time(
    at: AppUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page goes back no farther than it has seen everything: the quiet stream waits for the busy one."""
    monkeypatch.setattr(service_events, "LOOKED_THROUGH", 3)
    happen(at, "sign_up", "log_out")
    happen(at, "log_out", source=AWAY)
    happen(at, "log_out", "sign_up")
    happen(at, "sign_up", source=AWAY)
    happen(at, "log_in", source=AWAY)
    happen(at, *["log_in"] * 4, "sign_up")
    wanted = Wanted(network=network_from("2001:db8::/32"))
    assert names(every(at, wanted, limit=2)) == ["log_in", "sign_up", "log_out"]


def test_a_page_is_one_request_for_each_stream(at: AppUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    happen(at, *MIXED * 30)
    asked: list[str] = []
    listing = at.services.store.list

    def noted(partition: str, **named: Any) -> Any:
        asked.append(partition)
        return listing(partition, **named)

    monkeypatch.setattr(at.services.store, "list", noted)
    at.services.activity.page(Wanted(network=network_from("192.0.2.7")))
    assert len(asked) == len(STREAMS) == len(set(asked))
    asked.clear()
    at.services.activity.page(Wanted(event="session_reused"))
    assert asked == ["events#alarms"]


def test_lines_outlive_an_account_and_end_with_its_trail(at: AppUnderTest, client: Client) -> None:
    """LG-7: who looks into a theft finds what a deleted account did; after ninety days nothing of it is left."""
    person = client.as_user(["get:profile"], username="ann")
    at.clock.advance(1)
    person.delete("/users/me")
    assert names(every(at, Wanted())) == ["deleted", "sign_up"]
    at.clock.advance(AUDIT_SECONDS)
    assert every(at, Wanted()) == []


def test_every_event_stands_in_a_stream_that_is_read() -> None:
    assert {stream_of(event) for event in EVENTS} == set(STREAMS)
