"""One resource as a value: an API that access tokens are made for, and its scopes in its own words (RFC 8707)."""

import re
from dataclasses import dataclass, field

from chalicelib import urls
from chalicelib.scopes import Scopes
from chalicelib.store import Key
from chalicelib.store.stored_values import StoredRecord, StoredValue, stored_unless_default

PARTITION = "resources"
MAX_IDENTIFIER = 255  # characters: a token names it within 2 KB (TK-8)
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})

# RFC 3986: an absolute URI. RFC 8707 section 2 forbids a fragment.
_ABSOLUTE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+)")


@dataclass(frozen=True, slots=True)
class ResourceScope(StoredValue):
    """A scope of an API, and what it lets an application do, in the words that a person is asked with."""

    scope: str
    says: str


@dataclass(frozen=True, slots=True)
class Resource(StoredRecord):
    """A registered API. ``host_metadata`` asks us to publish its metadata (RFC 9728).

    ``open_to_clients``: clients that no operator registered may ask for its scopes too. People still consent.
    """

    identifier: str
    name: str
    created_at: int
    scopes: tuple[ResourceScope, ...]
    host_metadata: bool = False
    open_to_clients: bool = field(default=False, metadata=stored_unless_default())

    @property
    def scope_names(self) -> Scopes:
        """Return the scopes that it understands."""
        return frozenset(each.scope for each in self.scopes)

    @property
    def host(self) -> str:
        """Return what a person knows it by beside its name: the host, or the identifier of what has none."""
        web = urls.read(self.identifier)
        return web.origin.partition("://")[2] if web else self.identifier


def comparable(identifier: str) -> str | None:
    """Return an identifier in the one spelling that it is found by, None for what is none.

    Of web addresses the case of scheme and host, the default port and an empty path make no difference (RFC 3986
    section 6.2.3): clients that keep a URL as a URL send ``https://api.example.com/`` for ``https://api.example.com``.
    """
    found = _ABSOLUTE.fullmatch(identifier) if len(identifier) <= MAX_IDENTIFIER else None
    if found is None:
        return None
    scheme = found["scheme"].lower()
    if scheme not in ("http", "https"):
        return f"{scheme}:{found['rest']}"
    web = urls.read(identifier)
    return None if web is None else f"{web.origin}{web.path or '/'}{web.query}"


def resource_key(identifier: str) -> Key | None:
    """Return where a resource lives; None for what cannot be one. All are one partition: they are few, and listed."""
    spelled = comparable(identifier)
    return None if spelled is None else Key(PARTITION, spelled)
