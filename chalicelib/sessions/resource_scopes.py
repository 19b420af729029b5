"""What was granted at one API of others. A tuple of these is an *audience*; the empty one is our own API (RFC 8707)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from chalicelib import scopes
from chalicelib.store.stored_values import StoredValue


@dataclass(frozen=True, slots=True)
class ResourceScopes(StoredValue):
    """One API, by its identifier, and how far it is opened."""

    resource: str
    scopes: scopes.Scopes


Audience = tuple[ResourceScopes, ...]


def scopes_at(audience: Iterable[ResourceScopes]) -> scopes.Scopes:
    """Return the scopes at all of its APIs."""
    return frozenset[str]().union(*(each.scopes for each in audience))


def resources_of(audience: Iterable[ResourceScopes]) -> tuple[str, ...]:
    """Return the identifiers of its APIs."""
    return tuple(each.resource for each in audience)


def within(audience: Audience, allowed: scopes.Scopes) -> Audience:
    """Return what is left of an audience by the scopes allowed; an API of which nothing is left is left out."""
    cut = (replace(each, scopes=each.scopes & allowed) for each in audience)
    return tuple(each for each in cut if each.scopes)


def together(before: Audience, added: Audience) -> Audience:
    """Return both in one, in the order of their APIs."""
    names = sorted({*resources_of(before), *resources_of(added)})
    return tuple(ResourceScopes(name, at(before, (name,)) | at(added, (name,))) for name in names)


def at(audience: Audience, resources: Collection[str]) -> scopes.Scopes:
    """Return the scopes at some of its APIs."""
    return scopes_at(each for each in audience if each.resource in resources)
