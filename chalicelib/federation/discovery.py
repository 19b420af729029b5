"""A provider's discovery document, read into what we rely on (OpenID Connect Discovery section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib import urls
from chalicelib.errors import Unavailable
from chalicelib.jose import jwk
from chalicelib.keys.remote_jwks import own_document

MAX_URL_CHARACTERS = 2048
DEFAULT_ALGORITHMS = frozenset(
    {"RS256"}
)  # what every provider must support (OpenID Connect Core section 15.1)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself, checked for form. ``algorithms`` are those of ID tokens that we know too."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    algorithms: frozenset[str]
    sends_issuer: bool  # every answer carries ``iss`` (RFC 9207 section 3)
    secret_in_body: bool  # client_secret_post, because there is no client_secret_basic


def read_metadata(document: object, *, issuer: str) -> Metadata:
    """Return the document's content; Unavailable unless it is this very issuer's own and complete."""
    published = own_document(document, issuer=issuer)
    schemes = ("https",) if issuer.startswith("https:") else ("https", "http")
    methods = published.get("token_endpoint_auth_methods_supported")
    methods = methods if isinstance(methods, list) else []
    return Metadata(
        authorization_endpoint=_url(published, "authorization_endpoint", schemes),
        token_endpoint=_url(published, "token_endpoint", schemes),
        jwks_uri=_url(published, "jwks_uri", schemes),
        userinfo_endpoint=(
            _url(published, "userinfo_endpoint", schemes) if "userinfo_endpoint" in published else None
        ),
        algorithms=_algorithms(published.get("id_token_signing_alg_values_supported")),
        sends_issuer=published.get("authorization_response_iss_parameter_supported") is True,
        secret_in_body="client_secret_post" in methods and "client_secret_basic" not in methods,
    )


def _algorithms(published: object) -> frozenset[str]:
    if not isinstance(published, list):
        return DEFAULT_ALGORITHMS
    return jwk.ALGORITHMS & {one for one in published if isinstance(one, str)}


def _url(published: Mapping[str, Any], member: str, schemes: tuple[str, ...]) -> str:
    url = published.get(member)
    if isinstance(url, str) and len(url) <= MAX_URL_CHARACTERS:
        web = urls.read(url)
        if web is not None and web.scheme in schemes:
            return url
    raise Unavailable(f"A provider's discovery document has no usable {member}.")
