"""The page of people: its lists, its search, and what a page weighs (CO-3)."""

import re
from functools import partial

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.users.lists import DAY
from chalicelib.users.user import User, new_user
from tests.conftest import Clock
from tests.console.conftest import Asked
from tests.oauth import factors
from tests.oauth.server import SOURCE, Browser, Server

MANY = 120
LINK = re.compile(r'href="/api/console/people/([a-z2-7]{26})"')
NEXT = re.compile(r'rel="next" href="/api([^"]+)"')


def crowd(server: Server, count: int = MANY) -> list[User]:
    """Make people with names as long as they may be."""
    users, found = server.services.accounts.users, []
    for number in range(count):
        name = f"{number:03}{'ü' * 97}"
        wanted = new_user(
            username=f"{number:03}{'n' * 61}", name=name, email=f"{number:03}{'m' * 50}@{'d' * 60}.example"
        )
        user, writes = users.compose(wanted, password=None, granted=frozenset(), in_person=True)
        users.create(user, writes)
        found.append(user)
    return found


def walked(browser: Browser, path: str) -> list[str]:
    """Return the ids on all pages of a list."""
    found: list[str] = []
    while path:
        page = browser.go(path)
        assert page.status == 200
        assert len(page.text.encode()) < 100_000
        found += LINK.findall(page.text)
        onward = NEXT.search(page.text)
        path = onward[1].replace("&amp;", "&") if onward else ""
    return found


@pytest.mark.parametrize("query", ["list=newest", "list=seen", "search=0"])
def test_all_are_met_once_page_by_page_and_no_page_is_over_100_kb(
    server: Server, console: Browser, ada: LogInResult, query: str
) -> None:
    expected = {
        user.user_id for user in crowd(server) if "search" not in query or user.username.startswith("0")
    }
    found = walked(console, f"/console?{query}")
    assert len(found) == len(set(found))
    assert set(found) == expected | ({ada.user.user_id} if "list" in query else set())


@pytest.mark.parametrize("typed", ["zo", "ZOË", "Zoe", "zoe@ex", " zoë "])
def test_one_is_found_by_what_a_name_begins_with(console: Browser, zoe: LogInResult, typed: str) -> None:
    page = console.go(f"/console?search={typed}")
    assert zoe.user.user_id in page.text
    assert "Nobody." in console.go("/console?search=oe").text


@pytest.mark.parametrize(
    "query", ["list=none", "after=%00", "after=x", "search=%ED%A0%80", "search=%00", f"search={'x' * 900}", "after=" + "9" * 2000,
              "after=" + "%F0%9F%8D%B5" * 400, "search=a&after=" + "%F0%9F%8D%B5" * 400]
)  # fmt: skip
def test_whatever_stands_in_the_address_is_no_fault_of_ours(console: Browser, query: str) -> None:
    assert console.go(f"/console?{query}").status == 200


def test_what_people_call_themselves_is_text(server: Server, console: Browser) -> None:
    """BR-5."""
    server.person("<b>", name='"><script>alert(1)</script>')
    page = console.go("/console")
    assert "<script>alert" not in page.text
    assert "&lt;b&gt;" in page.text


def test_a_list_shows_who_is_in_it_and_what_is_unusual(
    server: Server, console: Browser, zoe: LogInResult
) -> None:
    server.services.accounts.administration.administer(zoe.user.user_id, disabled=True, source=SOURCE)
    page = console.go("/console?list=disabled")
    assert "disabled</span>" in page.text
    assert LINK.findall(page.text) == [zoe.user.user_id]
    assert LINK.findall(console.go("/console?list=factor").text) == []


def test_each_page_asks_the_store_as_often_among_many_as_among_few(
    server: Server, console: Browser, zoe: LogInResult, asked: Asked
) -> None:
    """CO-3: the log-in, the lines, the people."""
    server.services.accounts.administration.administer(zoe.user.user_id, disabled=True, source=SOURCE)
    pages = {"list=newest": 3, "list=disabled": 3, "list=seen": 10, "search=z": 3}

    def counted() -> dict[str, int]:
        return {query: asked(partial(console.go, f"/console?{query}")) for query in pages}

    assert counted() == pages
    crowd(server)
    assert counted() == pages


def test_who_has_a_second_factor_is_listed_until_the_last_one_is_gone(
    server: Server, console: Browser, zoe: LogInResult, clock: Clock
) -> None:
    person = factors.with_totp(server, clock, zoe)
    assert LINK.findall(console.go("/console?list=factor").text) == [zoe.user.user_id]
    live = server.services.authentication.sessions.find_live(zoe.user.user_id, zoe.session_id)
    assert live is not None
    server.services.second_factors.own.remove(live, "totp", source=SOURCE)
    assert not person.factors.is_set
    assert LINK.findall(console.go("/console?list=factor").text) == []


@pytest.mark.parametrize("by", ["a log-in", "a refresh", "a page"])
def test_who_uses_the_service_on_another_day_is_seen_last(
    server: Server, console: Browser, zoe: LogInResult, clock: Clock, by: str
) -> None:
    other = server.browser()
    other.log_in()
    server.person("later")
    clock.advance(DAY)
    if by == "a log-in":
        other.log_in(other.go("/login"))
    if by == "a refresh":
        server.services.authentication.log_in.refresh(zoe.refresh_token, source=SOURCE)
    if by == "a page":
        other.go("/account/plain")
    seen_at = server.services.accounts.users.require(zoe.user.user_id).seen_at
    assert seen_at == int(clock.now)
    people, _ = server.services.accounts.people.listed("seen")
    assert people[0].user_id == zoe.user.user_id
