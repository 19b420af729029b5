"""Which resources there may be: how one is identified, and its scopes with what each lets an application do."""

from collections.abc import Iterable

from chalicelib import scopes, urls
from chalicelib.errors import Invalid
from chalicelib.i18n.said import said
from chalicelib.oauth.resource import LOOPBACK_HOSTS, ResourceScope, comparable

MAX_SCOPES = 50  # of one resource


def scopes_in_words(lines: Iterable[str]) -> dict[str, str]:
    """Return what each scope lets an application do, of lines such as ``orders:read=Read your orders``; raise Invalid."""
    pairs = [each.partition("=") for each in lines]
    if wrong := [scope for scope, _, says in pairs if not scope.strip() or not says.strip()]:
        raise Invalid(
            said(
                "Say what the scope {scope} lets an application do: orders:read=Read your orders.",
                scope=repr(wrong[0]),
            ),
            code="invalid_scope",
        )
    return {scope.strip(): says.strip() for scope, _, says in pairs}


def check_identifier(identifier: str) -> None:
    """Refuse what RFC 8707 section 2 does: no absolute URI, or a fragment; and http, but to this machine."""
    if comparable(identifier) is None:
        raise Invalid(
            "The identifier of a resource is an absolute URI of at most 255 characters without a fragment, such as "
            "https://api.example.com.",
            code="invalid_target",
        )
    web = urls.read(identifier)
    if web is not None and web.scheme == "http" and web.host not in LOOPBACK_HOSTS:
        raise Invalid(
            "The identifier of a resource is https: http is for this machine alone.", code="invalid_target"
        )


def checked_scopes(given: Iterable[ResourceScope]) -> tuple[ResourceScope, ...]:
    """Return the scopes that a resource may have; raise Invalid."""
    found = tuple(given)
    parsed = scopes.parse_each(each.scope for each in found)
    if clash := parsed & scopes.PROTOCOL:
        raise Invalid(
            said("The scope {scope} is OpenID Connect's: no resource has it.", scope=repr(min(clash))),
            code="invalid_scope",
        )
    if len(found) > MAX_SCOPES:
        raise Invalid(said("A resource has at most {most} scopes.", most=MAX_SCOPES), code="invalid_scope")
    if mute := [each.scope for each in found if not each.says]:
        raise Invalid(
            said("Say what the scope {scope} lets an application do.", scope=repr(mute[0])),
            code="invalid_scope",
        )
    return found
