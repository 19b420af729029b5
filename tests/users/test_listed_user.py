"""The list of users: a page of it is one request, and what it shows is what the accounts hold."""

from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.store import Key, Replace
from chalicelib.store.sqlite import SqliteStore
from chalicelib.users.listed_user import ListedUser
from chalicelib.users.user import DIRECTORY, User, new_user
from chalicelib.users.users import Users
from chalicelib.world import World
from cupbearer.testing import Clock

ASKED: list[str] = []


@pytest.fixture
def counted(tmp_path: Path, world: World) -> SqliteStore:
    ASKED.clear()
    return SqliteStore(
        tmp_path / "counted.db",
        now=world.now,
        nonce=world.identifier,
        on_request=lambda verb, _: ASKED.append(verb),
    )


@pytest.fixture
def users(counted: SqliteStore, world: World) -> Users:
    return Users(counted, world)


def make(users: Users, username: str) -> User:
    wanted = new_user(username=username, email=f"{username}@example.com", name=username.title())
    user, writes = users.compose(wanted, password="a hash", granted=frozenset({"cats"}))
    users.create(user, writes)
    return users.require(user.user_id)


def seen(users: Users) -> dict[str, ListedUser]:
    return {listed.user_id: listed for listed in users.listed()[0]}


def test_a_page_is_one_request_and_shows_what_the_accounts_hold(users: Users, clock: Clock) -> None:
    made = []
    for number in range(12):
        made.append(make(users, f"user{number}"))
        clock.advance(1)
    ASKED.clear()
    first, cursor = users.listed(limit=8)
    rest, end = users.listed(after=cursor, limit=8)
    assert ASKED == ["list", "list"]
    assert list(first + rest) == [ListedUser.of(user) for user in made]
    assert end is None


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Someone Else"},
        {"disabled_by_operator": True},
        {"scopes": frozenset({"dogs"})},
        {"email": "other@example.com"},
        {"email_verified": True},
        {"username": "Other", "canonical": "other"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_it_shows_changes_with_the_account(users: Users, change: dict[str, object]) -> None:
    ann, ben = make(users, "ann"), make(users, "ben")
    users.change(ann.user_id, lambda user: replace(user, **change))  # type: ignore[arg-type]
    assert seen(users) == {
        ann.user_id: ListedUser.of(users.require(ann.user_id)),
        ben.user_id: ListedUser.of(ben),
    }


def test_a_change_of_what_it_does_not_show_asks_for_no_more(users: Users) -> None:
    ann = make(users, "ann")
    ASKED.clear()
    users.change(ann.user_id, lambda user: user.seen_from("192.0.2.0"))
    assert ASKED == ["get", "commit"]


def test_a_line_of_an_earlier_release_is_read_from_the_account_and_whole_after_a_change(
    users: Users, counted: SqliteStore
) -> None:
    """DP-4: until then a line held the id alone."""
    ann = make(users, "ann")
    (line,) = counted.list(DIRECTORY).records
    counted.commit(Replace(line, {"user_id": ann.user_id}))
    assert seen(users) == {ann.user_id: ListedUser.of(ann)}
    users.change(ann.user_id, lambda user: replace(user, name="Ann II"))
    assert seen(users)[ann.user_id].name == "Ann II"
    (line,) = counted.list(DIRECTORY).records
    assert line.data["name"] == "Ann II"


def test_it_never_holds_a_password_and_forgets_who_is_deleted(users: Users, counted: SqliteStore) -> None:
    """DL-3."""
    ann = make(users, "ann")
    (line,) = counted.list(DIRECTORY).records
    assert "password" not in line.data
    counted.commit(*users.records.deleting(ann))
    assert seen(users) == {}
    assert counted.get(Key(DIRECTORY, line.key.sort)) == (None,)
