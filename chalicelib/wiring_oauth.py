"""Wiring of the OpenID provider: each subject with its collaborators, and the table of grants."""

from typing import TYPE_CHECKING

from chalicelib.oauth.assembly import AuthorizationServer
from chalicelib.oauth.assertions import Assertions
from chalicelib.oauth.authorization import Authorization
from chalicelib.oauth.authorization_codes import Codes
from chalicelib.oauth.client import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN
from chalicelib.oauth.client_authentication import ClientAuthentication
from chalicelib.oauth.clients import Clients
from chalicelib.oauth.consents import Consents
from chalicelib.oauth.device_codes import Devices
from chalicelib.oauth.grants.authorization_code import AuthorizationCodeGrant
from chalicelib.oauth.grants.client_credentials import ClientCredentialsGrant
from chalicelib.oauth.grants.device_code import DeviceCodeGrant
from chalicelib.oauth.grants.refresh_token import RefreshTokenGrant
from chalicelib.oauth.id_tokens import IdTokens
from chalicelib.oauth.introspection import Inspection
from chalicelib.oauth.token_issuance import Issuing
from chalicelib.sessions.refresh_tokens import RefreshTokens

if TYPE_CHECKING:
    from chalicelib.wiring import Services


def assemble(at: "Services") -> AuthorizationServer:
    """Return the OpenID provider."""
    store, world, sessions, audit = at.store, at.world, at.sessions, at.audit
    issuer = at.settings.issuer
    refresh_tokens = RefreshTokens(at.mac_keys)
    clients = Clients(store, world, audit)
    consents = Consents(store, world, sessions, audit)
    codes = Codes(store, world, sessions, audit)
    devices = Devices(store, world, at.throttle, consents, audit)
    id_tokens = IdTokens(at.key_ring, world, issuer=issuer)
    issuing = Issuing(store, sessions, at.access, consents, id_tokens, audit)
    return AuthorizationServer(
        clients=clients,
        authentication=ClientAuthentication(clients, Assertions(store, world, issuer), at.throttle, audit),
        authorization=Authorization(store, world, clients, codes, consents, audit, issuer),
        codes=codes,
        consents=consents,
        devices=devices,
        id_tokens=id_tokens,
        inspection=Inspection(
            issuer=issuer,
            audience=at.settings.audience,
            store=store,
            sessions=sessions,
            tokens=refresh_tokens,
            access=at.access,
            standing=at.standing,
            consents=consents,
            audit=audit,
            verify=at.bearer_tokens.verify,
        ),
        grants={
            AUTHORIZATION_CODE: AuthorizationCodeGrant(codes, issuing, audit),
            REFRESH_TOKEN: RefreshTokenGrant(sessions, refresh_tokens, issuing),
            CLIENT_CREDENTIALS: ClientCredentialsGrant(store, at.access, audit),
            DEVICE_CODE: DeviceCodeGrant(devices, issuing),
        },
        audit=audit,
    )
