"""A JWS whose header holds its own public key (RFC 7515 section 4.1.3): what a DPoP proof is, and no other token of ours.

That it verifies says only that its sender has the private key: whose that is, the thumbprint tells who knows it.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.errors import InvalidToken
from chalicelib.jose import jwk, jws
from chalicelib.jose.key_material import READERS, UnusableKey
from chalicelib.jose.thumbprint import thumbprint
from chalicelib.value import Value

# What only the owner of a key, or of a shared secret, has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class SelfSigned(Value):
    """What was signed, and the thumbprint of the key that signed it (RFC 7638)."""

    header: jws.Header
    payload: Mapping[str, Any]
    jkt: str


def verify(text: str) -> SelfSigned:
    """Return what a JWS says that its own header's key signed; InvalidToken for any fault of it.

    Algorithms are those that we believe elsewhere, all asymmetric; a key that holds more than its public part is refused.
    """
    shown: list[Mapping[str, Any]] = []

    def header_of(part: bytes) -> jws.Header:
        members = jws.json_object(part)
        key = members.pop("jwk", None)
        if not isinstance(key, dict):
            raise ValueError('header member "jwk" is missing or no JWK')  # noqa: TRY004 - to the caller all faults are alike
        shown.append(key)
        return jws.header_from(members)

    token = jws.parse(text, header_of=header_of)
    key, jkt = _public(shown[0])
    if key.alg != token.header.alg:
        raise InvalidToken("the header's alg is not its key's")
    if not jwk.is_signed(token, key):
        raise InvalidToken("the signature is wrong")
    return SelfSigned(token.header, token.payload, jkt)


def _public(members: Mapping[str, Any]) -> tuple[jwk.VerificationKey, str]:
    """Return a public key and its thumbprint."""
    if not PRIVATE_MEMBERS.isdisjoint(members):
        raise InvalidToken("the jwk holds a private or a shared key")
    try:
        key = jwk.read(members)
    except UnusableKey as fault:
        raise InvalidToken(f"the jwk cannot be used: {fault}") from None
    kind = f"{members['kty']} {members.get('crv', '')}"
    required = ("kty", *(("crv",) if "crv" in members else ()), *READERS[kind][1])
    return key, thumbprint({name: members[name] for name in required})
