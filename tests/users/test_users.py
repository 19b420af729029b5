"""Users: unique names, random ids, changes that no race can tear (ST-1, IN-3, EN-3, DL-3)."""

from dataclasses import replace

import pytest

from chalicelib.errors import Invalid, NotFound, Taken
from chalicelib.store import Insert, Key
from chalicelib.store.sqlite import SqliteStore
from chalicelib.users.user import User, new_user, profile_key
from chalicelib.users.users import Users
from chalicelib.world import World
from cupbearer.testing import Clock

HELD = frozenset({"get:profile"})


@pytest.fixture
def users(store: SqliteStore, world: World) -> Users:
    return Users(store, world)


def make(users: Users, username: str, *, email: str | None = None, verified: bool = False) -> User:
    user, _ = users.compose(new_user(username=username, email=email), password=None, granted=HELD)
    user = replace(user, email_verified=verified)
    users.create(user, users.records.making(user))
    return users.require(user.user_id)


def rename(user: User) -> User:
    return replace(user, name="Ann")


def test_a_user_reads_back_as_it_was_made(users: Users) -> None:
    ann = make(users, "Ann", email="Ann@Example.com")
    assert (ann.username, ann.canonical, ann.email) == ("Ann", "ann", "Ann@example.com")
    assert (ann.scopes, ann.display_name, ann.disabled, ann.epoch) == (HELD, "Ann", False, 0)
    assert ann.record is not None
    assert User.from_record(ann.record) == ann


@pytest.mark.parametrize("spelling", ["Ann", "ANN", "аnn", "ａｎｎ"])  # noqa: RUF001 - look-alikes are the point
def test_another_spelling_of_a_name_is_the_same_name(users: Users, spelling: str) -> None:
    """ST-1, IN-4."""
    make(users, "ann")
    with pytest.raises((Taken, Invalid)):
        make(users, spelling)


def test_who_loses_a_name_leaves_nothing_behind(users: Users, store: SqliteStore) -> None:
    """DL-2: one commit."""
    make(users, "ann")
    before = store.list("users").records
    with pytest.raises(Taken) as refused:
        make(users, "ann")
    assert refused.value.public_code == "username_taken"
    assert store.list("users").records == before


def test_an_id_is_claimed_in_the_commit_that_makes_its_account(users: Users, store: SqliteStore) -> None:
    """DL-3: of two who bring the same one, one has it, and the other leaves nothing."""
    ann = make(users, "ann")
    before = store.list("users").records
    ben, _ = users.compose(new_user(username="ben"), password=None, granted=HELD)
    ben = replace(ben, user_id=ann.user_id)
    with pytest.raises(Taken, match=r"^This id is, or was, another account's\.$"):
        users.create(ben, users.records.making(ben))
    assert (store.list("users").records, users.find("ben")) == (before, None)


def test_an_unverified_address_reserves_nothing_and_logs_nobody_in(users: Users) -> None:
    make(users, "ann", email="a@example.com")
    make(users, "ben", email="a@example.com")
    assert users.find("a@example.com") is None


def test_a_verified_address_is_unique_and_a_name_to_log_in_by(users: Users) -> None:
    ann = make(users, "ann", email="a@example.com", verified=True)
    found = users.find("A@EXAMPLE.com")
    assert found is None or found.user_id == ann.user_id
    assert users.find("a@example.com") == ann
    with pytest.raises(Taken) as refused:
        make(users, "ben", email="a@example.com", verified=True)
    assert refused.value.public_code == "email_taken"


def test_no_user_name_can_stand_for_an_address() -> None:
    with pytest.raises(Invalid):
        new_user(username="a@example.com")


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        new_user(username="", email="nonsense", name="a\x00b")
    assert set(refused.value.errors) == {"username", "email", "name"}


def test_ids_are_random_and_never_sequential(users: Users) -> None:
    """EN-3: 128 bits."""
    ids = [make(users, f"user{number}").user_id for number in range(50)]
    assert len({user_id[:6] for user_id in ids}) == 50
    assert all(len(user_id) == 26 for user_id in ids)
    assert sorted(ids) != ids


def test_pages_are_in_the_order_of_sign_up(users: Users, clock: Clock) -> None:
    for number in range(7):
        make(users, f"user{number}")
        clock.advance(1)
    first, cursor = users.page(limit=4)
    rest, end = users.page(after=cursor, limit=4)
    assert [user.username for user in (*first, *rest)] == [f"user{number}" for number in range(7)]
    assert end is None


def test_a_change_holds_whatever_others_do_meanwhile(users: Users) -> None:
    ann = make(users, "ann")
    raced: list[object] = []

    def change(user: User) -> User:
        if not raced:
            raced.append(
                users.change(ann.user_id, lambda other: replace(other, scopes=other.scopes | {"more"}))
            )
        return replace(user, name="Ann")

    users.change(ann.user_id, change)
    now = users.require(ann.user_id)
    assert (now.name, now.scopes) == ("Ann", HELD | {"more"})


def test_a_change_that_is_always_overtaken_gives_up(users: Users) -> None:
    ann = make(users, "ann")

    def overtaken(user: User) -> User:
        users.change(ann.user_id, lambda other: replace(other, epoch=other.epoch + 1))
        return replace(user, name="never")

    with pytest.raises(Taken):
        users.change(ann.user_id, overtaken)


def test_a_change_of_nothing_writes_nothing(users: Users) -> None:
    ann = make(users, "ann")
    old, new = users.change(ann.user_id, lambda user: user)
    assert old is new
    assert users.require(ann.user_id).record == ann.record


def test_a_changed_name_frees_the_old_one(users: Users) -> None:
    ann = make(users, "ann")
    users.change(ann.user_id, lambda user: replace(user, username="Anna", canonical="anna"))
    assert users.id_of("anna") == ann.user_id
    assert make(users, "ann").user_id != ann.user_id


def test_nobody_changes_into_anothers_name(users: Users) -> None:
    make(users, "ann")
    ben = make(users, "ben")
    with pytest.raises(Taken, match="user name"):
        users.change(ben.user_id, lambda user: replace(user, username="ann", canonical="ann"))


def test_a_deleted_users_names_are_free_and_the_id_is_not_used_again(
    users: Users, store: SqliteStore
) -> None:
    """DL-3."""
    ann = make(users, "ann", email="a@example.com", verified=True)
    store.commit(*users.records.deleting(ann))
    assert users.get(ann.user_id) is None
    assert users.page()[0] == ()
    again = make(users, "ann", email="a@example.com", verified=True)
    assert again.user_id != ann.user_id


def test_scopes_that_no_token_could_carry_are_refused(users: Users) -> None:
    """TK-8."""
    too_many = frozenset(f"scope-number-{number}" for number in range(60))
    with pytest.raises(Invalid):
        users.compose(new_user(username="ann"), password=None, granted=too_many)
    ann = make(users, "ann")
    with pytest.raises(Invalid):
        users.change(ann.user_id, lambda user: replace(user, scopes=too_many))


def test_only_what_was_read_is_changed_or_deleted(users: Users) -> None:
    user, _ = users.compose(new_user(username="ann"), password=None, granted=HELD)
    with pytest.raises(ValueError, match="read"):
        users.records.changing(user, rename(user))
    with pytest.raises(ValueError, match="read"):
        users.records.deleting(user)
    with pytest.raises(NotFound):
        users.require(user.user_id)


def test_a_user_of_an_earlier_version_still_reads(users: Users, store: SqliteStore) -> None:
    """DP-4: what was stored before identities existed."""
    ann = make(users, "ann")
    data = {name: value for name, value in ann.data().items() if name != "identities"}
    store.commit(Insert(Key("user#old", "profile"), data | {"user_id": "old"}))
    assert users.require("old").identities == ()


def test_networks_are_few_and_the_newest_first(users: Users) -> None:
    """TH-5."""
    ann = make(users, "ann")
    for number in range(9):
        ann = ann.seen_from(f"10.0.{number}.0")
    assert ann.networks == ("10.0.8.0", "10.0.7.0", "10.0.6.0", "10.0.5.0", "10.0.4.0")
    assert ann.seen_from("10.0.8.0") is ann
    assert ann.seen_from(None) is ann
    assert profile_key(ann.user_id).sort == "profile"
