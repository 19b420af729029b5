"""Wiring of the OpenID provider's clients: where they are found, and how they prove themselves."""

from functools import cached_property, partial
from typing import TYPE_CHECKING

from chalicelib import urls

if TYPE_CHECKING:
    from chalicelib.oauth.client_authentication import ClientAuthentication
    from chalicelib.oauth.client_documents import ClientDocuments
    from chalicelib.oauth.clients import Clients
    from chalicelib.wiring import Services


class Clientele:
    """The part of ``services.oauth`` that knows clients."""

    def __init__(self, at: "Services") -> None:
        self._at = at

    @cached_property
    def clients(self) -> "Clients":
        """Return the registered clients."""
        from chalicelib.oauth.client_records import ClientRecords
        from chalicelib.oauth.clients import Clients

        at = self._at
        records = ClientRecords(at.store, at.audit, at.oauth.resources)
        ours = at.settings
        issuer = urls.read(ours.issuer)
        origins = (*((issuer.origin,) if issuer else ()), *ours.allowed_origins)
        return Clients(records, at.world, ours.production, origins)

    @cached_property
    def client_documents(self) -> "ClientDocuments":
        """Return the registered clients and those that describe themselves."""
        from chalicelib.oauth.client_document_policy import DocumentPolicy
        from chalicelib.oauth.client_documents import ClientDocuments
        from chalicelib.outbound.http import fetch_document

        at = self._at
        policy = DocumentPolicy(at.settings.client_documents, loopback=not at.settings.production)
        fetch = partial(fetch_document, allow_loopback=policy.loopback)
        return ClientDocuments(self.clients, policy, fetch, at.credentials.throttle, at.world)

    @cached_property
    def client_authentication(self) -> "ClientAuthentication":
        """Return what finds out which client asks."""
        from chalicelib.oauth.assertions import Assertions
        from chalicelib.oauth.client_authentication import ClientAuthentication

        at = self._at
        assertions = Assertions(at.store, at.world, at.settings.issuer)
        return ClientAuthentication(self.client_documents, assertions, at.credentials.throttle, at.audit)
