"""What may differ from client to client, each with the default that suits most of them.

To add one: a field here, its rule in ``check``, its flag in ``cupbearer/cli/clients_options.py``, a line in
docs/clients.md. It is then kept, shown, given at registration and changed later.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from chalicelib.errors import Invalid
from chalicelib.oauth import logout_uris
from chalicelib.store.stored_values import StoredValue, stored_unless_default

REQUIRED, OPTIONAL = "required", "optional"
ISSUER, TOKEN_ENDPOINT = "issuer", "token-endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions(StoredValue):
    """The options of one client. What is its default is not stored.

    ``id_token_claims``: the ID token says who the person is; None as :attr:`Client.reads_id_token` tells.
    ``trusted``: one of our own applications, which no person has to be asked about.
    ``assertion_audience``: whom its client assertions may be for, beside the issuer.
    """

    pkce: Literal["required", "optional"] = field(default="required", metadata=stored_unless_default())
    resources: tuple[str, ...] = field(  # the APIs that a resource server speaks for; none: our own
        default=(), metadata=stored_unless_default()
    )

    exchanges_into: tuple[str, ...] = (
        field(  # the APIs that it may get tokens for in others' names (RFC 8693)
            default=(), metadata=stored_unless_default()
        )
    )

    # Where it is told of log-outs (OpenID Connect Back-Channel Logout 1.0 section 2.2), and whether that must say ``sid``,
    # which it always does.
    backchannel_logout_uri: str | None = field(default=None, metadata=stored_unless_default())
    backchannel_logout_session_required: bool = field(default=False, metadata=stored_unless_default())
    id_token_claims: bool | None = field(default=None, metadata=stored_unless_default())
    trusted: bool = field(default=False, metadata=stored_unless_default())
    assertion_audience: Literal["issuer", "token-endpoint"] = field(
        default="issuer", metadata=stored_unless_default()
    )
    require_pushed_authorization_requests: bool = field(default=False, metadata=stored_unless_default())
    dpop_bound_access_tokens: bool = field(
        default=False, metadata=stored_unless_default()
    )  # RFC 9449 section 5.2

    def check(self, *, public: bool) -> None:
        """Raise Invalid for what such a client may not have."""
        if self.pkce not in (REQUIRED, OPTIONAL):
            raise Invalid(f"pkce is {REQUIRED} or {OPTIONAL}.")
        if self.pkce == OPTIONAL and public:
            raise Invalid("A public client must use PKCE: nothing else ties its code to it.")
        if self.backchannel_logout_uri is not None:
            logout_uris.check(self.backchannel_logout_uri, public=public)
        if self.assertion_audience not in (ISSUER, TOKEN_ENDPOINT):
            raise Invalid(f"assertion_audience is {ISSUER} or {TOKEN_ENDPOINT}.")

    def shown(self) -> dict[str, Any]:
        """Return every option, defaults too."""
        return asdict(self)


USUAL = ClientOptions()
