"""Client assertions: a client proves itself by a JWT that its own key signed (RFC 7523, OpenID Connect Core section 9).

The audience is our issuer and nothing else, or our token endpoint where the client is registered so; the life is short,
and each ``jti`` counts once (OP-6).
"""

from dataclasses import dataclass

from chalicelib import logs
from chalicelib.errors import InvalidToken
from chalicelib.jose import claims as claim
from chalicelib.jose import jwk, jws
from chalicelib.jose.key_material import UnusableKey
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth.client import Client
from chalicelib.oauth.client_options import TOKEN_ENDPOINT
from chalicelib.store import Conflict, Insert, Key, Store
from chalicelib.world import World

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_SECONDS = 3600  # from now to its expiry: Authlib's default; each is remembered for so long
SPENT = "its jti was used before"

_TYPS = ("JWT", "client-authentication+jwt")


def subject(text: str) -> str | None:
    """Return which client an assertion says it is of, before anything of it is believed."""
    try:
        sub = jws.parse(text).payload.get("sub")
    except InvalidToken:
        return None
    return sub if isinstance(sub, str) else None


@dataclass(frozen=True, slots=True)
class Assertions:
    """Judges client assertions."""

    store: Store
    world: World
    issuer: str

    def check(self, text: str, client: Client) -> None:
        """Accept an assertion of this client once; raise InvalidToken for any fault of it."""
        spending = self.spending(text, client)
        try:
            self.store.commit(spending)
        except Conflict:
            raise InvalidToken(SPENT) from None

    def spending(self, text: str, client: Client) -> Insert:
        """Return the write that spends an assertion of this client; raise InvalidToken for any other fault of it."""
        if client.jwks is None:
            raise InvalidToken("the client has no key")
        token = jws.parse(text)
        if token.header.typ is not None and not any(claim.is_typ(token.header.typ, typ) for typ in _TYPS):
            raise InvalidToken("it is a token of another kind")
        jwk.check_others_signature(token, self._keys_of(client, client.jwks))
        payload = token.payload
        if payload.get("iss") != client.client_id or payload.get("sub") != client.client_id:
            raise InvalidToken("iss and sub must be the client")
        self._check_audience(payload, client)
        jti, exp = claim.string_claim(payload, "jti"), self._expiry(payload)
        key = Key(f"assertion#{client.client_id}", hash_of(jti))
        return Insert(key, {}, expires_at=exp + claim.LEEWAY_SECONDS + 1)

    def _check_audience(self, payload: claim.Claims, client: Client) -> None:
        """Demand one audience: the issuer or, where the client is registered so, the token endpoint."""
        aud, endpoint = payload.get("aud"), f"{self.issuer}/oauth/token"
        if aud in (self.issuer, [self.issuer]):
            return
        if aud not in (endpoint, [endpoint]):
            raise InvalidToken("aud must be the issuer and nothing else")
        if client.options.assertion_audience != TOKEN_ENDPOINT:
            raise InvalidToken(
                "aud is the token endpoint: it must be the issuer, unless the client is registered with "
                "--assertion-audience token-endpoint"
            )

    def _keys_of(self, client: Client, jwks: object) -> jwk.KeySet:
        """Return the client's keys. A set that an earlier release took and this one would not opens nothing."""
        try:
            return jwk.read_set(jwks)
        except UnusableKey as fault:
            logs.log("client_keys_unusable", client_id=client.client_id, reason=str(fault))
            raise InvalidToken("the client's key set cannot be used") from fault

    def _expiry(self, payload: claim.Claims) -> int:
        now = self.world.now()
        exp = claim.optional_time(payload, "exp")
        if exp is None or not now < exp + claim.LEEWAY_SECONDS:
            raise InvalidToken("exp is missing or over")
        if exp > now + MAX_SECONDS + claim.LEEWAY_SECONDS:
            raise InvalidToken("exp is too far off")
        for name in ("iat", "nbf"):
            time = claim.optional_time(payload, name)
            if time is not None and time > now + claim.LEEWAY_SECONDS:
                raise InvalidToken(f"{name} is in the future")
        return exp
