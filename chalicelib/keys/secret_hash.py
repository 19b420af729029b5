"""How a bearer secret is kept: by its hash alone, so that whoever reads the store holds none (TK-10)."""

import hashlib
import hmac
from collections.abc import Iterable


def hash_of(secret: str) -> str:
    """Return what may be stored of a random secret (TK-10): it has 256 bits, so one hash without salt is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_one_of(secret: str, hashes: Iterable[str]) -> bool:
    """Return whether a secret is one of those that are kept; how long that takes says nothing of them."""
    hashed = hash_of(secret)
    return sum(hmac.compare_digest(hashed, each) for each in hashes) > 0
