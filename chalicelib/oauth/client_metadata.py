"""Client metadata (RFC 7591 section 2) as it comes in; ``client_metadata_rules`` judges it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMetadata:
    """What was sent, of the types that the standard gives it. Members that are not named here are passed over."""

    redirect_uris: tuple[str, ...] | None = None
    post_logout_redirect_uris: tuple[str, ...] | None = None
    token_endpoint_auth_method: str | None = None
    grant_types: tuple[str, ...] | None = None
    response_types: tuple[str, ...] | None = None
    application_type: str | None = None
    client_name: str | None = None
    scope: str | None = None
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    software_statement: str | None = None
    require_pushed_authorization_requests: bool | None = None
    dpop_bound_access_tokens: bool | None = None  # RFC 9449 section 5.2
    client_id: str | None = None  # of an update (RFC 7592 section 2.2), as is the next
    client_secret: str | None = None
