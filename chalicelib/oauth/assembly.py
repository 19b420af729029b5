"""The provider, put together: each subject with its collaborators, and the table of grants."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chalicelib.audit.trail import Source
from chalicelib.oauth.assertions import Assertions
from chalicelib.oauth.authorization import Authorization
from chalicelib.oauth.authorization_codes import Codes
from chalicelib.oauth.client import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN, Client
from chalicelib.oauth.client_authentication import ClientAuthentication
from chalicelib.oauth.clients import Clients
from chalicelib.oauth.consents import Consents
from chalicelib.oauth.device_codes import Devices
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.grants.authorization_code import AuthorizationCodeGrant
from chalicelib.oauth.grants.client_credentials import ClientCredentialsGrant
from chalicelib.oauth.grants.device_code import DeviceCodeGrant
from chalicelib.oauth.grants.forms import Form, required
from chalicelib.oauth.grants.refresh_token import RefreshTokenGrant
from chalicelib.oauth.id_tokens import IdTokens
from chalicelib.oauth.introspection import Inspection
from chalicelib.oauth.token_issuance import Issuing, Tokens
from chalicelib.sessions.refresh_tokens import RefreshTokens

if TYPE_CHECKING:
    from chalicelib.audit.trail import Audit
    from chalicelib.credentials.throttling import Throttle
    from chalicelib.keys.key_ring import KeyRing
    from chalicelib.keys.mac_keys import MacKeys
    from chalicelib.oauth.standing import Standing
    from chalicelib.sessions.sessions import Sessions
    from chalicelib.store import Store
    from chalicelib.tokens.access_tokens import AccessTokenIssuer
    from chalicelib.tokens.bearer import BearerTokens
    from chalicelib.world import World

WAITING = {"authorization_pending", "slow_down"}  # the ordinary answers of a device that asks


@dataclass(frozen=True, slots=True)
class House:
    """What the provider stands on."""

    store: "Store"
    world: "World"
    issuer: str
    audience: str
    key_ring: "KeyRing"
    mac_keys: "MacKeys"
    sessions: "Sessions"
    access: "AccessTokenIssuer"
    bearer_tokens: "BearerTokens"
    standing: "Standing"
    throttle: "Throttle"
    audit: "Audit"


class GrantType(Protocol):
    """One way to get tokens."""

    def redeem(self, form: Form, client: Client, *, source: Source) -> Tokens:
        """Return the tokens; raise OAuthRefusal."""


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """The subjects that the views call."""

    clients: Clients
    authentication: ClientAuthentication
    authorization: Authorization
    codes: Codes
    consents: Consents
    devices: Devices
    id_tokens: IdTokens
    inspection: Inspection
    grants: dict[str, GrantType]
    audit: "Audit"

    def redeem(self, form: Form, client: Client, *, source: Source) -> Tokens:
        """Return the tokens of a token request; raise OAuthRefusal for every other one, which is written down."""
        try:
            return self._redeem(form, client, source=source)
        except OAuthRefusal as refusal:
            if (
                refusal.error not in WAITING and not client.public
            ):  # anybody may speak for a public one (DS-3)
                self.audit.record(
                    "request_refused", target=client.subject, source=source, outcome=refusal.error
                )
            raise

    def _redeem(self, form: Form, client: Client, *, source: Source) -> Tokens:
        name = required(form, "grant_type")
        grant = self.grants.get(name)
        if grant is None:
            raise OAuthRefusal("unsupported_grant_type", f"grant_type is one of {', '.join(self.grants)}.")
        if not client.may(name):
            raise OAuthRefusal("unauthorized_client", "The client may not use this grant.")
        return grant.redeem(form, client, source=source)


def assemble(house: House) -> AuthorizationServer:
    """Return the provider of a house."""
    store, world, sessions, audit = house.store, house.world, house.sessions, house.audit
    refresh_tokens = RefreshTokens(house.mac_keys)
    clients = Clients(store, world, audit)
    consents = Consents(store, world, sessions, audit)
    codes = Codes(store, world, sessions, audit)
    devices = Devices(store, world, house.throttle, consents, audit)
    id_tokens = IdTokens(house.key_ring, world, issuer=house.issuer)
    issuing = Issuing(store, sessions, house.access, consents, id_tokens, audit)
    return AuthorizationServer(
        clients=clients,
        authentication=ClientAuthentication(
            clients, Assertions(store, world, house.issuer), house.throttle, audit
        ),
        authorization=Authorization(store, world, clients, codes, consents, audit, house.issuer),
        codes=codes,
        consents=consents,
        devices=devices,
        id_tokens=id_tokens,
        inspection=Inspection(
            issuer=house.issuer,
            audience=house.audience,
            store=store,
            sessions=sessions,
            tokens=refresh_tokens,
            access=house.access,
            standing=house.standing,
            consents=consents,
            audit=audit,
            verify=house.bearer_tokens.verify,
        ),
        grants={
            AUTHORIZATION_CODE: AuthorizationCodeGrant(codes, issuing, audit),
            REFRESH_TOKEN: RefreshTokenGrant(sessions, refresh_tokens, issuing),
            CLIENT_CREDENTIALS: ClientCredentialsGrant(store, house.access, audit),
            DEVICE_CODE: DeviceCodeGrant(devices, issuing),
        },
        audit=audit,
    )
