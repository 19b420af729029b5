"""Other issuers whose access tokens open our routes, each for the scopes its entry lists and no others.

Real shapes fit: Auth0 (a day's life, ``azp``, ``permissions``, no ``jti``), Cognito (``client_id``, no
``aud``, ``token_use``), Microsoft Entra (``scp``), Keycloak (``typ`` claim) and plain RFC 9068.
"""

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.errors import InvalidToken, Unavailable
from chalicelib.jose import claims as claim
from chalicelib.jose import jwk, jws
from chalicelib.jose.claims import ACCESS_TOKEN_TYP, AccessClaims
from chalicelib.jose.jwk import check_others_signature
from chalicelib.keys.remote_jwks import PublishedKeys, discovery_url, own_document
from chalicelib.scopes import Scopes
from chalicelib.tokens.verified_cache import VerifiedTokenCache
from chalicelib.value import Value
from chalicelib.world import World

MAX_AGE_SECONDS = 86_400  # Auth0's default life of an access token for an API
DEFAULT_CLIENT_CLAIMS = ("client_id", "azp")

# What only an ID token (OpenID Connect Core sections 2 and 3.3.2.11) or a security event (RFC 8417) carries.
_OTHER_KINDS_CLAIMS = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "events"})
_PLAIN_TYPS = ("JWT", ACCESS_TOKEN_TYP)

FetchJson = Callable[[str], object]


class TrustedIssuer(Value):
    """One entry of ``CUPBEARER_TRUSTED_ISSUERS``. ``audience`` is one identifier, or several: any will do."""

    issuer: str
    audience: str | tuple[str, ...]
    scopes: Scopes
    jwks_uri: str | None = None  # None: found by OpenID Connect Discovery
    algorithms: frozenset[str] = jwk.ALGORITHMS
    scope_claim: str = "scope"
    client_claim: str | None = None  # None: client_id, else azp, else none
    typ: str | None = None  # None: at+jwt, JWT or no typ at all
    max_age_seconds: int = MAX_AGE_SECONDS

    @property
    def audiences(self) -> tuple[str, ...]:
        """Return the identifiers one of which a token must be for."""
        return (self.audience,) if isinstance(self.audience, str) else self.audience


class TrustedIssuers:
    """Judges access tokens of the issuers listed, by their published keys. No other host is ever asked."""

    def __init__(self, entries: Iterable[TrustedIssuer], fetch_json: FetchJson, world: World) -> None:
        self._world = world
        self._remembered = VerifiedTokenCache()
        self._issuers: dict[str, tuple[TrustedIssuer, PublishedKeys]] = {}
        for entry in entries:
            if entry.issuer in self._issuers:
                raise ValueError(f"the issuer {entry.issuer} is listed twice")
            keys = PublishedKeys(_KeySet(entry, fetch_json).fetch, world, algorithms=entry.algorithms)
            self._issuers[entry.issuer] = (entry, keys)

    def __contains__(self, issuer: object) -> bool:
        """Return whether an issuer is trusted at all."""
        return issuer in self._issuers

    def verify(self, text: str) -> AccessClaims:
        """Return what the token says, its scope cut down to what its issuer may grant.

        InvalidToken for every fault of it; Unavailable where the issuer's keys are out of reach.
        """
        now = self._world.now()
        known = self._remembered.get(text, now=now)
        if known is not None:
            return known
        token = jws.parse(text)
        entry, keys = self._of(token)
        _check_kind(entry, token)
        key = check_others_signature(token, keys)
        claims = _judged(entry, token, now)
        if token.header.kid is not None:  # without a name it counts only while no other key could be meant
            self._remembered.put(text, claims, key=key, keys=keys)
        return claims

    def _of(self, token: jws.Jws) -> tuple[TrustedIssuer, PublishedKeys]:
        issuer = token.payload.get("iss")
        found = self._issuers.get(issuer) if isinstance(issuer, str) else None
        if found is None:
            raise InvalidToken("its issuer is not trusted")
        return found


class _KeySet:
    """Where an issuer's keys are: named by its entry, or by a discovery document that names this issuer."""

    def __init__(self, entry: TrustedIssuer, fetch_json: FetchJson) -> None:
        self._entry = entry
        self._fetch_json = fetch_json
        self._found: str | None = None

    def fetch(self) -> object:
        if self._entry.jwks_uri is not None:
            return self._fetch_json(self._entry.jwks_uri)
        uri = self._found or self._discovered()
        self._found = None  # looked for again after a failure: the address may have changed
        document = self._fetch_json(uri)
        self._found = uri
        return document

    def _discovered(self) -> str:
        issuer = self._entry.issuer
        uri = own_document(self._fetch_json(discovery_url(issuer)), issuer=issuer).get("jwks_uri")
        if not isinstance(uri, str):
            raise Unavailable("An issuer's discovery document names no keys.")
        return uri


def _check_kind(entry: TrustedIssuer, token: jws.Jws) -> None:
    """Refuse what its issuer did not make as an access token, as far as that shows (TK-7)."""
    if entry.typ is not None:
        if not claim.is_typ(token.header.typ, entry.typ):
            raise InvalidToken("its typ is not the one this issuer's entry demands")
    elif token.header.typ is not None and not any(claim.is_typ(token.header.typ, typ) for typ in _PLAIN_TYPS):
        raise InvalidToken("its typ is not an access token's")
    if claim.is_typ(token.header.typ, ACCESS_TOKEN_TYP):
        return
    payload = token.payload
    if payload.get("token_use", "access") != "access" or payload.get("typ", "Bearer") != "Bearer":
        raise InvalidToken("its issuer made it for another use")  # Cognito and Keycloak tell
    if not _OTHER_KINDS_CLAIMS.isdisjoint(payload) or entry.scope_claim not in payload:
        raise InvalidToken("it looks like an ID token, or has no scope claim")


def _judged(entry: TrustedIssuer, token: jws.Jws, now: float) -> AccessClaims:
    payload = token.payload
    if payload.get("token_use") == "access" and "aud" not in payload:  # Cognito: the client is the audience
        if claim.string_claim(payload, "client_id") not in entry.audiences:
            raise InvalidToken("it is for another client")
    else:
        claim.check_audience(payload, entry.audiences)
    iat, exp = claim.check_times(payload, now=now, max_seconds=entry.max_age_seconds)
    return AccessClaims(
        iss=entry.issuer,
        sub=claim.string_claim(payload, "sub"),
        client_id=_client(entry, payload),
        scope=_scopes(entry, payload),
        iat=iat,
        exp=exp,
        jti=claim.optional_string_claim(payload, "jti"),
        name=claim.optional_string_claim(payload, "name"),
        jkt=claim.bound_key(payload),
    )


def _client(entry: TrustedIssuer, payload: claim.Claims) -> str:
    if entry.client_claim is not None:
        return claim.string_claim(payload, entry.client_claim)
    name = next((one for one in DEFAULT_CLIENT_CLAIMS if one in payload), None)
    return "" if name is None else claim.string_claim(payload, name)


def _scopes(entry: TrustedIssuer, payload: claim.Claims) -> Scopes:
    value: Any = payload.get(entry.scope_claim, "")
    listed = value.split(" ") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise InvalidToken(f"{entry.scope_claim} is neither a string nor a list of strings")
    return entry.scopes & frozenset(listed)
