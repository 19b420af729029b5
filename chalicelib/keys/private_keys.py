"""Private keys: made, kept as PKCS 8, loaded to sign for one algorithm. Only the key ring uses this.

Key generation and ECDSA draw on OpenSSL's own generator, which nobody outside it may replace.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from chalicelib.jose.key_material import RSA_EXPONENT
from chalicelib.jose.thumbprint import thumbprint

RSA_BITS = 2048  # 3072 where tokens may be larger and log-ins slower
KID_CHARACTERS = 16  # 96 bits of the thumbprint

_ALGORITHMS: dict[str, Any] = {  # each signs with one type of key, which PyJWT checks (TK-1)
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "ES256": ECAlgorithm(ECAlgorithm.SHA256, expected_curve=ec.SECP256R1),
    "EdDSA": OKPAlgorithm(),
}
_PUBLIC_MEMBERS = ("kty", "crv", "n", "e", "x", "y")

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs now. ``sign(message)`` gives the octets of the signature as JWS wants them."""

    kid: str
    alg: str
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key pair just made; ``private_der`` is to be wrapped at once and forgotten."""

    kid: str
    alg: str
    public_jwk: dict[str, str]
    private_der: bytes


def generate(alg: str, *, rsa_bits: int = RSA_BITS) -> NewKey:
    """Make a key pair for one algorithm; its kid is the beginning of its RFC 7638 thumbprint."""
    private: PrivateKey
    if alg == "RS256":
        private = rsa.generate_private_key(public_exponent=RSA_EXPONENT, key_size=rsa_bits)
    elif alg == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
    elif alg == "EdDSA":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        raise ValueError(f"not a signing algorithm of ours: {alg}")
    members = _public_members(alg, private)
    kid = thumbprint(members)[:KID_CHARACTERS]
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return NewKey(
        kid=kid, alg=alg, public_jwk={**members, "kid": kid, "alg": alg, "use": "sig"}, private_der=der
    )


def load(kid: str, alg: str, private_der: bytes) -> SigningKey:  # three kinds of thing, no two alike to swap
    """Return the key that signs, from its PKCS 8 form. ValueError when it is not a key for ``alg``."""
    algorithm = _ALGORITHMS[alg]
    try:
        private = algorithm.prepare_key(load_der_private_key(private_der, password=None))
    except (TypeError, InvalidKeyError) as fault:
        raise ValueError(f"not a private key for {alg}") from fault
    return SigningKey(kid, alg, lambda message: bytes(algorithm.sign(message, private)))


def _public_members(alg: str, private: PrivateKey) -> dict[str, str]:
    jwk = _ALGORITHMS[alg].to_jwk(private.public_key(), as_dict=True)
    return {member: str(jwk[member]) for member in _PUBLIC_MEMBERS if member in jwk}
