"""The two discovery documents."""

from typing import TYPE_CHECKING, Any

from chalicelib.web import language
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.settings.settings import Settings

api = Api("oauth")

CACHED = {"Cache-Control": "public, max-age=300"}


@api.route("/.well-known/openid-configuration", methods=["GET"], public=True, gives=dict, any_origin=True)
def openid_configuration(call: Call) -> Answer:
    """Return the OpenID provider's metadata (OpenID Connect Discovery 1.0)."""
    from chalicelib.oauth import metadata

    document = metadata.openid_configuration(
        issuer=call.services.settings.issuer, signing_algorithms=_algorithms(call)
    )
    return Answer(document | _offered(call.services.settings), headers=CACHED)


@api.route(
    "/.well-known/oauth-authorization-server", methods=["GET"], public=True, gives=dict, any_origin=True
)
def oauth_authorization_server(call: Call) -> Answer:
    """Return the authorization server's metadata (RFC 8414)."""
    from chalicelib.oauth import metadata

    document = metadata.server_metadata(
        issuer=call.services.settings.issuer, signing_algorithms=_algorithms(call)
    )
    return Answer(document | _offered(call.services.settings), headers=CACHED)


def _algorithms(call: Call) -> list[str]:
    return [key["alg"] for key in call.services.keys.ring.jwks()["keys"]]


def _offered(settings: "Settings") -> dict[str, Any]:
    """Return what is told only where an operator switched it on, or wrote it."""
    found: dict[str, Any] = {"ui_locales_supported": list(language.offered(settings))}
    if settings.registration != "off":
        found["registration_endpoint"] = f"{settings.issuer}/oauth/register"
    if settings.client_documents != ():
        found["client_id_metadata_document_supported"] = True
    # For a person who sets a client up (RFC 8414 section 2).
    papers = {"op_policy_uri": settings.brand.privacy_url, "op_tos_uri": settings.brand.terms_url}
    return found | {name: url for name, url in papers.items() if url is not None}
