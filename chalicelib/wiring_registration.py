"""Wiring of clients that register themselves (RFC 7591, RFC 7592)."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.oauth.client_configuration import ClientConfiguration
    from chalicelib.oauth.dynamic_registrations import DynamicRegistrations
    from chalicelib.oauth.initial_access_tokens import InitialAccessTokens
    from chalicelib.wiring import Services


class Registration:
    """``services.registration``."""

    def __init__(self, at: "Services") -> None:
        self._at = at

    @cached_property
    def dynamic(self) -> "DynamicRegistrations":
        """Return what lets clients register themselves."""
        from chalicelib.oauth.dynamic_registrations import DynamicRegistrations
        from chalicelib.oauth.registration_places import Places

        at = self._at
        return DynamicRegistrations(
            at.store,
            at.world,
            at.audit,
            at.oauth.clients,
            self.initial_access_tokens,
            at.credentials.throttle,
            Places(at.store, at.world, at.settings.registration_limit),
            at.settings.registration,
        )

    @cached_property
    def initial_access_tokens(self) -> "InitialAccessTokens":
        """Return the tokens by which an operator lets clients register."""
        from chalicelib.oauth.initial_access_tokens import InitialAccessTokens

        at = self._at
        return InitialAccessTokens(at.store, at.world, at.audit)

    @cached_property
    def configuration(self) -> "ClientConfiguration":
        """Return what lets a registered client change itself."""
        from chalicelib.oauth.client_configuration import ClientConfiguration

        at = self._at
        return ClientConfiguration(
            at.world, at.oauth.clients, at.credentials.throttle, at.settings.registration
        )
