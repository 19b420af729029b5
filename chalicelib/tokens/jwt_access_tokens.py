"""Our own tokens: signed by the ring, each kind with a type of its own (TK-7, TK-8; RFC 9068)."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib import scopes
from chalicelib.errors import Invalid, InvalidToken
from chalicelib.jose import claims as claim
from chalicelib.jose import jws
from chalicelib.jose.claims import ACCESS_TOKEN_TYP, AccessClaims
from chalicelib.jose.jwk import Keys, VerificationKey, check_signature
from chalicelib.scopes import Scopes
from chalicelib.tokens.verified_cache import VerifiedTokenCache
from chalicelib.world import World

if TYPE_CHECKING:  # the deployed authorizer only verifies
    from chalicelib.keys.private_keys import SigningKey


class SigningKeys(Keys, Protocol):
    """Keys that can sign too: the ring. The signing key is asked for anew for each token."""

    def signing_key(self) -> "SigningKey":
        """Return the key that signs now. May raise Unavailable."""


class Signer:
    """Signs claims of any kind of token that others are to verify with our published keys."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def sign(self, typ: str, payload: Mapping[str, Any]) -> str:
        """Return a compact JWS whose header holds ``typ``, ``alg`` and ``kid`` and nothing else."""
        key = self._keys.signing_key()
        header = {"typ": typ, "alg": key.alg, "kid": key.kid}
        signing_input = f"{_part(header)}.{_part(payload)}"
        return f"{signing_input}.{jws.encode(key.sign(signing_input.encode('ascii')))}"


def verify_kind(text: str, keys: Keys, *, typ: str) -> tuple[Mapping[str, Any], VerificationKey]:
    """Return the payload of a token of one kind, and its key. InvalidToken for any fault, another kind too.

    Nothing the payload says has been checked yet, its expiry least of all.
    """
    token = jws.parse(text)
    if not claim.is_typ(token.header.typ, typ):
        raise InvalidToken("it is a token of another kind")
    return token.payload, check_signature(token, keys)


class AccessVerifier:
    """Judges access tokens of our own issuer by our keys: the ring, or its published part (TK-9)."""

    def __init__(self, keys: Keys, world: World, *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._world = world
        self._issuer = issuer
        self._audience = audience
        self._remembered = VerifiedTokenCache()

    def verify(self, text: str) -> AccessClaims:
        """Return what the token says. InvalidToken for every fault of it; Unavailable where the keys are."""
        now = self._world.now()
        known = self._remembered.get(text, now=now)
        if known is not None:
            return known
        payload, key = verify_kind(text, self._keys, typ=ACCESS_TOKEN_TYP)
        claims = self._judged(payload, now)
        self._remembered.put(text, claims, key=key, keys=self._keys)
        return claims

    def _judged(self, payload: claim.Claims, now: float) -> AccessClaims:
        if payload.get("iss") != self._issuer:
            raise InvalidToken("it is of another issuer")
        act, client_id = claim.actor(payload), claim.string_claim(payload, "client_id")
        is_view = act is not None and client_id == claim.FIRST_PARTY
        claim.check_audience(payload, (claim.view_audience(self._audience) if is_view else self._audience,))
        iat, exp = claim.check_times(payload, now=now, max_seconds=claim.MAX_ACCESS_SECONDS)
        return AccessClaims(
            iss=self._issuer,
            sub=claim.string_claim(payload, "sub"),
            client_id=client_id,
            scope=_scopes(payload),
            iat=iat,
            exp=exp,
            jti=claim.string_claim(payload, "jti"),
            sid=claim.optional_string_claim(payload, "sid"),
            auth_time=claim.optional_time(payload, "auth_time"),
            amr=claim.string_list_claim(payload, "amr"),
            jkt=claim.bound_key(payload),
            act=act,
        )


def _part(value: Mapping[str, Any]) -> str:
    return jws.encode(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _scopes(payload: claim.Claims) -> Scopes:
    text = payload.get("scope")
    if not isinstance(text, str):
        raise InvalidToken("scope is not a string")
    try:
        return scopes.parse(text)
    except Invalid as fault:
        raise InvalidToken(f"scope: {fault.detail}") from None
