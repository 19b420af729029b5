"""``/oauth/register``: clients register themselves (RFC 7591), and manage their registration (RFC 7592)."""

import re
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib.errors import Invalid, TooLarge
from chalicelib.web import parsing
from chalicelib.web.oauth.error_responses import answering
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.oauth.client_metadata import ClientMetadata
    from chalicelib.oauth.dynamic_registrations import Registered

api = Api("oauth")

PATH = "/oauth/register"
MAX_BYTES = 16 * 1024
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

_BEARER = re.compile(r"bearer +(?P<token>[A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)  # RFC 6750 section 2.1


class ClientInformation(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 7591 section 3.2.1 and RFC 7592 section 3. Times are seconds since the epoch."""

    client_id: str
    client_id_issued_at: int
    client_name: str
    redirect_uris: list[str]
    token_endpoint_auth_method: str
    grant_types: list[str]
    response_types: list[str]
    scope: str
    registration_access_token: str
    registration_client_uri: str
    client_secret: str | None = None
    client_secret_expires_at: int | None = None
    application_type: str | None = None
    post_logout_redirect_uris: list[str] | None = None
    jwks: dict[str, Any] | None = None
    require_pushed_authorization_requests: bool | None = None
    dpop_bound_access_tokens: bool | None = None


def _metadata_type() -> "type[ClientMetadata]":
    from chalicelib.oauth.client_metadata import ClientMetadata

    return ClientMetadata


@api.route(
    PATH,
    methods=["POST"],
    public=True,
    reads=_metadata_type,
    status=201,
    gives=ClientInformation,
    refuses=(401, 404, 429),
)
@answering
def register_client(call: Call) -> Answer:
    """Register a client by what it says of itself (RFC 7591).

    The service says whether anybody may, whether an initial access token is needed (`Authorization: Bearer`), or
    nobody may. A client that nobody logs in with is gone after a day.
    """
    registered = call.services.registration.dynamic.register(
        _metadata(call), _bearer(call), source=call.source
    )
    return _answer(call, registered, status=201)


@api.route(
    f"{PATH}/{{client_id}}",
    methods=["GET"],
    public=True,
    gives=ClientInformation,
    refuses=(401, 403, 404),
)
@answering
def read_client(call: Call) -> Answer:
    """Return a registration to its client, which shows its registration access token (RFC 7592)."""
    found = call.services.registration.configuration.read(call.params["client_id"], _bearer(call))
    return _answer(call, found)


@api.route(
    f"{PATH}/{{client_id}}",
    methods=["PUT"],
    public=True,
    reads=_metadata_type,
    gives=ClientInformation,
    refuses=(401, 403, 404, 429),
)
@answering
def update_client(call: Call) -> Answer:
    """Replace a registration by what its client sends (RFC 7592).

    The answer has a new registration access token. The one that was shown works until the next change.
    """
    changed = call.services.registration.configuration.update(
        call.params["client_id"], _bearer(call), _metadata(call), source=call.source
    )
    return _answer(call, changed)


@api.route(f"{PATH}/{{client_id}}", methods=["DELETE"], public=True, status=204, refuses=(401, 403, 404, 409))
@answering
def delete_client(call: Call) -> Answer:
    """Remove a client at its own wish: its tokens stop working (RFC 7592)."""
    call.services.registration.configuration.delete(
        call.params["client_id"], _bearer(call), source=call.source
    )
    return Answer(status=204, headers=NO_STORE)


def _metadata(call: Call) -> "ClientMetadata":
    from chalicelib.oauth.errors import OAuthRefusal

    if len(call.raw_body) > MAX_BYTES:
        raise TooLarge(f"Client metadata has at most {MAX_BYTES} bytes.")
    try:
        return parsing.json_body(call.raw_body, call.headers, _metadata_type())
    except Invalid as fault:
        raise OAuthRefusal("invalid_client_metadata", fault.detail) from None


def _bearer(call: Call) -> str | None:
    """Return the bearer token that is shown, None for none; what is no such header is none."""
    header = call.headers.get("authorization")
    if header is None:
        return None
    found = _BEARER.fullmatch(header.strip())
    return found["token"] if found else ""


def _answer(call: Call, found: "Registered", *, status: int = 200) -> Answer:
    from chalicelib.oauth.client_metadata_rules import metadata_of

    body = ClientInformation(
        **metadata_of(found.client),
        registration_access_token=found.access_token,
        registration_client_uri=f"{call.services.settings.issuer}{PATH}/{found.client.client_id}",
        client_secret=found.secret,
        client_secret_expires_at=None if found.secret is None else 0,
    )
    return Answer(body, status=status, headers=NO_STORE)
