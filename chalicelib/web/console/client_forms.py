"""What is typed of a client: the fields of its form, and what they say of it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib import scopes
from chalicelib.errors import Invalid

if TYPE_CHECKING:
    from chalicelib.oauth.client import Client

GRANT = "grant_"  # a tick for each grant
YES, NO = "yes", "no"
LISTS = ("redirect_uris", "post_logout_redirect_uris")
LISTED_OPTIONS = ("resources", "exchanges_into")
TICKED_OPTIONS = (
    "require_pushed_authorization_requests",
    "dpop_bound_access_tokens",
    "backchannel_logout_session_required",
    "trusted",
)


def said(fields: Mapping[str, str], grants: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a form says, in whole: by the names of ``Registration``, and by those of ``ClientOptions``.

    ``grants`` are the grants by what operators call them. Raises Invalid for what cannot be read.
    """
    found: dict[str, Any] = {name: tuple(fields.get(name, "").split()) for name in LISTS}
    found |= {
        "name": fields.get("name", ""),
        "grants": tuple(grant for short, grant in grants.items() if fields.get(GRANT + short)),
        "scopes": scopes.parse_each(fields.get("scopes", "").split()),
        "resource_server": "resource_server" in fields,
    }
    if "jwks" in fields:
        found["jwks"] = _key_set(fields["jwks"])
    options: dict[str, Any] = {name: tuple(fields.get(name, "").split()) for name in LISTED_OPTIONS}
    options |= {name: name in fields for name in TICKED_OPTIONS}
    options |= {
        "pkce": fields.get("pkce", "required"),
        "assertion_audience": fields.get("assertion_audience", "issuer"),
        "backchannel_logout_uri": fields.get("backchannel_logout_uri"),
        "id_token_claims": {YES: True, NO: False}.get(fields.get("id_token_claims", "")),
    }
    return found, options


def typed(client: "Client", grants: Mapping[str, str]) -> dict[str, str]:
    """Return the form of a client as it is: the other way round."""
    of, options = client, client.options
    ticks = {GRANT + short: grant in of.grants for short, grant in grants.items()}
    ticks |= {"resource_server": of.resource_server}
    ticks |= {name: getattr(options, name) for name in TICKED_OPTIONS}
    texts = {
        "name": of.name,
        "scopes": " ".join(sorted(of.scopes)),
        "pkce": options.pkce,
        "assertion_audience": options.assertion_audience,
        "backchannel_logout_uri": options.backchannel_logout_uri or "",
        "id_token_claims": "" if options.id_token_claims is None else YES if options.id_token_claims else NO,
    }
    texts |= {name: "\n".join(getattr(of, name)) for name in LISTS}
    texts |= {name: "\n".join(getattr(options, name)) for name in LISTED_OPTIONS}
    return texts | {name: YES for name, ticked in ticks.items() if ticked}


def _key_set(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid(
            'This is no JWK set: {"keys": [...]}.', errors={"jwks": 'is no JWK set: {"keys": [...]}'}
        )
    return found
