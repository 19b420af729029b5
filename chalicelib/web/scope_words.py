"""Scopes in a person's words: where it is asked whether an application may have them, and where it is told that it has (OP-7)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib import scopes
from chalicelib.i18n.catalogue import translated
from chalicelib.i18n.said import said
from chalicelib.scopes import Scopes
from chalicelib.web.scope_descriptions import description_of

if TYPE_CHECKING:
    from chalicelib.oauth.resource import Resource
    from chalicelib.oauth.resource_indicators import ResourceIndicators
    from chalicelib.sessions.resource_scopes import Audience, ResourceScopes

# What a scope lets an application do; one that no route describes is shown by its name.
WORDS = {
    "openid": "know that it is you",
    "profile": "see your name and user name",
    "email": "see your e-mail address",
    "offline_access": "do this also while you are away",
}


@dataclass(frozen=True, slots=True)
class ApiWords:
    """An API of others as a person is asked about it: its name, its host, and what is wanted there in its own words."""

    name: str
    host: str
    words: tuple[str, ...]


def in_words(wanted: Scopes, audience: "Audience" = ()) -> list[str]:
    """Return what scopes let an application do here, those everybody knows first; another API's are told apart."""
    here = wanted & scopes.PROTOCOL if audience else wanted
    known = [translated(text) for scope, text in WORDS.items() if scope in here]
    return known + [
        translated(description_of(scope) or "") or by_name(scope) for scope in sorted(here - WORDS.keys())
    ]


def by_name(scope: str) -> str:
    """Return what is said of a scope that nobody describes: its name, told apart as one."""
    return translated(said("use what this service calls “{scope}”", scope=scope))


def at_apis(audience: "Audience", indicators: "ResourceIndicators") -> list[ApiWords]:
    """Return what is wanted of each other API; raise OAuthRefusal ``invalid_target`` where one is gone."""
    return [
        _of(share, resource) for share, resource in zip(audience, indicators.still(audience), strict=True)
    ]


def as_given(audience: "Audience", indicators: "ResourceIndicators") -> list[ApiWords]:
    """Return what was once given of other APIs; one that is gone is told by its address and its scopes' names."""
    found = indicators.resources.find(*(share.resource for share in audience)) if audience else ()
    return [
        ApiWords(share.resource, "", tuple(map(by_name, sorted(share.scopes))))
        if resource is None
        else _of(share, resource)
        for share, resource in zip(audience, found, strict=True)
    ]


def _of(share: "ResourceScopes", resource: "Resource") -> ApiWords:
    words = tuple(each.says for each in resource.scopes if each.scope in share.scopes)
    return ApiWords(resource.name, resource.host, words)
