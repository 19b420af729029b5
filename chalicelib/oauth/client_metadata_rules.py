"""What a program may say of itself (RFC 7591 section 2), and what we tell it that we keep."""

from typing import Any, NoReturn

from chalicelib import scopes
from chalicelib.errors import Invalid
from chalicelib.oauth import redirect_uris
from chalicelib.oauth.client import AUTHORIZATION_CODE, REFRESH_TOKEN, Client
from chalicelib.oauth.client_metadata import ClientMetadata
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.client_rules import Registration
from chalicelib.oauth.errors import OAuthRefusal

NATIVE, WEB = "native", "web"
NONE, BASIC, POST, KEY = "none", "client_secret_basic", "client_secret_post", "private_key_jwt"
ALLOWED_GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN)
MAX_REDIRECT_URIS = 20
UNNAMED = "Unnamed application"


def auth_method(sent: ClientMetadata, *, may_be_confidential: bool) -> str:
    """Return how the client will prove itself; raise OAuthRefusal ``invalid_client_metadata``.

    Where all clients are public, one that asks for a secret, as it does by saying nothing, gets ``none`` instead.
    """
    asked = BASIC if sent.token_endpoint_auth_method is None else sent.token_endpoint_auth_method
    if asked == KEY and may_be_confidential:
        if sent.jwks is None:
            _refuse("private_key_jwt needs the key set itself, as jwks: jwks_uri is not fetched.")
        return KEY
    if asked not in (NONE, BASIC, POST):
        methods = f"{NONE}, {BASIC}, {POST}" + (f", {KEY}" if may_be_confidential else "")
        _refuse(f"token_endpoint_auth_method is one of: {methods}.")
    return asked if may_be_confidential else NONE


def registration(sent: ClientMetadata, method: str) -> Registration:
    """Return the client that is asked for; raise OAuthRefusal for one that may not be.

    What it may ask for is worked out when it asks: its ``scope`` is judged for its form alone.
    """
    if sent.software_statement is not None:
        raise OAuthRefusal("unapproved_software_statement", "Software statements are not accepted here.")
    if sent.jwks is not None and sent.jwks_uri is not None:
        _refuse("Of jwks and jwks_uri one may be given.")
    _check_redirect_uris(sent)
    wanted = Registration(
        name=sent.client_name or UNNAMED,
        public=method == NONE,
        redirect_uris=sent.redirect_uris or (),
        post_logout_redirect_uris=sent.post_logout_redirect_uris or (),
        grants=_grants(sent),
        jwks=sent.jwks if method == KEY else None,
        options=ClientOptions(
            require_pushed_authorization_requests=bool(sent.require_pushed_authorization_requests),
            dpop_bound_access_tokens=bool(sent.dpop_bound_access_tokens),
        ),
    )
    try:
        scopes.parse(sent.scope or "")
        return wanted.checked()
    except Invalid as fault:
        _refuse(fault.detail)


def _grants(sent: ClientMetadata) -> tuple[str, ...]:
    """Return those of the asked-for grants that there are for such clients: the answer says which."""
    asked = (AUTHORIZATION_CODE,) if sent.grant_types is None else sent.grant_types
    if AUTHORIZATION_CODE not in asked:
        _refuse("grant_types must have authorization_code: registered clients act for a person.")
    if sent.response_types is not None and "code" not in sent.response_types:
        _refuse("response_types must have code: there is no other flow.")
    return tuple(grant for grant in ALLOWED_GRANTS if grant in asked)


def _check_redirect_uris(sent: ClientMetadata) -> None:
    if sent.application_type not in (None, NATIVE, WEB):
        _refuse(f"application_type is {NATIVE} or {WEB}.")
    if not sent.redirect_uris or len(sent.redirect_uris) > MAX_REDIRECT_URIS:
        raise OAuthRefusal(
            "invalid_redirect_uri", f"redirect_uris has 1 to {MAX_REDIRECT_URIS} redirect URIs."
        )
    if len(sent.post_logout_redirect_uris or ()) > MAX_REDIRECT_URIS:
        _refuse(f"post_logout_redirect_uris has at most {MAX_REDIRECT_URIS} URIs.")
    try:
        found = tuple(map(redirect_uris.check, sent.redirect_uris))
    except Invalid as fault:
        raise OAuthRefusal("invalid_redirect_uri", fault.detail) from None
    if sent.application_type == WEB and not all(_is_https(uri) for uri in found):
        raise OAuthRefusal(
            "invalid_redirect_uri",
            "The redirect URIs of a web application are https: say application_type native for a program that "
            "listens on its own machine.",
        )


def metadata_of(client: Client) -> dict[str, Any]:
    """Return what a client is told of itself (section 3.2.1), and what it may ask for now."""
    kept = client.registered
    told = {
        "client_id": client.client_id,
        "client_id_issued_at": client.created_at,
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "post_logout_redirect_uris": list(client.post_logout_redirect_uris) or None,
        "token_endpoint_auth_method": kept.auth_method if kept else None,
        "grant_types": list(client.grants),
        "response_types": ["code"],
        "application_type": kept.application_type if kept else None,
        "scope": " ".join(sorted(client.scopes)),
        "jwks": client.jwks,
        "require_pushed_authorization_requests": client.options.require_pushed_authorization_requests or None,
        "dpop_bound_access_tokens": client.options.dpop_bound_access_tokens or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _is_https(uri: str) -> bool:
    return uri.lower().startswith("https:")


def _refuse(why: str) -> NoReturn:
    raise OAuthRefusal("invalid_client_metadata", why)
