"""An issuer's bench for tests: one key per algorithm, and hands free to sign whatever one likes with it."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from chalicelib.jose import jws
from chalicelib.keys import private_keys
from chalicelib.keys.remote_jwks import PublishedKeys
from chalicelib.tokens.jwt_access_tokens import AccessVerifier
from chalicelib.world import World

ISSUER = "https://auth.example.com"
AUDIENCE = "https://api.example.com"
NOW = 1_800_000_000
ALGORITHMS = ("RS256", "ES256", "EdDSA")


@cache
def key_of(alg: str, name: str = "ours") -> private_keys.NewKey:
    """A key pair, the same for the whole run; another ``name`` is somebody else's."""
    assert name
    return private_keys.generate(alg)


def jwks() -> dict[str, Any]:
    return {"keys": [key_of(alg).public_jwk for alg in ALGORITHMS]}


def payload(**changes: Any) -> dict[str, Any]:
    """The payload of a good access token; a change to None leaves the claim out."""
    good = {
        "iss": ISSUER,
        "sub": "u7k2n4",
        "aud": AUDIENCE,
        "client_id": "cupbearer",
        "iat": NOW,
        "exp": NOW + 300,
        "jti": "j1",
        "scope": "get:profile",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def header(alg: str = "ES256", **changes: Any) -> dict[str, Any]:
    """The header of a good access token; a change to None leaves the member out."""
    good = {"alg": alg, "typ": "at+jwt", "kid": key_of(alg).kid}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def part(value: object) -> str:
    """Base64url of JSON, or of text and octets as they are."""
    if isinstance(value, str):
        value = value.encode()
    octets = value if isinstance(value, bytes) else json.dumps(value).encode()
    return jws.encode(octets)


def signed(
    head: object = None, body: object = None, *, alg: str = "ES256", key: private_keys.NewKey | None = None
) -> str:
    """A token validly signed by our key of ``alg`` (or by ``key``), whatever its header and payload say."""
    key = key or key_of(alg)
    text = f"{part(header(alg) if head is None else head)}.{part(payload() if body is None else body)}"
    return f"{text}.{jws.encode(_hand(key.kid, key.alg, key.private_der).sign(text.encode()))}"


_hand = cache(private_keys.load)  # an RSA key is tried for its primes whenever it is read


def verifier(world: World, document: Mapping[str, Any] | None = None) -> AccessVerifier:
    """Our own issuer's verifier on published keys, as the deployed authorizer has it."""
    return AccessVerifier(
        PublishedKeys(lambda: document or jwks(), world), world, issuer=ISSUER, audience=AUDIENCE
    )
