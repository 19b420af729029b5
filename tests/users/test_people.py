"""People are listed and found by the beginning of their names, whatever becomes of them, on both engines (CO-3)."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store import Forget, Replace, Store
from chalicelib.store.sqlite import SqliteStore
from chalicelib.users import lists
from chalicelib.users.people import LISTS, People
from chalicelib.users.user import Closing, User, new_user
from chalicelib.users.users import Users
from chalicelib.world import World
from cupbearer.testing import Clock

ASKED: list[str] = []
DAY = 24 * 60 * 60


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def engine(request: pytest.FixtureRequest, tmp_path: Path, world: World) -> Iterator[Store]:
    def count(verb: str, _units: float) -> None:
        ASKED.append(verb)

    if request.param == "dynamodb":
        yield request.getfixturevalue("dynamodb").open(now=world.now, on_request=count)
        return
    store = SqliteStore(tmp_path / "cupbearer.db", now=world.now, nonce=world.identifier, on_request=count)
    yield store
    store.close()


@pytest.fixture
def users(engine: Store, world: World) -> Users:
    return Users(engine, world)


@pytest.fixture
def people(engine: Store) -> People:
    return People(engine)


@pytest.fixture
def mark() -> str:
    return secrets.token_hex(8)  # the table of DynamoDB is one for all tests: everybody's name begins with it


def made(users: Users, username: str, **more: Any) -> User:
    wanted = new_user(username=username, email=more.pop("email", None), name=more.pop("name", None))
    user, _ = users.compose(
        wanted, password=None, granted=frozenset(), in_person=more.pop("in_person", False)
    )
    user = replace(user, **more)
    users.create(user, users.records.making(user))
    return users.require(user.user_id)


def listed(people: People, name: str, mark: str) -> list[str]:
    """Return the names of this test's people in a list, the first line first."""
    found, after = [], None
    while True:
        page, after = people.listed(name, after=after)
        found += [user.username for user in page if user.username.startswith(mark)]
        if after is None:
            return found


def found(people: People, beginning: str) -> set[str]:
    page, after = people.search(beginning)
    assert after is None
    assert len({user.user_id for user in page}) == len(page)
    return {user.username for user in page}


class TestSearch:
    @pytest.mark.parametrize(
        ("typed", "who"),
        [("{}an", "{}ann"), ("{}ÄNN", "{}ann"), ("zoë {}", "{}ann"), ("Zoe  {}", "{}ann"), ("o'{}@exa", "{}ann"),
         ("{}Ann's", None), ("ann{}", None), ("example", None), ("\u0301", None), ("", None), (" ", None)],
    )  # fmt: skip
    def test_one_is_found_by_the_beginning_of_user_name_name_or_address(
        self, users: Users, people: People, mark: str, typed: str, who: str | None
    ) -> None:
        made(users, f"{mark}ann", name=f"Zoë {mark}", email=f"o'{mark}@Example.com")
        expected = set() if who is None else {who.format(mark)}
        assert found(people, typed.format(mark)) == expected

    def test_who_is_found_twice_is_shown_once_and_pages_go_on(
        self, users: Users, people: People, mark: str
    ) -> None:
        everyone = {
            made(users, f"{mark}{n}", name=f"{mark}{n} x", email=f"{mark}{n}@a.b").username for n in range(3)
        }
        shown, after = [], None
        while True:
            page, after = people.search(mark, after=after, limit=2)
            shown += [user.username for user in page]
            if after is None:
                break
        assert sorted(shown) == sorted(everyone)

    def test_a_long_name_in_letters_of_many_bytes_is_found(
        self, users: Users, people: People, mark: str
    ) -> None:
        made(users, mark, name=f"{mark}{'ﷺ' * 80}")
        assert found(people, f"{mark}{'ﷺ' * 80}") == {mark}


CHANGES: dict[str, tuple[dict[str, Any], Callable[[str], tuple[str, str]]]] = {
    "name": ({"name": "Other"}, lambda mark: (f"zoë {mark}", "")),
    "address": ({"email": None}, lambda mark: (f"old{mark}@", "")),
    "user name": ({}, lambda mark: (f"{mark}ann", f"{mark}bob")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_after_a_change_one_is_found_as_one_is_now_and_not_as_one_was(
    users: Users, people: People, mark: str, what: str, engine: Store
) -> None:
    user = made(users, f"{mark}ann", name=f"Zoë {mark}", email=f"old{mark}@example.com")
    change, terms = CHANGES[what]
    old, new = terms(mark)
    if what == "user name":
        change = {"username": new, "canonical": new}
    _, after = users.change(user.user_id, partial(replace, **change))
    left = sorted(lists.keys_of(user) - lists.keys_of(after))
    assert engine.get(*left) == (None,) * len(left)
    assert found(people, old) == set()
    assert not new or found(people, new) == {new}


def test_lists_follow_who_is_disabled_closed_or_has_a_second_factor(
    users: Users, people: People, mark: str, clock: Clock
) -> None:
    user = made(users, mark)
    states: tuple[tuple[str, dict[str, Any], bool], ...] = (
        ("disabled", {"disabled_by_operator": True}, True),
        ("disabled", {"disabled_by_operator": False}, False),
        ("disabled", {"closing": Closing(int(clock.now) + DAY, by_person=True)}, True),
        ("disabled", {"closing": None}, False),
        ("factor", {"may_have_factors": True}, True),
        ("factor", {"may_have_factors": False}, False),
    )
    for name, change, is_in in states:
        users.change(user.user_id, partial(replace, **change))
        assert (mark in listed(people, name, mark)) is is_in, change


def test_what_leads_to_a_closed_account_is_gone_with_it_and_back_with_it(
    users: Users, people: People, mark: str, clock: Clock, engine: Store
) -> None:
    user = made(users, mark, in_person=True)
    closing = Closing(int(clock.now) + DAY, by_person=True)
    users.change(user.user_id, partial(replace, closing=closing))
    users.change(user.user_id, partial(replace, closing=None))
    clock.advance(2 * DAY)
    assert found(people, mark) == {mark}
    assert listed(people, "seen", mark) == [mark]
    user, _ = users.change(
        user.user_id, partial(replace, closing=Closing(int(clock.now) + DAY, by_person=True))
    )
    _, user = users.change(user.user_id, partial(replace, name=f"Late {mark}"))
    assert found(people, f"late {mark}") == {mark}
    clock.advance(2 * DAY)
    assert engine.get(*lists.keys_of(user)) == (None,) * len(lists.keys_of(user))


def test_a_deletion_takes_every_line_along(users: Users, people: People, mark: str, engine: Store) -> None:
    user = made(
        users,
        mark,
        name=f"Zoë {mark}",
        email=f"o{mark}@a.example",
        may_have_factors=True,
        in_person=True,
    )
    assert len(lists.keys_of(user)) == 5
    engine.commit(*users.records.deleting(user))
    assert not any(engine.get(*sorted(lists.keys_of(user))))


def test_who_was_seen_last_comes_first_and_moves_once_a_day(
    users: Users, people: People, mark: str, clock: Clock
) -> None:
    clock.now = (clock.now // DAY + 1) * DAY - 180  # days end at midnight, UTC
    made(users, f"{mark}never")
    for who in ("ann", "bob"):
        made(users, f"{mark}{who}", in_person=True)
        clock.advance(60)
    assert listed(people, "seen", mark) == [f"{mark}bob", f"{mark}ann"]
    ann = users.find(f"{mark}ann")
    assert ann is not None
    assert users.seen(ann, None) is ann
    clock.advance(60)
    users.change(ann.user_id, lambda user: users.seen(user, None))
    assert listed(people, "seen", mark) == [f"{mark}ann", f"{mark}bob"]


def test_the_newest_come_first(users: Users, people: People, mark: str, clock: Clock) -> None:
    for number in range(3):
        made(users, f"{mark}{number}")
        clock.advance(1)
    assert listed(people, "newest", mark) == [f"{mark}{number}" for number in (2, 1, 0)]


def test_pages_of_a_list_in_several_parts_leave_out_and_repeat_nobody(
    users: Users, people: People, mark: str, clock: Clock
) -> None:
    everyone = []
    for number in range(20):
        everyone.append(made(users, f"{mark}{number:02}", in_person=True).username)
        clock.advance(1)
    shown: list[str] = []
    after: str | None = None
    while len(shown) < 20:
        page, after = people.listed("seen", after=after, limit=3)
        shown += [user.username for user in page if user.username.startswith(mark)]
        assert after or len(shown) == 20
    assert shown == everyone[::-1]


def test_parts_whose_newest_lines_have_expired_hide_none_of_their_others(
    users: Users, people: People, mark: str, clock: Clock
) -> None:
    """A page may be short where lines have expired: what is older in other parts waits for it."""
    made_so = []
    for number in range(40):
        made_so.append(made(users, f"{mark}{number:02}", in_person=True))
        clock.advance(1)
    soon = Closing(int(clock.now) + 60, by_person=True)
    for user in made_so[20:]:
        users.change(user.user_id, partial(replace, closing=soon))
    clock.advance(61)
    shown: list[str] = []
    after: str | None = None
    while len(shown) < 20:
        page, after = people.listed("seen", after=after, limit=2)
        shown += [user.username for user in page if user.username.startswith(mark)]
        assert after or len(shown) == 20
    assert shown == [user.username for user in made_so[:20]][::-1]


@pytest.mark.parametrize("name", LISTS)
def test_a_page_costs_the_same_few_requests_however_many_there_are(
    users: Users, people: People, mark: str, name: str
) -> None:
    """At a million users as at ten: a query for each part, and one batch for the people."""
    for number in range(12):
        made(users, f"{mark}{number}", in_person=True, disabled_by_operator=True, may_have_factors=True)
    ASKED.clear()
    people.listed(name, limit=5)
    assert len(ASKED) == len(LISTS[name]) + 1
    ASKED.clear()
    people.search(mark, limit=5)
    assert len(ASKED) == 2


class TestAnEarlierRelease:
    def test_its_people_are_found_once_they_are_indexed(
        self, users: Users, people: People, mark: str, engine: Store
    ) -> None:
        user = made(
            users, mark, name=f"Zoë {mark}", disabled_by_operator=True, created_at=1
        )  # the first of all
        engine.commit(*(Forget(key) for key in lists.keys_of(user)))
        assert found(people, mark) == set()
        assert people.lacks_lines()
        assert people.index() >= 1
        assert found(people, mark) == found(people, f"zoe {mark}") == {mark}
        assert mark in listed(people, "disabled", mark)
        assert people.index() == 0
        assert not people.lacks_lines()

    def test_what_it_changed_beside_this_one_neither_misleads_nor_blocks(
        self, users: Users, people: People, mark: str, engine: Store
    ) -> None:
        """DP-4: it knows of no lines, and writes what it knows of a user."""
        user = made(users, mark, name=f"{mark} Old", in_person=True)
        assert user.record is not None
        known = {k: v for k, v in replace(user, name=f"{mark} New").data().items() if k != "seen_at"}
        engine.commit(Replace(user.record, known))
        assert found(people, f"{mark} o") == set()
        assert listed(people, "seen", mark) == []
        users.change(user.user_id, partial(replace, name=f"{mark} Old"))
        assert found(people, f"{mark} o") == {mark}
