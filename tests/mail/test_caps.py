"""Caps of mails per network, address and account (TH-6), on the real counters."""

import pytest

from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import SlowDown
from chalicelib.mail.caps import (
    ACCOUNT_MAILS,
    ACCOUNT_SECONDS,
    ADDRESS_MAILS,
    ADDRESS_SECONDS,
    NETWORK_MAILS,
    NETWORK_SECONDS,
    MailCaps,
)
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import World
from tests.conftest import Clock

ADA = "ada@example.com"


@pytest.fixture
def caps(store: SqliteStore, world: World) -> MailCaps:
    return MailCaps(Throttle(store, world))


def test_a_network_that_asks_too_often_is_told_to_slow_down(caps: MailCaps, clock: Clock) -> None:
    for _ in range(NETWORK_MAILS):
        caps.admit_network("203.0.113.7")
    with pytest.raises(SlowDown) as refused:
        caps.admit_network("203.0.113.7")
    assert 0 < refused.value.retry_after <= NETWORK_SECONDS
    caps.admit_network("198.51.100.9")
    clock.advance(NETWORK_SECONDS)
    caps.admit_network("203.0.113.7")


def test_an_address_is_written_to_so_often_and_then_no_more_for_a_while(caps: MailCaps, clock: Clock) -> None:
    allowed = [caps.allows(address=ADA, account=None) for _ in range(ADDRESS_MAILS + 1)]
    assert allowed == [True] * ADDRESS_MAILS + [False]
    assert caps.allows(address="zoe@example.com", account=None)
    clock.advance(ADDRESS_SECONDS)
    assert caps.allows(address=ADA, account=None)


def test_an_account_with_many_addresses_has_one_cap(caps: MailCaps, clock: Clock) -> None:
    many = [caps.allows(address=f"a{n}@example.com", account="u1") for n in range(ACCOUNT_MAILS + 1)]
    assert many == [True] * ACCOUNT_MAILS + [False]
    assert caps.allows(address="b@example.com", account="u2")
    clock.advance(ACCOUNT_SECONDS)
    assert caps.allows(address="b@example.com", account="u1")


def test_a_mail_to_nobody_is_counted_as_one_to_somebody(caps: MailCaps) -> None:
    """EN-3: an address without an account comes to its limit at the same mail."""
    known = [caps.allows(address=ADA, account="u1") for _ in range(ADDRESS_MAILS + 2)]
    unknown = [caps.allows(address="zoe@example.com", account=None) for _ in range(ADDRESS_MAILS + 2)]
    assert known == unknown


def test_strangers_use_up_no_accounts_mails(caps: MailCaps, clock: Clock) -> None:
    """TH-5: who asks without being logged in is held by the address's hour and the network alone."""
    for _ in range(ACCOUNT_MAILS + 1):
        assert caps.allows(address=ADA, account=None)
        clock.advance(ADDRESS_SECONDS)
    assert caps.allows(address=ADA, account="u1")
