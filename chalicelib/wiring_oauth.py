"""Wiring of the OpenID provider: each subject with its collaborators."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.wiring_clients import Clientele

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.audit.trail import Event
    from chalicelib.oauth.authorization import Authorization
    from chalicelib.oauth.authorization_codes import Codes
    from chalicelib.oauth.authorization_requests import AuthorizationRequests
    from chalicelib.oauth.consents import Consents
    from chalicelib.oauth.device_codes import Devices
    from chalicelib.oauth.event_names import EventNames
    from chalicelib.oauth.id_tokens import IdTokens
    from chalicelib.oauth.introspection import Inspection, ShownTokens
    from chalicelib.oauth.introspection_jwt import IntrospectionJwts
    from chalicelib.oauth.levels import Levels
    from chalicelib.oauth.logout_tokens import LogoutTokens
    from chalicelib.oauth.pushed_requests import PushedRequests
    from chalicelib.oauth.resource_indicators import ResourceIndicators
    from chalicelib.oauth.resources import Resources
    from chalicelib.oauth.token_issuance import Issuing
    from chalicelib.oauth.token_requests import TokenRequests


class OAuth(Clientele):
    """``services.oauth``."""

    @cached_property
    def authorization(self) -> "Authorization":
        """Return what decides what an authorization request comes to."""
        from chalicelib.oauth.authorization import Authorization
        from chalicelib.oauth.consent_forms import ConsentForms
        from chalicelib.oauth.consent_policy import ConsentPolicy

        at = self._at
        policy = ConsentPolicy(self.consents, at.settings.production)
        return Authorization(
            at.store,
            at.world,
            self.client_documents,
            self.codes,
            self.consents,
            ConsentForms(at.store, at.world),
            policy,
            self.levels,
            self.resource_indicators,
            self.pushed_requests,
            at.settings.issuer,
        )

    def names_in(self, events: "Iterable[Event]") -> "EventNames":
        """Return the names of all whom events speak of."""
        from chalicelib.oauth.event_names import EventNames

        return EventNames.read(self._at.store, events)

    @cached_property
    def requests(self) -> "AuthorizationRequests":
        """Return what reads authorization requests, and takes those that are pushed."""
        from chalicelib.oauth.authorization_requests import AuthorizationRequests

        return AuthorizationRequests(
            self.client_documents,
            self.id_tokens,
            self.resource_indicators,
            self.pushed_requests,
            self._at.world,
        )

    @cached_property
    def pushed_requests(self) -> "PushedRequests":
        """Return the authorization requests that clients pushed."""
        from chalicelib.oauth.pushed_requests import PushedRequests

        at = self._at
        return PushedRequests(at.store, at.world, at.credentials.throttle)

    @cached_property
    def levels(self) -> "Levels":
        """Return what judges whether a request wants a second factor."""
        from chalicelib.oauth.levels import Levels

        at = self._at
        return Levels(at.authentication.session_limits, at.accounts.reauthentication.factors)

    @cached_property
    def codes(self) -> "Codes":
        """Return the authorization codes."""
        from chalicelib.oauth.authorization_codes import Codes

        at = self._at
        return Codes(at.store, at.world, at.authentication.sessions, at.audit)

    @cached_property
    def consents(self) -> "Consents":
        """Return what users allowed which client."""
        from chalicelib.oauth.consents import Consents

        at = self._at
        return Consents(at.store, at.world, at.authentication.sessions, at.audit)

    @cached_property
    def resources(self) -> "Resources":
        """Return the APIs of others that tokens are made for."""
        from chalicelib.oauth.resources import Resources

        at = self._at
        return Resources(at.store, at.world, at.audit, at.settings.issuer, at.settings.audience)

    @cached_property
    def resource_indicators(self) -> "ResourceIndicators":
        """Return what reads for which of them a client asks."""
        from chalicelib.oauth.resource_indicators import ResourceIndicators

        return ResourceIndicators(self.resources)

    @cached_property
    def devices(self) -> "Devices":
        """Return the device and user codes."""
        from chalicelib.oauth.device_codes import Devices

        at = self._at
        return Devices(
            at.store, at.world, at.credentials.throttle, self.consents, self.resource_indicators, at.audit
        )

    @cached_property
    def id_tokens(self) -> "IdTokens":
        """Return what makes ID tokens."""
        from chalicelib.oauth.id_tokens import IdTokens

        at = self._at
        return IdTokens(at.keys.ring, at.world, issuer=at.settings.issuer)

    @cached_property
    def logout_tokens(self) -> "LogoutTokens":
        """Return what makes the tokens that tell clients of a log-out."""
        from chalicelib.oauth.logout_tokens import LogoutTokens

        at = self._at
        return LogoutTokens(at.keys.ring, at.world, issuer=at.settings.issuer)

    @cached_property
    def inspection(self) -> "Inspection":
        """Return what tells clients about tokens, and revokes them."""
        from chalicelib.oauth.introspection import Inspection

        at, access = self._at, self._at.tokens.access
        return Inspection(
            at.settings.audience, at.store, self.shown, access, self.consents, self.resources, at.audit
        )

    @cached_property
    def shown(self) -> "ShownTokens":
        """Return what reads the tokens that clients show."""
        from chalicelib.oauth.introspection import ShownTokens

        at, sessions = self._at, self._at.authentication
        return ShownTokens(
            at.settings.issuer,
            sessions.sessions,
            sessions.refresh_tokens,
            at.tokens.for_any_api.verify,
            at.tokens.standing,
        )

    @cached_property
    def introspection_jwts(self) -> "IntrospectionJwts":
        """Return what signs what clients are told about tokens."""
        from chalicelib.oauth.introspection_jwt import IntrospectionJwts
        from chalicelib.tokens.jwt_access_tokens import Signer

        at = self._at
        return IntrospectionJwts(Signer(at.keys.ring), at.world, at.settings.issuer)

    @cached_property
    def issuing(self) -> "Issuing":
        """Return what makes the tokens of a grant."""
        from chalicelib.oauth.token_issuance import Issuing

        at = self._at
        return Issuing(
            at.store,
            at.authentication.sessions,
            at.tokens.access,
            self.consents,
            self.id_tokens,
            self.resource_indicators,
            at.audit,
        )

    @cached_property
    def token_requests(self) -> "TokenRequests":
        """Return the doorway of token requests, with the table of grants."""
        from chalicelib import wiring_grants

        return wiring_grants.token_requests(self._at)
