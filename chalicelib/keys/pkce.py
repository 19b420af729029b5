"""Proof Key for Code Exchange with S256, the one method: what we ask of clients and show to providers (RFC 7636)."""

import hashlib

from chalicelib.jose import jws

METHOD = "S256"


def code_challenge(code_verifier: str) -> str:
    """Return what may be seen of a verifier (section 4.2)."""
    return jws.encode(hashlib.sha256(code_verifier.encode()).digest())
