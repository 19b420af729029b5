"""Texts that travel through a browser: good for a time, a purpose and a holder, whatever the clock does (TK-7, AV-4)."""

import pytest

from chalicelib.keys.key_wrapping import MasterKey
from chalicelib.keys.mac_keys import MacKeys
from chalicelib.keys.signed_payloads import SignedPayloads
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SKEW_SECONDS, World
from tests.conftest import Clock
from tests.support.keys_world import MASTER_KEY

SECONDS = 600


@pytest.fixture
def payloads(store: SqliteStore, world: World) -> SignedPayloads:
    keys = MacKeys(store, world, MasterKey(MASTER_KEY, world), keep_seconds=90 * 86_400)
    return SignedPayloads(keys, world)


def opened(payloads: SignedPayloads, text: str) -> object:
    return payloads.open(text, purpose="a test", holder="ann", seconds=SECONDS)


@pytest.fixture
def sealed(payloads: SignedPayloads) -> str:
    return payloads.seal({"a": 1}, purpose="a test", holder="ann", seconds=SECONDS)


def test_a_text_opens_for_its_time_and_no_second_longer(
    payloads: SignedPayloads, sealed: str, clock: Clock
) -> None:
    clock.advance(SECONDS - 1)
    assert opened(payloads, sealed) == {"a": 1}
    clock.advance(1)
    assert opened(payloads, sealed) is None


def test_a_step_back_of_the_clock_prolongs_no_text(
    payloads: SignedPayloads, sealed: str, clock: Clock
) -> None:
    """What lies in the future was not issued a moment ago; another server may be a minute ahead."""
    clock.advance(-SKEW_SECONDS)
    assert opened(payloads, sealed) == {"a": 1}
    clock.advance(-1)
    assert opened(payloads, sealed) is None


def test_a_text_is_for_one_purpose_and_one_holder(payloads: SignedPayloads, sealed: str) -> None:
    for other in ({"purpose": "another", "holder": "ann"}, {"purpose": "a test", "holder": "bob"}):
        assert payloads.open(sealed, seconds=SECONDS, **other) is None
