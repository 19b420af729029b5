"""What a client ID metadata document says, read strictly (draft-ietf-oauth-client-id-metadata-document-02 section 4).

Its members are those of RFC 7591. What we do not know is passed over, as is a redirect URI that we would not register;
what contradicts the draft refuses the whole document.
"""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.errors import Invalid
from chalicelib.jose import jwk
from chalicelib.jose.key_material import UnusableKey
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth import redirect_uris
from chalicelib.oauth.client import AUTHORIZATION_CODE, REFRESH_TOKEN, Client, ClientId, Described, Origin
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.users import names

# No device, where no redirect URI tells who asks, and nothing in a client's own right.
GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN)
NO_KEY, OWN_KEY = "none", "private_key_jwt"
SECRETS = ("client_secret", "client_secret_expires_at")
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})  # RFC 7518 section 6
PUBLIC = ("kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e")

Members = Mapping[str, Any]


def described(document: object, client_id: str, *, now: int, fresh_seconds: int) -> tuple[Client, Described]:
    """Return the client that a document describes, keys that are elsewhere not in it yet, and what is kept of the document.

    ``now`` is seconds since the epoch. Raises Invalid.
    """
    members = _members(document, client_id)
    public = _method(members) == NO_KEY
    jwks_uri = None if public else _text(members, "jwks_uri")
    client = Client(
        ClientId(client_id),
        name=_name(members, client_id),
        created_at=now,
        public=public,
        redirect_uris=_redirect_uris(members),
        post_logout_redirect_uris=_usable(members, "post_logout_redirect_uris"),
        grants=_grants(members),
        jwks=None if public else _keys(members, jwks_uri),
        options=ClientOptions(
            require_pushed_authorization_requests=members.get("require_pushed_authorization_requests")
            is True,
            dpop_bound_access_tokens=members.get("dpop_bound_access_tokens") is True,
        ),
        origin=Origin.DOCUMENT,
    )
    said = {**client.data(), "created_at": None, "jwks_uri": jwks_uri}
    version = hash_of(json.dumps(said, sort_keys=True))
    return client, Described(now, fresh_seconds, version, jwks_uri)


def key_set(document: object) -> dict[str, Any]:
    """Return a key set that a client can be known by, without what we do not read; raise Invalid for any other.

    One with a private key is refused whole.
    """
    try:
        jwk.read_set(document)
    except UnusableKey as fault:
        raise Invalid(f"its key set cannot be used: {fault}") from None
    listed = document.get("keys", []) if isinstance(document, dict) else []
    keys = [key for key in listed if isinstance(key, dict)]
    if any(key.keys() & PRIVATE for key in keys):
        raise Invalid("its key set has a private key, which everybody can read")
    return {"keys": [{name: key[name] for name in PUBLIC if _is_text(key.get(name))} for key in keys]}


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )


def _members(document: object, client_id: str) -> Members:
    if not isinstance(document, dict):
        raise Invalid("it is no JSON object")
    if document.get("client_id") != client_id:
        raise Invalid("its client_id is not its address")
    if any(name in document for name in SECRETS):
        raise Invalid("it has a client_secret, which everybody can read")
    return document


def _method(members: Members) -> str:
    """Return how the client proves itself: ``none`` where it is not said, since every secret is out of the question."""
    method = members.get("token_endpoint_auth_method", NO_KEY)
    if method not in (NO_KEY, OWN_KEY):
        raise Invalid(f"its token_endpoint_auth_method is neither {NO_KEY} nor {OWN_KEY}")
    return str(method)


def _name(members: Members, client_id: str) -> str:
    """Return what the client calls itself; one without a name is called by its address."""
    try:
        return names.clean_name(_text(members, "client_name") or "") or client_id[: names.MAX_NAME]
    except Invalid as fault:
        raise Invalid(f"its client_name cannot be used: {fault.detail}") from None


def _redirect_uris(members: Members) -> tuple[str, ...]:
    usable = _usable(members, "redirect_uris")
    if not usable:
        raise Invalid("it has no redirect URI that may be registered")
    return usable


def _grants(members: Members) -> tuple[str, ...]:
    """Return the grants that it asks for and may have; by default the code alone (RFC 7591 section 2)."""
    asked = _texts(members, "grant_types") if "grant_types" in members else (AUTHORIZATION_CODE,)
    types = _texts(members, "response_types") if "response_types" in members else ("code",)
    if AUTHORIZATION_CODE not in asked or "code" not in types:
        raise Invalid("it does not use the authorization code grant")
    return tuple(grant for grant in GRANTS if grant in asked)


def _keys(members: Members, jwks_uri: str | None) -> dict[str, Any] | None:
    inline = members.get("jwks")
    if (inline is None) == (jwks_uri is None):
        raise Invalid(f"with {OWN_KEY} it must have one of jwks and jwks_uri")
    return None if inline is None else key_set(inline)


def _usable(members: Members, name: str) -> tuple[str, ...]:
    """Return the URIs that could be registered here, in their order; the others are as if they were not there."""
    return tuple(dict.fromkeys(uri for uri in _texts(members, name) if redirect_uris.may_be_registered(uri)))


def _text(members: Members, name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid(f"its {name} is no text")
    return value


def _texts(members: Members, name: str) -> tuple[str, ...]:
    value = members.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Invalid(f"its {name} is no list of texts")
    return tuple(value)
