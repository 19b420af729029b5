"""Accounts that an operator makes or brings in."""

import pytest

from chalicelib.accounts.provisioning import Newcomer, Provisioning
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.passwords import CHEAPEST_ONLY_FOR_TESTING, Passwords
from chalicelib.errors import Invalid, Taken
from chalicelib.store.sqlite import SqliteStore
from chalicelib.users.user import new_user
from chalicelib.users.users import Users
from chalicelib.world import World

SOURCE = Source(user_agent="a test")


@pytest.fixture
def newcomers(store: SqliteStore, world: World) -> Provisioning:
    passwords = Passwords(world, min_length=8, profile=CHEAPEST_ONLY_FOR_TESTING)
    return Provisioning(Users(store, world), passwords, Audit(store, world))


def zoe(username: str = "Zoe", *, email_verified: bool = True) -> Newcomer:
    wanted = new_user(username=username, email="zoe@example.com")
    return Newcomer(wanted, frozenset({"a"}), email_verified=email_verified)


def test_a_verified_address_is_unique_and_an_unverified_one_reserves_nothing(newcomers: Provisioning) -> None:
    """ST-1."""
    newcomers.import_user(zoe("Yan", email_verified=False), hashed=None, source=SOURCE)
    made = newcomers.import_user(zoe(), hashed=None, source=SOURCE)
    found = newcomers.users.find("zoe@example.com")
    assert found is not None
    assert found.user_id == made.user_id
    with pytest.raises(Taken, match="e-mail"):
        newcomers.import_user(zoe("Xi"), hashed=None, source=SOURCE)
    with pytest.raises(Taken, match="user name"):
        newcomers.import_user(zoe(email_verified=False), hashed=None, source=SOURCE)


def test_what_no_log_in_could_match_or_anybody_would_guess_makes_nobody(newcomers: Provisioning) -> None:
    """PW-4, PW-5."""
    with pytest.raises(Invalid, match="no hash"):
        newcomers.import_user(zoe(), hashed="plain", source=SOURCE)
    with pytest.raises(Invalid, match="name of the"):
        newcomers.make(zoe(), password="zoe@example.com", source=SOURCE)
    assert newcomers.users.find("Zoe") is None


def test_the_trail_tells_who_made_the_account_and_how(newcomers: Provisioning) -> None:
    """LG-4."""
    made = newcomers.make(zoe(), password="a long enough phrase", source=SOURCE)
    (event,), _ = newcomers.audit.of(made.user_id)
    assert (event.event, event.actor, dict(event.detail)) == ("sign_up", "operator", {"how": "operator"})
