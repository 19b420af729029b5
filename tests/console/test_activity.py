"""The page of everything that happened, and that of how often (LG-5, LG-6)."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from chalicelib.audit.service_events import LOOKED_THROUGH
from chalicelib.audit.trail import MAX_TEXT, Source
from chalicelib.authentication.log_in import LogInResult
from tests.conftest import Clock
from tests.console.conftest import Asked
from tests.oauth.server import Browser, Server

HOME, AWAY = Source(ip="192.0.2.9", user_agent="Firefox/1 X11"), Source(ip="2001:db8::1")
NEXT = re.compile(r'rel="next" href="/api([^"]+)"')

Happen = Callable[..., None]


@pytest.fixture
def happen(server: Server, clock: Clock) -> Happen:
    """Let events happen, a second apart."""

    def act(*events: str, target: str = "x" * 26, source: Source = HOME, **detail: str) -> None:
        for event in events:
            clock.advance(1)
            write = server.services.audit.write(event, target=target, source=source, **detail)
            server.services.store.commit(write)

    return act


def shown(page: str) -> list[str]:
    """Return the sentences of a page, newest first."""
    part = page.partition('<ul class="list">')[2].partition("</ul>")[0]
    return [text.strip() for text in re.findall(r"<p>([^<]+?)(?: <|<br>)", part)]


def test_what_happens_to_anybody_is_there_with_names(
    console: Browser, zoe: LogInResult, happen: Happen, server: Server
) -> None:
    happen("consent_given", target=zoe.user.user_id, client_id="shop", client="The shop")
    page = console.go("/console/activity").text
    assert shown(page)[0] == "“The shop” was given access"
    assert f'/console/people/{zoe.user.user_id}">zoe</a>' in page
    assert "Firefox on Linux" in page
    assert 'href="/api/console/activity?network=192.0.2.9">192.0.2.9</a>' in page


@pytest.mark.parametrize("name", ["The shop", "A client"])
def test_an_application_is_named_whatever_it_calls_itself(
    console: Browser, happen: Happen, name: str
) -> None:
    """Its name may be a part of a sentence that does not speak of it."""
    happen("client_updated", target="client:shop", client_id="shop", client=name)
    assert f"at {name}</span>" in console.go("/console/activity").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("event=log_in_failed", ["A log-in was refused: wrong password"]),
        ("person=zoe", ["A log-in was refused: wrong password", "The account was made"]),
        ("person=zoe&event=sign_up", ["The account was made"]),
        (f"network={quote('2001:db8::5')}", ["A second factor was added"]),
        (f"network={quote('2001:db8::/32')}&event=sign_up", []),
        ("until=1970-01-02T00:00", []),
    ],
)
def test_the_filters(
    console: Browser, zoe: LogInResult, happen: Happen, query: str, found: list[str]
) -> None:
    happen("log_in_failed", target=zoe.user.user_id)
    happen("factor_added", source=AWAY)
    assert shown(console.go(f"/console/activity?{query}").text)[: len(found) or None] == found


def test_what_happened_to_a_program_is_found_by_its_id(console: Browser, happen: Happen) -> None:
    happen("client_disabled", target="client:shop")
    happen("factor_added")
    assert shown(console.go("/console/activity?person=client%3Ashop").text) == ["A client was disabled"]


@pytest.fixture
def march(clock: Clock) -> Clock:
    """17 March 2030, 17:46:40 UTC, from before anybody logs in."""
    clock.now = 1_900_000_000.0
    return clock


def test_moments_are_of_utc(march: Clock, console: Browser, happen: Happen) -> None:
    happen("factor_added")
    assert "A second factor was added" in shown(console.go("/console/activity?since=2030-03-17T17:46").text)
    assert shown(console.go("/console/activity?since=2030-03-17T17:47").text) == []
    assert shown(console.go("/console/activity?until=2030-03-17T17:46&event=factor_added").text) == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("event=hacked", "There is no such event."),
        ("person=nobody-at-all", "Nobody has this name, address or id."),
        ("person=%00", "Nobody has this name, address or id."),
        ("network=next+door", "An address, or a network as 203.0.113.0/24."),
        ("since=yesterday", "A day and a time, as 2026-11-22T13:30."),
        ("until=2026-02-30", "A day and a time, as 2026-11-22T13:30."),
        ("since=0000-00-00T99:99", "A day and a time, as 2026-11-22T13:30."),
    ],
)
def test_what_cannot_be_looked_for_is_said_at_its_field_and_stays_typed(
    console: Browser, query: str, wrong: str
) -> None:
    answer = console.go(f"/console/activity?{query}")
    assert answer.status == 400
    assert wrong in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("cursor", ["x", "%00", "9" * 40, "../..", "000000000000001-aaaaaaaa"])
def test_a_cursor_of_ones_own_is_no_fault_of_ours(console: Browser, cursor: str) -> None:
    assert console.go(f"/console/activity?cursor={cursor}").status == 200


def test_pages_lead_on_and_each_is_light(console: Browser, happen: Happen) -> None:
    """With texts as long as they may be."""
    long = Source(ip="2001:db8:1111:2222:3333:4444:5555:6666", user_agent="ü" * MAX_TEXT)
    happen(
        *["client_log_in"] * 120, target="client:" + "c" * 200, source=long, client="n" * 100, scope="s" * 200
    )
    path, sizes, found = "/console/activity?event=client_log_in", [], 0
    while path:
        page = console.go(path).text
        sizes.append(len(page.encode()))
        found += len(shown(page))
        onward = NEXT.search(page)
        path = onward[1].replace("&amp;", "&") if onward else ""
    assert (found, len(sizes)) == (120, 3)
    assert max(sizes) < 100_000


def test_a_page_without_a_find_says_how_far_it_looked_and_leads_on(console: Browser, happen: Happen) -> None:
    happen("log_in_failed", source=AWAY)
    happen(*["log_in_failed"] * (LOOKED_THROUGH + 10))
    page = console.go(f"/console/activity?event=log_in_failed&network={quote('2001:db8::/64')}").text
    assert "None of these, so far back." in page
    assert "Looked at all since" in page
    onward = NEXT.search(page)
    assert onward
    assert len(shown(console.go(onward[1].replace("&amp;", "&")).text)) == 1


@pytest.mark.parametrize("path", ["/console/activity", "/console/statistics"])
def test_it_costs_the_same_however_much_happened(
    console: Browser, happen: Happen, asked: Asked, path: str
) -> None:
    """LG-6."""
    happen("log_in")
    console.go(path)  # reads the keys of the process
    few = asked(lambda: console.go(path))
    happen(*["log_in", "log_in_failed", "sign_up", "session_reused"] * 100)
    console.go(path)
    assert asked(lambda: console.go(path)) == few
    assert few <= 9


def test_who_was_deleted_is_named_by_the_id(
    server: Server, console: Browser, zoe: LogInResult, clock: Clock
) -> None:
    """LG-7."""
    user_id = zoe.user.user_id
    clock.advance(1)
    server.services.accounts.administration.delete(user_id, source=HOME)
    page = console.go(f"/console/activity?person={user_id}").text
    assert shown(page) == ["The account was deleted", "The account was made"]
    assert user_id in page


def test_what_is_no_account_is_named_by_what_it_is_and_leads_to_its_events(
    console: Browser, happen: Happen
) -> None:
    happen("resource_changed", target="resource:https://api.example.com")
    happen("client_deleted", target="client:shop")
    page = console.go("/console/activity").text
    assert 'API:</span> <a href="/api/console/activity?person=resource' in page
    assert "<code>https://api.example.com</code>" in page
    assert "an application that is gone:</span>" in page
    assert "<code>shop</code>" in page
    assert "An operator, -," not in page  # among the events to choose from, nobody is named


def test_statistics_have_a_picture_and_a_table_of_each_day(
    march: Clock, console: Browser, happen: Happen
) -> None:
    happen(*["session_reused"] * 3)
    march.advance(86_400)
    happen("session_reused")
    page = console.go("/console/statistics").text
    section = page.partition('id="reuse"')[2].partition("</section>")[0]
    assert '<b class="time">4</b>' in section
    assert "most: 3, 17 Mar 2030" in section
    assert '<tr><th scope="row">17 Mar 2030</th><td>3</td></tr>' in section
    assert section.count("<tr>") == 31
    assert section.count("<rect") == 2
    assert 'class="now"' in section
    hours = (
        console.go("/console/statistics?by=hours").text.partition('id="reuse"')[2].partition("</section>")[0]
    )
    assert hours.count("<tr>") == 49
    assert "17 Mar 2030, 17:00" in hours


def test_statistics_are_light(console: Browser, server: Server, happen: Happen, clock: Clock) -> None:
    for _ in range(50):
        happen("log_in", "log_in_failed", "sign_up", "session_reused", "log_in_throttled")
        clock.advance(3600)
    for query in ("", "?by=hours"):
        assert len(console.go(f"/console/statistics{query}").text.encode()) < 100_000


def test_guesses_at_names_that_nobody_has_are_told(console: Browser, server: Server) -> None:
    """LG-8."""
    server.services.audit.record("log_in_failed", target=None, source=HOME, outcome="wrong_password")
    assert "1 of them were guesses at names that nobody has" in " ".join(
        console.go("/console/statistics").text.split()
    )


@pytest.mark.parametrize("path", ["/console/activity", "/console/statistics"])
def test_who_may_not_read_people_reads_neither(
    server: Server, browser: Browser, zoe: LogInResult, path: str
) -> None:
    """CO-1."""
    assert "Log in" in browser.go(path).text
    browser.log_in(username="zoe")
    assert browser.go(path).status == 403
