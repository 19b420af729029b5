"""Public keys: a JWK (RFC 7517) read into something that can verify for exactly one algorithm (TK-1, KM-5).

The three algorithms are RS256, ES256 and EdDSA with Ed25519 (RFC 7518, RFC 8037). There is no HMAC in this
module or anywhere near it, so no public key can ever be taken for a shared secret.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature

from chalicelib import jws
from chalicelib.errors import InvalidToken
from chalicelib.value import Value

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
RSA_EXPONENT = 65537
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192  # above it, verifying is a way to burn our time
P256_COORDINATE_BYTES = 32

# If the modulus is a power of 65537 modulo every one of these, the key was made by the broken generator of
# CVE-2017-15361 (ROCA; Nemec et al., "The Return of Coppersmith's Attack", section 2.2).
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)

Verify = Callable[[bytes, bytes], None]


class UnusableKey(ValueError):  # noqa: N818 - what the key is
    """A JWK of another kind, for another use, or too weak."""


class VerificationKey(Value):
    """One public key for one algorithm. ``verify(signature, message)`` raises InvalidSignature."""

    kid: str
    alg: str
    verify: Verify


class Keys(Protocol):
    """Where verification keys come from: our ring, or a published key set."""

    def verification_key(self, kid: str) -> VerificationKey | None:
        """Return the key of that name; None for a name that is not in use. May raise Unavailable."""


def check_signature(token: jws.Jws, keys: Keys) -> VerificationKey:
    """Return the key that signed the token; InvalidToken for no such key, another alg or a bad signature."""
    key = keys.verification_key(token.header.kid)
    if key is None:
        raise InvalidToken("the key is unknown or retired")
    if key.alg != token.header.alg:
        raise InvalidToken("the header's alg is not the key's (RFC 8725 section 3.1)")
    try:
        key.verify(token.signature, token.signing_input)
    except InvalidSignature:
        raise InvalidToken("the signature is wrong") from None
    return key


def read(jwk: Mapping[str, Any]) -> VerificationKey:
    """Return the verification key of a public JWK; UnusableKey where it cannot or must not verify for us.

    Private members are never looked at. A key without ``alg`` gets the one of its type.
    """
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= jws.MAX_KID_CHARACTERS:
        raise UnusableKey("a key needs a short kid")
    if jwk.get("use", "sig") != "sig" or "verify" not in _key_ops(jwk):
        raise UnusableKey("the key is not for signatures")
    alg, reader = _READERS.get(f"{jwk.get('kty')} {jwk.get('crv', '')}", (None, None))
    if alg is None or reader is None or jwk.get("alg", alg) != alg:
        raise UnusableKey("not a key for RS256, ES256 or EdDSA")
    return VerificationKey(kid=kid, alg=alg, verify=reader(jwk))


def read_set(document: object, *, algorithms: AbstractSet[str] = ALGORITHMS) -> dict[str, VerificationKey]:
    """Return the usable keys of a JWK set by kid, the first of a name. UnusableKey if there is none."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise UnusableKey("not a JWK set")
    usable: dict[str, VerificationKey] = {}
    for jwk in listed:
        try:
            key = read(jwk) if isinstance(jwk, dict) else None
        except UnusableKey:  # RFC 7517 section 5: ignore what is not understood
            continue
        if key is not None and key.alg in algorithms:
            usable.setdefault(key.kid, key)
    if not usable:
        raise UnusableKey("the JWK set has no usable key")
    return usable


def _key_ops(jwk: Mapping[str, Any]) -> list[Any]:
    listed = jwk.get("key_ops", ["verify"])
    return listed if isinstance(listed, list) else []


def _octets(jwk: Mapping[str, Any], member: str) -> bytes:
    text = jwk.get(member)
    if not isinstance(text, str) or not text.isascii():
        raise UnusableKey(f'"{member}" is not base64url')
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


_READERS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Verify]]] = {  # by kty and crv
    "RSA ": ("RS256", _rsa),
    "EC P-256": ("ES256", _p256),
    "OKP Ed25519": ("EdDSA", _ed25519),
}
