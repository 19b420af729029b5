"""Which addresses may be the id of a client, and whose documents are taken there (draft-02 sections 3, 8.6 and 8.9).

A person is asked about the host, so it must be one that cannot be mistaken: written as a browser writes it, no number,
no letters that look like others (IDN is shown as punycode, and taken only where an operator lists the host).
"""

import re
from dataclasses import dataclass

from chalicelib import urls
from chalicelib.oauth.errors import RefusedAtPage
from chalicelib.urls import WebUrl

SCHEME = "https://"
MAX_CHARACTERS = 255  # the id stands in every token, and a token has 2 KB (TK-8)
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")

_DOT_SEGMENT = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


def is_address(client_id: str) -> bool:
    """Return whether a client id is an address, rather than one that we made."""
    return client_id.startswith(SCHEME)


@dataclass(frozen=True, slots=True)
class DocumentPolicy:
    """Judges addresses. ``hosts`` is None for everybody's documents, and empty for nobody's; ``loopback`` is for development."""

    hosts: tuple[str, ...] | None
    loopback: bool

    @property
    def is_on(self) -> bool:
        """Return whether there may be such clients at all."""
        return self.hosts != ()

    def read(self, client_id: str) -> WebUrl:
        """Return the parts of an address that may be a client's id; raise RefusedAtPage for any other."""
        if not self.is_on:
            raise _refused("This application is not registered here.", client_id)
        web = urls.read(client_id) if len(client_id) <= MAX_CHARACTERS else None
        if web is None or not _is_plain(web, client_id):
            raise _refused(
                "The application's client_id is not an https address of at most 255 characters with a path, in its "
                "shortest spelling, without user, query, fragment and dot segments.",
                client_id,
            )
        if not self._takes(web):
            raise _refused("Applications of this host are not taken here.", client_id)
        return web

    def may_fetch(self, url: str) -> bool:
        """Return whether what a document refers to may be fetched, as its own address might."""
        web = urls.read(url)
        return web is not None and web.scheme == "https" and self._takes(web)

    def _takes(self, web: WebUrl) -> bool:
        host = web.origin.removeprefix(SCHEME)
        if self.hosts is not None:
            return host in self.hosts
        if web.host in LOOPBACK_HOSTS:
            return self.loopback
        return not web.has_ipv6 and _is_unmistakable(web.host)


def _is_plain(web: WebUrl, client_id: str) -> bool:
    """Return whether it is spelled as short as it can be: then one document has one id (RFC 3986 section 6.2.1)."""
    segments = web.path.split("/")
    return (
        client_id == f"{web.origin}{web.path}"
        and web.scheme == "https"
        and web.path not in ("", "/")
        and not any(_DOT_SEGMENT.fullmatch(segment) for segment in segments)
    )


def _is_unmistakable(host: str) -> bool:
    labels = host.split(".")
    is_name = len(labels) > 1 and not labels[-1].isdecimal()  # the last label of an IPv4 address is a number
    return is_name and not any(label.startswith("xn--") for label in labels)


def _refused(description: str, client_id: str) -> RefusedAtPage:
    return RefusedAtPage("invalid_client", description, client_id=client_id)
