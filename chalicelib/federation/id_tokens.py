"""ID tokens of providers, judged as OpenID Connect Core section 3.1.3.7 says (FD-2)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import InvalidToken
from chalicelib.jose import claims as claim
from chalicelib.jose import jws
from chalicelib.jose.id_token import ID_TOKEN_TYP, half_hash
from chalicelib.jose.jwk import OthersKeys, check_others_signature

MAX_ID_TOKEN_SECONDS = 24 * 3600  # Auth0's live ten hours
MAX_AGE_SECONDS = 600  # made for this very log-in, which lasts no longer


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say to be the one that we asked for."""

    issuer: str
    client_id: str
    algorithms: frozenset[str]
    nonce: str
    code: str
    access_token: str | None


def verify(text: str, keys: OthersKeys, expected: Expected, *, now: float) -> Mapping[str, Any]:
    """Return the claims of a good ID token, ``sub`` among them. InvalidToken for every fault of it.

    Unavailable where the provider's keys are out of reach.
    """
    token = jws.parse(text)
    if token.header.typ is not None and not claim.is_typ(token.header.typ, ID_TOKEN_TYP):
        raise InvalidToken("its typ is not an ID token's")
    if token.payload.get("iss") != expected.issuer:
        raise InvalidToken("it is of another issuer")
    if token.header.alg not in expected.algorithms:
        raise InvalidToken("its alg is not among the provider's")
    check_others_signature(token, keys)
    _check_audience(token.payload, expected.client_id)
    iat, _ = claim.check_times(token.payload, now=now, max_seconds=MAX_ID_TOKEN_SECONDS)
    if iat < now - MAX_AGE_SECONDS - claim.LEEWAY_SECONDS:
        raise InvalidToken("it was not made for this log-in: it is old")
    nonce = token.payload.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise InvalidToken("its nonce is missing or another's")
    _check_hash(token, "at_hash", expected.access_token)
    _check_hash(token, "c_hash", expected.code)
    claim.string_claim(token.payload, "sub")
    return token.payload


def _check_audience(payload: claim.Claims, client_id: str) -> None:
    """Demand that it is for us, and that among several audiences we are the one it was made for."""
    claim.check_audience(payload, (client_id,))
    several = isinstance(payload["aud"], list) and len(payload["aud"]) > 1
    if ("azp" in payload or several) and payload.get("azp") != client_id:
        raise InvalidToken("azp names another client, or nobody among several")


def _check_hash(token: jws.Jws, member: str, value: str | None) -> None:
    """Demand that a hash in the token, if there is one, is that of what came with it."""
    if member not in token.payload:
        return
    claimed = token.payload[member]
    if not isinstance(claimed, str) or value is None:
        raise InvalidToken(f"{member} cannot be checked")
    if not hmac.compare_digest(claimed.encode(), half_hash(value, alg=token.header.alg).encode()):
        raise InvalidToken(f"{member} is another's")
