"""Public keys: a JWK (RFC 7517) read into something that can verify for exactly one algorithm (TK-1, KM-5).

The three algorithms are RS256, ES256 and EdDSA with Ed25519 (RFC 7518, RFC 8037). There is no HMAC in this
module or anywhere near it, so no public key can ever be taken for a shared secret.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature

from chalicelib.errors import InvalidToken
from chalicelib.jose import jws
from chalicelib.jose.key_material import READERS, UnusableKey, Verify
from chalicelib.value import Value

ALGORITHMS = frozenset(jws.ALGORITHMS)
MAX_KEYS = 100  # of one set; large providers publish ten


class VerificationKey(Value):
    """One public key for one algorithm. ``verify(signature, message)`` raises InvalidSignature."""

    kid: str  # empty where its issuer gives it no name
    alg: str
    material: (
        str  # the public members as published: the same in two readings of one key, as ``verify`` is not
    )
    verify: Verify


class Keys(Protocol):
    """Where verification keys come from: our ring, or a published key set."""

    def verification_key(self, kid: str) -> VerificationKey | None:
        """Return the key of that name; None for a name that is not in use. May raise Unavailable."""


class OthersKeys(Keys, Protocol):
    """Keys of somebody who may have one key and give it no name in tokens (RFC 7515 section 4.1.4)."""

    def only_keys(self, alg: str) -> Iterator[VerificationKey]:
        """Yield the one key for an algorithm, and the one of a newer set if asked for more. May raise Unavailable."""


class KeySet:
    """The usable keys of a JWK set, in its order; of several with one name the first."""

    def __init__(self, keys: Iterable[VerificationKey]) -> None:
        self.keys = tuple(keys)
        self._named = {key.kid: key for key in reversed(self.keys) if key.kid}

    def verification_key(self, kid: str) -> VerificationKey | None:
        """Return the key of that name."""
        return self._named.get(kid)

    def only_keys(self, alg: str) -> Iterator[VerificationKey]:
        """Yield the key for that algorithm if it is the only one: among several nobody guesses."""
        fitting = [key for key in self.keys if key.alg == alg]
        yield from fitting if len(fitting) == 1 else ()


def check_signature(token: jws.Jws, keys: Keys) -> VerificationKey:
    """Return the key that signed the token; InvalidToken for no such key, another alg or a bad signature."""
    if token.header.kid is None:
        raise InvalidToken("its header names no key")
    key = keys.verification_key(token.header.kid)
    if key is None:
        raise InvalidToken("the key is unknown or retired")
    if key.alg != token.header.alg:
        raise InvalidToken("the header's alg is not the key's (RFC 8725 section 3.1)")
    if not is_signed(token, key):
        raise InvalidToken("the signature is wrong")
    return key


def check_others_signature(token: jws.Jws, keys: OthersKeys) -> VerificationKey:
    """Return the key that signed another's token, whose header need name none where only one fits.

    InvalidToken as for ours, and where several keys fit a token that names none.
    """
    if token.header.kid is not None:
        return check_signature(token, keys)
    fitting = False
    for key in keys.only_keys(token.header.alg):
        fitting = True
        if is_signed(token, key):
            return key
    if fitting:
        raise InvalidToken("the signature is wrong")
    raise InvalidToken("its header names no key, and not exactly one key of its issuer is for its alg")


def is_signed(token: jws.Jws, key: VerificationKey) -> bool:
    """Return whether a key signed the token."""
    try:
        key.verify(token.signature, token.signing_input)
    except InvalidSignature:
        return False
    return True


def read(jwk: Mapping[str, Any]) -> VerificationKey:
    """Return the verification key of a public JWK; UnusableKey where it cannot or must not verify for us.

    Private members are never looked at. A key without ``alg`` gets the one of its type.
    """
    kid = jwk.get("kid", "")
    if not isinstance(kid, str) or not ("kid" not in jwk or 0 < len(kid) <= jws.MAX_KID_CHARACTERS):
        raise UnusableKey("a kid is a short text")
    if jwk.get("use", "sig") != "sig" or "verify" not in _key_ops(jwk):
        raise UnusableKey("the key is not for signatures")
    kind = READERS.get(f"{jwk.get('kty')} {jwk.get('crv', '')}")
    if kind is None or jwk.get("alg", kind[0]) != kind[0]:
        raise UnusableKey("not a key for RS256, ES256 or EdDSA")
    alg, members, reader = kind
    verify = reader(jwk)
    return VerificationKey(
        kid=kid, alg=alg, material=" ".join(jwk[member] for member in members), verify=verify
    )


def read_set(document: object, *, algorithms: AbstractSet[str] = ALGORITHMS) -> KeySet:
    """Return the usable keys of a JWK set. UnusableKey if there is none."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise UnusableKey("not a JWK set")
    if len(listed) > MAX_KEYS:
        raise UnusableKey(f"the JWK set has more than {MAX_KEYS} keys")
    usable: list[VerificationKey] = []
    for jwk in listed:
        try:
            key = read(jwk) if isinstance(jwk, dict) else None
        except UnusableKey:  # RFC 7517 section 5: ignore what is not understood
            continue
        if key is not None and key.alg in algorithms:
            usable.append(key)
    if not usable:
        raise UnusableKey("the JWK set has no usable key")
    return KeySet(usable)


def _key_ops(jwk: Mapping[str, Any]) -> list[Any]:
    listed = jwk.get("key_ops", ["verify"])
    return listed if isinstance(listed, list) else []
