"""People are found by an address that nobody has proven, on both engines; nobody logs in by one (IN-3, DL-3)."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store import Forget, Remove, Replace, Store
from chalicelib.store.sqlite import SqliteStore
from chalicelib.users.people import People
from chalicelib.users.unverified_addresses import Addresses, keys_of
from chalicelib.users.user import User, new_user
from chalicelib.users.users import Users
from chalicelib.world import SYSTEM, World
from tests.support.command_line import CommandLine


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "dynamodb":
        yield request.getfixturevalue("dynamodb").open()
        return
    store = SqliteStore(tmp_path / "cupbearer.db", now=SYSTEM.now, nonce=SYSTEM.identifier)
    yield store
    store.close()


@pytest.fixture
def users(engine: Store) -> Users:
    return Users(engine, SYSTEM)


@pytest.fixture
def claims(engine: Store) -> Addresses:
    return Addresses(engine)


@pytest.fixture
def address() -> str:
    return f"ann@{secrets.token_hex(8)}.example"  # the table of DynamoDB is one for all tests


def made(users: Users, address: str | None, *, verified: bool = False) -> User:
    user, _ = users.compose(
        new_user(username=f"u{secrets.token_hex(8)}", email=address), password=None, granted=frozenset()
    )
    user = replace(user, email_verified=verified)
    users.create(user, users.records.making(user))
    return users.require(user.user_id)


def who(claims: Addresses, address: str) -> set[str]:
    found, _ = claims.claimed_by(address)
    return {user.user_id for user in found}


def test_all_who_name_an_address_are_found_in_any_spelling_and_none_of_them_logs_in_by_it(
    users: Users, claims: Addresses, address: str
) -> None:
    ann, imposter = made(users, address), made(users, address.upper())
    assert who(claims, address.title()) == {ann.user_id, imposter.user_id}
    assert users.find(address) is None


def test_more_than_a_page_is_found_page_by_page(users: Users, claims: Addresses, address: str) -> None:
    everyone = {made(users, address).user_id for _ in range(3)}
    first, after = claims.claimed_by(address, limit=2)
    rest, end = claims.claimed_by(address, after=after, limit=2)
    assert {user.user_id for user in (*first, *rest)} == everyone
    assert (len(first), end) == (2, None)


def test_a_claim_ends_with_a_change_a_proof_and_the_account(
    engine: Store, users: Users, claims: Addresses, address: str
) -> None:
    changes: dict[str, Any] = {
        "another": {"email": f"other-{address}"},
        "none": {"email": None},
        "proven": {"email_verified": True},
    }
    for change in changes.values():
        user = made(users, address)
        users.change(user.user_id, partial(replace, **change))
        assert who(claims, address) == set()
    assert len(who(claims, f"other-{address}")) == 1
    gone = made(users, f"gone-{address}")
    engine.commit(*users.records.deleting(gone))
    assert who(claims, f"gone-{address}") == set()


def test_a_proof_that_is_lost_is_a_claim_again(users: Users, claims: Addresses, address: str) -> None:
    user = made(users, address, verified=True)
    assert who(claims, address) == set()
    users.change(user.user_id, lambda user: replace(user, email_verified=False))
    assert who(claims, address) == {user.user_id}


def test_accounts_of_an_earlier_release_are_found_once_they_are_indexed(
    engine: Store, users: Users, claims: Addresses, address: str
) -> None:
    old = [made(users, address), made(users, address)]
    engine.commit(*(Forget(key) for user in old for key in keys_of(user)))  # it wrote none
    assert who(claims, address) == set()
    assert People(engine).index() >= 2
    assert who(claims, address) == {user.user_id for user in old}
    assert People(engine).index() == 0


def test_an_account_of_an_earlier_release_changes_and_goes_without_its_claim(
    engine: Store, users: Users, claims: Addresses, address: str
) -> None:
    user = made(users, address)
    engine.commit(*(Forget(key) for key in keys_of(user)))
    users.change(user.user_id, lambda user: replace(user, email=f"new-{address}"))
    assert who(claims, f"new-{address}") == {user.user_id}
    engine.commit(*users.records.deleting(users.require(user.user_id)))
    assert who(claims, f"new-{address}") == set()


def test_what_an_earlier_release_beside_this_one_leaves_behind_neither_misleads_nor_blocks(
    engine: Store, users: Users, claims: Addresses, address: str
) -> None:
    """DP-4: it changes and deletes accounts and knows of no claims."""
    user = made(users, address)
    assert user.record is not None
    engine.commit(Replace(user.record, replace(user, email=f"new-{address}").data()))
    assert who(claims, address) == set()
    users.change(user.user_id, partial(replace, email=address))
    assert who(claims, address) == {user.user_id}
    now = users.require(user.user_id)
    assert now.record is not None
    engine.commit(Remove(now.record))
    assert who(claims, address) == set()


class TestAtTheCommandLine:
    @pytest.fixture
    def terminal(self, tmp_path: Path, world: World) -> CommandLine:
        return CommandLine.at(tmp_path, world)

    def test_an_unverified_address_is_found_and_marked(self, terminal: CommandLine) -> None:
        terminal.make("Zoe", "--email", "zoe@example.com")
        assert "zoe@example.com (unverified)" in terminal.done("users", "show", "ZOE@example.com")
        listed = terminal.json("users", "list", "--email", "zoe@example.com")["users"]
        assert [(user["username"], user["email_verified"]) for user in listed] == [("Zoe", False)]
        assert terminal.json("users", "list", "--email", "nobody@example.com")["users"] == []

    def test_who_has_it_verified_goes_first_and_alone_is_shown(self, terminal: CommandLine) -> None:
        terminal.make("Mallory", "--email", "zoe@example.com")
        terminal.make("Zoe", "--email", "zoe@example.com", "--email-verified")
        listed = terminal.json("users", "list", "--email", "zoe@example.com")["users"]
        assert [(user["username"], user["email_verified"]) for user in listed] == [
            ("Zoe", True),
            ("Mallory", False),
        ]
        assert terminal.json("users", "show", "zoe@example.com")["username"] == "Zoe"

    def test_of_several_unproven_none_is_shown_and_the_command_to_list_them_is_told(
        self, terminal: CommandLine
    ) -> None:
        for name in ("Zoe", "Mallory"):
            terminal.make(name, "--email", "zoe@example.com")
        refused = terminal.run("users", "show", "zoe@example.com")
        assert refused.exit_code == 1
        assert "cupbearer users list --email zoe@example.com" in refused.stderr

    def test_nothing_is_done_to_somebody_by_an_unproven_address(self, terminal: CommandLine) -> None:
        """It may be another's: looking is all."""
        terminal.make("Zoe", "--email", "zoe@example.com")
        for act in (("disable",), ("grant", "pangolins"), ("set-password",), ("delete",)):
            refused = terminal.run("users", act[0], "zoe@example.com", *act[1:], stdin="a phrase of words\n")
            assert refused.exit_code != 0
        assert terminal.services.accounts.users.find("Zoe") is not None

    def test_accounts_of_an_earlier_release_are_indexed_by_a_command(self, terminal: CommandLine) -> None:
        zoe = terminal.make("Zoe", "--email", "zoe@example.com")
        terminal.services.store.commit(*(Forget(key) for key in keys_of(zoe)))
        assert terminal.json("users", "index-addresses") == {"indexed": 1}
        assert terminal.json("users", "show", "zoe@example.com")["username"] == "Zoe"
