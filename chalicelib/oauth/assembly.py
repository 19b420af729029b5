"""The OpenID provider as the views call it: its subjects, and the one doorway of token requests."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chalicelib.audit.trail import Source
from chalicelib.oauth.authorization import Authorization
from chalicelib.oauth.authorization_codes import Codes
from chalicelib.oauth.client import Client
from chalicelib.oauth.client_authentication import ClientAuthentication
from chalicelib.oauth.clients import Clients
from chalicelib.oauth.consents import Consents
from chalicelib.oauth.device_codes import Devices
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.grants.forms import Form, required
from chalicelib.oauth.id_tokens import IdTokens
from chalicelib.oauth.introspection import Inspection
from chalicelib.oauth.token_issuance import Tokens

if TYPE_CHECKING:
    from chalicelib.audit.trail import Audit

WAITING = {"authorization_pending", "slow_down"}  # the ordinary answers of a device that asks


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
