"""How a bearer secret is kept: by its hash alone, so that whoever reads the store holds none (TK-10)."""

import hashlib


def hash_of(secret: str) -> str:
    """Return what may be stored of a random secret (TK-10): it has 256 bits, so one hash without salt is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
