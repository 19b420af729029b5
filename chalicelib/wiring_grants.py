"""Wiring of the token endpoint: the table of grants."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.oauth.token_requests import GrantType, TokenRequests
    from chalicelib.wiring import Services


def token_requests(at: "Services") -> "TokenRequests":
    """Return the doorway of token requests."""
    from chalicelib.oauth import client
    from chalicelib.oauth.grants.authorization_code import AuthorizationCodeGrant
    from chalicelib.oauth.grants.client_credentials import ClientCredentialsGrant
    from chalicelib.oauth.grants.device_code import DeviceCodeGrant
    from chalicelib.oauth.grants.refresh_token import RefreshTokenGrant
    from chalicelib.oauth.grants.token_exchange import TokenExchangeGrant
    from chalicelib.oauth.token_requests import TokenRequests

    oauth, sessions, access = at.oauth, at.authentication, at.tokens.access
    grants: dict[str, GrantType] = {
        client.AUTHORIZATION_CODE: AuthorizationCodeGrant(oauth.codes, oauth.issuing, at.audit),
        client.REFRESH_TOKEN: RefreshTokenGrant(sessions.sessions, sessions.refresh_tokens, oauth.issuing),
        client.CLIENT_CREDENTIALS: ClientCredentialsGrant(
            at.store, access, oauth.resource_indicators, at.audit
        ),
        client.DEVICE_CODE: DeviceCodeGrant(oauth.devices, oauth.issuing),
        client.TOKEN_EXCHANGE: TokenExchangeGrant(
            at.store, at.world, oauth.shown, access, oauth.resource_indicators, at.audit
        ),
    }
    return TokenRequests(grants, at.tokens.client_proofs, at.audit)
