"""The client credentials grant (RFC 6749 section 4.4): a machine's token, for itself and nobody else (SC-4)."""

from dataclasses import dataclass

from chalicelib import scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.oauth.client import Client
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.grants.forms import Form, resources, scope
from chalicelib.oauth.resource_indicators import ResourceIndicators
from chalicelib.oauth.token_issuance import Tokens
from chalicelib.sessions.resource_scopes import resources_of
from chalicelib.store import Store
from chalicelib.tokens.access_tokens import AccessTokenIssuer, Grant


@dataclass(frozen=True, slots=True)
class ClientCredentialsGrant:
    """Gives a client a token whose subject is the client."""

    store: Store
    access: AccessTokenIssuer
    indicators: ResourceIndicators
    audit: Audit

    def redeem(self, form: Form, client: Client, *, jkt: str | None, source: Source) -> Tokens:
        """Return an access token alone: no session, no refresh token, no ID token."""
        if client.public:
            raise OAuthRefusal("unauthorized_client", "A public client has no credentials.")
        wanted = scope(form)
        allowed, audience = self.indicators.asked(resources(form), client, wanted)
        granted = allowed - scopes.PROTOCOL
        if wanted and not granted:
            raise OAuthRefusal("invalid_scope", "The client may have none of these scopes.")
        grant = Grant(client.subject, client.client_id, granted, audience=resources_of(audience), jkt=jkt)
        issued = self.access.issue(grant)
        detail = {"client": client.name, "scope": scopes.text(granted)}
        audit = self.audit.write("client_log_in", target=client.subject, source=source, **detail)
        self.store.commit(*issued.writes, audit)
        return Tokens(issued.token, issued.expires_in, scopes.text(granted), token_type=issued.token_type)
