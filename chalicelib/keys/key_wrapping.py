"""Secrets at rest are wrapped: unreadable and unalterable without a key that is not in the store (KM-1)."""

from typing import Protocol

from chalicelib.errors import WrongMasterKey
from chalicelib.jose import jws
from chalicelib.world import World

MASTER_KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D section 8.2.2: random, good for 2^32 wraps with one key
VERSION = "mk1."  # AES-256-GCM; another way to wrap gets another prefix


class WrappingError(Exception):
    """A wrapped text was altered, moved, or made with another key. It is never half readable."""


class Wrapper(Protocol):
    """Wraps small secrets. ``context`` says what and where one is, and must be the same to unwrap it."""

    def wrap(self, plain: bytes, *, context: str) -> str:
        """Return text that is safe to store. May raise Unavailable."""

    def unwrap(self, text: str, *, context: str) -> bytes:
        """Return what was wrapped. WrappingError when text or context differs; may raise Unavailable."""


def unwrapped(wrapper: Wrapper, text: str, *, context: str) -> bytes:
    """Return a key of the store; raise WrongMasterKey, which says what an operator can do, where it cannot be read."""
    try:
        return wrapper.unwrap(text, context=context)
    except WrappingError as error:
        raise WrongMasterKey from error


class MasterKey:
    """A wrapper whose key is in this process: AES-256-GCM with the context as additional data."""

    def __init__(self, key: bytes, world: World) -> None:
        if len(key) != MASTER_KEY_BYTES:
            raise ValueError(f"a master key has {MASTER_KEY_BYTES} octets")
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)
        self._world = world

    def wrap(self, plain: bytes, *, context: str) -> str:
        """Return the versioned text of nonce and ciphertext."""
        nonce = self._world.random_bytes(NONCE_BYTES)
        return VERSION + jws.encode(nonce + self._cipher.encrypt(nonce, plain, _bound(context)))

    def unwrap(self, text: str, *, context: str) -> bytes:
        """Return the secret, or raise WrappingError."""
        from cryptography.exceptions import InvalidTag

        if not text.startswith(VERSION) or not text.isascii():
            raise WrappingError("not wrapped by a master key")
        try:
            octets = jws.decode(text.removeprefix(VERSION).encode("ascii"))
            return self._cipher.decrypt(octets[:NONCE_BYTES], octets[NONCE_BYTES:], _bound(context))
        except (ValueError, InvalidTag):
            raise WrappingError("altered, moved, or wrapped with another master key") from None


def _bound(context: str) -> bytes:
    return (VERSION + context).encode()
