"""What ID tokens of any issuer have in common, ours and a provider's: their type and the hashes in them (OpenID Connect Core)."""

import hashlib

from chalicelib.jose import jws

ID_TOKEN_TYP = "JWT"  # noqa: S105 - RFC 7519 section 5.1: what OpenID Connect libraries write and expect

# The hash of each algorithm's signature (section 3.1.3.6); Ed25519 hashes with SHA-512 (RFC 8032 section 5.1).
_HASHES = {"RS256": hashlib.sha256, "ES256": hashlib.sha256, "EdDSA": hashlib.sha512}


def half_hash(text: str, *, alg: str) -> str:
    """Return ``at_hash`` or ``c_hash`` of a text: the left half of the digest that goes with the signature's algorithm."""
    digest = _HASHES[alg](text.encode()).digest()
    return jws.encode(digest[: len(digest) // 2])
