"""The public members of a JWK, made into what verifies by its one algorithm (RFC 7518 section 6, RFC 8037)."""

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature

from chalicelib.jose import jws

RSA_EXPONENT = 65537
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192  # above it, verifying is a way to burn our time
MAX_MEMBER_CHARACTERS = 1400  # of a number in base64url: a modulus of MAX_RSA_BITS takes 1366
P256_COORDINATE_BYTES = 32

# If the modulus is a power of 65537 modulo every one of these, the key was made by the broken generator of
# CVE-2017-15361 (ROCA; Nemec et al., "The Return of Coppersmith's Attack", section 2.2).
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)

Verify = Callable[[bytes, bytes], None]


class UnusableKey(ValueError):  # noqa: N818 - what the key is
    """A JWK of another kind, for another use, or too weak."""


def _octets(jwk: Mapping[str, Any], member: str) -> bytes:
    text = jwk.get(member)
    if not isinstance(text, str) or len(text) > MAX_MEMBER_CHARACTERS or not text.isascii():
        raise UnusableKey(f'"{member}" is not base64url, or too long')
    try:
        return jws.decode(text.encode("ascii"))
    except ValueError as fault:
        raise UnusableKey(f'"{member}": {fault}') from None


def _rsa(jwk: Mapping[str, Any]) -> Verify:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256

    n = int.from_bytes(_octets(jwk, "n"), "big")
    if int.from_bytes(_octets(jwk, "e"), "big") != RSA_EXPONENT:
        raise UnusableKey("the RSA exponent is not 65537")
    if not MIN_RSA_BITS <= n.bit_length() <= MAX_RSA_BITS or not n & 1 or _is_roca(n):
        raise UnusableKey("the RSA modulus is weak or out of range")
    public, padding, digest = RSAPublicNumbers(RSA_EXPONENT, n).public_key(), PKCS1v15(), SHA256()
    return lambda signature, message: public.verify(signature, message, padding, digest)


def _is_roca(n: int) -> bool:
    return all(n % prime in {pow(RSA_EXPONENT, i, prime) for i in range(prime)} for prime in _ROCA_PRIMES)


def _p256(jwk: Mapping[str, Any]) -> Verify:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    x, y = _octets(jwk, "x"), _octets(jwk, "y")
    if len(x) != P256_COORDINATE_BYTES or len(y) != P256_COORDINATE_BYTES:
        raise UnusableKey("a P-256 coordinate has 32 octets")
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    except ValueError:
        raise UnusableKey("the point is not on P-256") from None
    algorithm = ec.ECDSA(SHA256())

    def verify(signature: bytes, message: bytes) -> None:
        half = P256_COORDINATE_BYTES
        if len(signature) != 2 * half:  # RFC 7518 section 3.4: R and S, 32 octets each
            raise InvalidSignature
        r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        public.verify(encode_dss_signature(r, s), message, algorithm)

    return verify


def _ed25519(jwk: Mapping[str, Any]) -> Verify:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        return Ed25519PublicKey.from_public_bytes(_octets(jwk, "x")).verify
    except ValueError as fault:
        raise UnusableKey(f"not an Ed25519 key: {fault}") from None


READERS: Mapping[
    str, tuple[str, tuple[str, ...], Callable[[Mapping[str, Any]], Verify]]
] = {  # by kty and crv
    "RSA ": ("RS256", ("n", "e"), _rsa),
    "EC P-256": ("ES256", ("x", "y"), _p256),
    "OKP Ed25519": ("EdDSA", ("x",), _ed25519),
}
