"""Private keys: made, kept as PKCS 8, loaded to sign for one algorithm. Only ``keys.py`` uses this.

Key generation and ECDSA draw on OpenSSL's own generator, which nobody outside it may replace.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from chalicelib import jws
from chalicelib.jwk import P256_COORDINATE_BYTES, RSA_EXPONENT

RSA_BITS = 2048  # 3072 where tokens may be larger and log-ins slower
KID_CHARACTERS = 16  # 96 bits of the thumbprint

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
    members = _public_members(private)
    kid = thumbprint(members)[:KID_CHARACTERS]
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return NewKey(
        kid=kid, alg=alg, public_jwk={**members, "kid": kid, "alg": alg, "use": "sig"}, private_der=der
    )


def load(kid: str, alg: str, private_der: bytes) -> SigningKey:  # three kinds of thing, no two alike to swap
    """Return the key that signs, from its PKCS 8 form. ValueError when it is not a key for ``alg``."""
    private = load_der_private_key(private_der, password=None)
    if alg == "RS256" and isinstance(private, rsa.RSAPrivateKey):
        rsa_key = private
        return SigningKey(kid, alg, lambda message: rsa_key.sign(message, padding.PKCS1v15(), SHA256()))
    if alg == "ES256" and isinstance(private, ec.EllipticCurvePrivateKey):
        ec_key = private
        return SigningKey(kid, alg, lambda message: _raw(ec_key.sign(message, ec.ECDSA(SHA256()))))
    if alg == "EdDSA" and isinstance(private, ed25519.Ed25519PrivateKey):
        return SigningKey(kid, alg, private.sign)
    raise ValueError(f"the stored key {kid} is not for {alg}")


def thumbprint(members: dict[str, str]) -> str:
    """Return the JWK thumbprint (RFC 7638): SHA-256 over the required members in order, in base64url."""
    canonical: Any = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return jws.encode(hashlib.sha256(canonical.encode()).digest())


def _public_members(private: PrivateKey) -> dict[str, str]:
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": _integer(numbers.n), "e": _integer(numbers.e)}
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
        half = P256_COORDINATE_BYTES
        return {"kty": "EC", "crv": "P-256", "x": jws.encode(point[:half]), "y": jws.encode(point[half:])}
    return {"kty": "OKP", "crv": "Ed25519", "x": jws.encode(public.public_bytes_raw())}


def _integer(value: int) -> str:
    return jws.encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _raw(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(P256_COORDINATE_BYTES, "big") + s.to_bytes(P256_COORDINATE_BYTES, "big")
