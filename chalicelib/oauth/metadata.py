"""What the provider says of itself (OpenID Connect Discovery section 3, RFC 8414 section 2): the truth and no more."""

from collections.abc import Collection, Iterable
from typing import Any

from chalicelib import scopes
from chalicelib.jose.jws import ALGORITHMS
from chalicelib.keys import pkce
from chalicelib.oauth.authorization_response import RESPONSE_MODES
from chalicelib.oauth.client import GRANTS
from chalicelib.oauth.client_authentication import METHODS
from chalicelib.sessions import assurance

CLAIMS = (
    "iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "at_hash", "sid",
    "name", "preferred_username", "locale", "email", "email_verified",
)  # fmt: skip
CONFIDENTIAL_METHODS = tuple(method for method in METHODS if method != "none")


def server_metadata(*, issuer: str, signing_algorithms: Collection[str]) -> dict[str, Any]:
    """Return the metadata of RFC 8414, with the levels of log-ins (RFC 9470 section 7)."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "device_authorization_endpoint": f"{issuer}/oauth/device_authorization",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth/par",
        "require_pushed_authorization_requests": False,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": sorted(scopes.PROTOCOL),
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": [pkce.METHOD],
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": sorted(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": sorted(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": list(CONFIDENTIAL_METHODS),
        "introspection_endpoint_auth_signing_alg_values_supported": sorted(ALGORITHMS),
        "introspection_signing_alg_values_supported": sorted(set(signing_algorithms)),
        "authorization_response_iss_parameter_supported": True,
        "acr_values_supported": list(assurance.SUPPORTED),
        **proofs_of_possession(),
        "protected_resources": [issuer],  # RFC 9728 section 4; those of others may be left out
    }


def proofs_of_possession() -> dict[str, Any]:
    """Return what both the provider and our own API say of DPoP (RFC 9449 section 5.1, RFC 9728 section 2)."""
    return {"dpop_signing_alg_values_supported": sorted(ALGORITHMS)}


def protected_resource(
    resource: str, *, issuer: str, scopes_supported: Iterable[str], name: str | None = None
) -> dict[str, Any]:
    """Return what an API says of itself to those who want a token for it (RFC 9728 section 2)."""
    document = {
        "resource": resource,
        "authorization_servers": [issuer],
        "scopes_supported": sorted(scopes_supported),
        "bearer_methods_supported": ["header"],
    }
    return document if name is None else document | {"resource_name": name}


def openid_configuration(*, issuer: str, signing_algorithms: Collection[str]) -> dict[str, Any]:
    """Return the metadata of OpenID Connect: the other document's, and what is OpenID's own."""
    return server_metadata(issuer=issuer, signing_algorithms=signing_algorithms) | {
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "end_session_endpoint": f"{issuer}/oauth/logout",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": sorted(set(signing_algorithms)),
        "claim_types_supported": ["normal"],
        "claims_supported": list(CLAIMS),
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "display_values_supported": ["page"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
    }
