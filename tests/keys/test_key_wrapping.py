"""Secrets at rest (KM-1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.keys.key_wrapping import MasterKey, WrappingError
from chalicelib.world import SYSTEM, World

MASTER = MasterKey(b"m" * 32, SYSTEM)


@given(st.binary(max_size=3000), st.text(max_size=40).filter(lambda text: text.isprintable()))
def test_what_was_wrapped_comes_back_in_its_own_context(plain: bytes, context: str) -> None:
    assert MASTER.unwrap(MASTER.wrap(plain, context=context), context=context) == plain


def test_a_wrapped_secret_cannot_be_moved_to_another_place() -> None:
    wrapped = MASTER.wrap(b"secret", context="signing:a")
    with pytest.raises(WrappingError):
        MASTER.unwrap(wrapped, context="signing:b")


def test_another_master_key_opens_nothing() -> None:
    with pytest.raises(WrappingError, match="another master key"):
        MasterKey(b"n" * 32, SYSTEM).unwrap(MASTER.wrap(b"secret", context="c"), context="c")


def test_every_change_to_the_text_is_noticed() -> None:
    wrapped = MASTER.wrap(b"secret", context="c")
    for i in range(len(wrapped)):
        for letter in "Ab=é":
            changed = wrapped[:i] + letter + wrapped[i + 1 :]
            if changed != wrapped:
                with pytest.raises(WrappingError):
                    MASTER.unwrap(changed, context="c")
    for cut in ("", "mk1.", wrapped[:-1], wrapped + "A", wrapped[4:], "kms1." + wrapped[4:]):
        with pytest.raises(WrappingError):
            MASTER.unwrap(cut, context="c")


def test_equal_secrets_are_wrapped_differently() -> None:
    assert MASTER.wrap(b"secret", context="c") != MASTER.wrap(b"secret", context="c")


def test_the_nonce_comes_from_the_world() -> None:
    fixed = World(random_bytes=lambda count: b"\x00" * count)
    wrapped = [MasterKey(b"m" * 32, fixed).wrap(b"s", context="c") for _ in range(2)]
    assert wrapped[0] == wrapped[1]


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_master_key_has_256_bits(length: int) -> None:
    with pytest.raises(ValueError, match="32 octets"):
        MasterKey(b"m" * length, SYSTEM)
