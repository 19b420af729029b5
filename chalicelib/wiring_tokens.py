"""Wiring of the access tokens: what issues them, what verifies them, and whose are accepted.

The authorizer, as deployed, asks for ``bearer`` and so for :class:`AccessVerifier` and our published keys: nothing else.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.keys.remote_jwks import PublishedKeys
    from chalicelib.oauth.dpop import ClientProofs
    from chalicelib.oauth.standing import Standing
    from chalicelib.tokens.access_tokens import AccessTokenIssuer, JwtAccess
    from chalicelib.tokens.bearer import BearerTokens
    from chalicelib.tokens.dpop_proofs import Proofs
    from chalicelib.tokens.for_other_apis import TokensForAnyApi
    from chalicelib.tokens.jwt_access_tokens import AccessVerifier
    from chalicelib.tokens.opaque_access_tokens import OpaqueAccess
    from chalicelib.tokens.trusted_issuers import TrustedIssuers
    from chalicelib.wiring import Services


class Tokens:
    """``services.tokens``."""

    def __init__(self, at: "Services") -> None:
        self._at = at

    @cached_property
    def access(self) -> "AccessTokenIssuer":
        """Return what makes access tokens, of the kind that is set."""
        return self.opaque if self._at.settings.access_tokens == "opaque" else self.jwt

    @cached_property
    def jwt(self) -> "JwtAccess":
        """Return the signer and verifier of our JWTs."""
        from chalicelib.tokens.access_tokens import JwtAccess

        chosen = self._at.settings
        return JwtAccess(
            self._at.keys.ring,
            self._at.world,
            issuer=chosen.issuer,
            audience=chosen.audience,
            seconds=chosen.access_token_seconds,
        )

    @cached_property
    def opaque(self) -> "OpaqueAccess":
        """Return the keeper of stored access tokens."""
        from chalicelib.tokens.opaque_access_tokens import OpaqueAccess

        at = self._at
        return OpaqueAccess(
            at.store,
            at.world,
            issuer=at.settings.issuer,
            seconds=at.settings.access_token_seconds,
            standing=self.standing,
        )

    @cached_property
    def standing(self) -> "Standing":
        """Return the rule of what a token that is out may do now."""
        from chalicelib.oauth.standing import Standing

        return Standing(self._at.store, self._at.world, self._at.authentication.session_limits)

    @cached_property
    def proofs(self) -> "Proofs":
        """Return what judges DPoP proofs."""
        from chalicelib.keys.signed_payloads import SignedPayloads
        from chalicelib.tokens.dpop_proofs import Proofs

        at = self._at
        return Proofs(at.store, at.world, SignedPayloads(at.keys.mac, at.world))

    @cached_property
    def client_proofs(self) -> "ClientProofs":
        """Return what reads the DPoP proofs of clients that ask for tokens."""
        from chalicelib.oauth.dpop import ClientProofs

        return ClientProofs(self.proofs, self._at.settings.issuer)

    @cached_property
    def bearer(self) -> "BearerTokens":
        """Return the doorway for bearer tokens."""
        from chalicelib.tokens.bearer import BearerTokens

        chosen = self._at.settings
        opaque = chosen.access_tokens == "opaque"
        return BearerTokens(
            issuer=chosen.issuer,
            opaque=opaque,
            ours=lambda: self.opaque if opaque else self._jwt_verifier,
            trusted=(lambda: self.trusted_issuers) if chosen.trusted_issuers else None,
        )

    @cached_property
    def for_any_api(self) -> "TokensForAnyApi":
        """Return what reads a token of ours to tell about it, whichever API it is for."""
        from chalicelib.tokens.for_other_apis import TokensForAnyApi

        at, opaque = self._at, self._at.settings.access_tokens == "opaque"
        return TokensForAnyApi(
            self.bearer,
            at.keys.ring,
            at.world,
            issuer=at.settings.issuer,
            audience=at.settings.audience,
            stored=(lambda: self.opaque) if opaque else None,
        )

    @cached_property
    def _jwt_verifier(self) -> "AccessVerifier":
        """Return what verifies our JWTs: deployed by our published keys, without the store; elsewhere by the ring."""
        from chalicelib.tokens.jwt_access_tokens import AccessVerifier

        at = self._at
        keys = self.published_keys if at.settings.in_lambda else at.keys.ring
        return AccessVerifier(keys, at.world, issuer=at.settings.issuer, audience=at.settings.audience)

    @cached_property
    def published_keys(self) -> "PublishedKeys":
        """Return our own JWK set as the world sees it."""
        from chalicelib.keys.remote_jwks import PublishedKeys

        uri = f"{self._at.settings.issuer}/.well-known/jwks.json"
        return PublishedKeys(lambda: self.fetch_json(uri), self._at.world)

    @cached_property
    def trusted_issuers(self) -> "TrustedIssuers":
        """Return the other issuers whose tokens are accepted."""
        from chalicelib.tokens.trusted_issuers import TrustedIssuers

        return TrustedIssuers(self._at.settings.trusted_issuers, self.fetch_json, self._at.world)

    def fetch_json(self, url: str) -> Any:
        """Return JSON from another server, bounded (FD-5)."""
        from chalicelib.outbound.http import fetch_json

        return fetch_json(url, allow_loopback_http=not self._at.settings.production)
