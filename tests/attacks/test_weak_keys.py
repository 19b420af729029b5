"""Keys that must not verify for us, whoever publishes them (KM-5)."""

from typing import Any

import pytest

from chalicelib.jose import jwk, jws, key_material
from chalicelib.jose.key_material import UnusableKey
from tests.support import forge


@pytest.mark.parametrize(
    "changes",
    [
        {"use": "enc"},
        {"use": ["sig"]},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"alg": ["RS256"]},
        {"kty": "oct", "k": "AAAA"},
        {"kty": ["RSA"]},
        {"kty": None},
        {"kid": ""},
        {"kid": 7},
        {"e": "Aw"},
        {"e": "AQ"},
        {"e": "AQAC"},
        {"e": 65537},
        {"n": ""},
        {"n": "é"},
        {"n": "AQAB"},
        {"n": jws.encode(b"\xff" * 255 + b"\xfe")},
        {"n": jws.encode(b"\xff" * 127 + b"\xfd")},
        {"n": jws.encode(b"\xff" * 2049)},
        {"n": forge.key_of("RS256").public_jwk["n"] + "="},
    ],
)
def test_km_5_a_weak_or_unfit_rsa_key_is_not_imported(changes: dict[str, Any]) -> None:
    with pytest.raises(UnusableKey):
        jwk.read({**forge.key_of("RS256").public_jwk, **changes})


def test_cve_2017_15361_a_roca_key_is_not_imported() -> None:
    primes = [p for p in range(3, 702, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2))]
    product = 2
    for prime in primes:
        product *= prime
    p, q = (
        k * product + pow(key_material.RSA_EXPONENT, a, product)
        for k, a in ((2**53 + 5, 12345), (2**54 + 9, 54321))
    )
    n = p * q
    assert key_material.MIN_RSA_BITS <= n.bit_length() <= key_material.MAX_RSA_BITS
    assert n & 1
    with pytest.raises(UnusableKey, match="weak"):
        jwk.read(
            {
                "kty": "RSA",
                "kid": "k",
                "e": "AQAB",
                "n": jws.encode(n.to_bytes((n.bit_length() + 7) // 8, "big")),
            }
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"crv": None},
        {"alg": "ES384"},
        {"x": None},
        {"x": "AAAA"},
        {"x": jws.encode(bytes(32))},
        {"x": jws.encode(b"\xff" * 32)},
        {"y": jws.encode(bytes(32))},
        {"y": forge.key_of("ES256", "theirs").public_jwk["y"]},
        {"x": jws.encode(bytes(32)), "y": jws.encode(bytes(32))},
    ],
)
def test_km_5_a_point_off_the_curve_is_not_imported(changes: dict[str, Any]) -> None:
    with pytest.raises(UnusableKey):
        jwk.read({**forge.key_of("ES256").public_jwk, **changes})


@pytest.mark.parametrize("changes", [{"crv": "Ed448"}, {"crv": "X25519"}, {"x": "AAAA"}, {"x": ""}, {"x": 1}])
def test_km_5_only_ed25519_of_the_edwards_curves_is_imported(changes: dict[str, Any]) -> None:
    with pytest.raises(UnusableKey):
        jwk.read({**forge.key_of("EdDSA").public_jwk, **changes})


def test_rfc7517_5_keys_that_are_not_understood_are_passed_over() -> None:
    document: Any = {
        "keys": [None, 1, [], {}, {"kty": "oct", "k": "AAAA", "kid": "x"}, forge.key_of("ES256").public_jwk]
    }
    assert [key.kid for key in jwk.read_set(document).keys] == [forge.key_of("ES256").kid]
    nothings: list[Any] = [None, [], {}, "x", {"keys": {}}, {"keys": []}, {"keys": [{"kty": "oct"}]}]
    for nothing in nothings:
        with pytest.raises(UnusableKey):
            jwk.read_set(nothing)


@pytest.mark.parametrize(("number", "good"), [(100, True), (101, False)])
def test_a_set_has_at_most_100_keys_whatever_they_are(number: int, good: bool) -> None:
    """FD-5: each of them costs an import before anybody knows whether it is asked for."""
    listed = [*({"kty": "oct"} for _ in range(number - 1)), forge.key_of("ES256").public_jwk]
    if good:
        assert len(jwk.read_set({"keys": listed}).keys) == 1
    else:
        with pytest.raises(UnusableKey, match="more than 100 keys"):
            jwk.read_set({"keys": listed})
