"""Redirect URIs: which may be registered, and when one that is asked for is a registered one (OP-1).

Compared as strings, never as parsed URLs: two parsers that disagree are the attack (RFC 9700 section 4.1.3).
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit

from chalicelib.errors import Invalid

MAX_LENGTH = 1024

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+")
_LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}

# RFC 8252 section 7.3: the port of a native program's listener is whatever the system gave it.
_LOOPBACK_LITERAL = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(|[/?].*)")


def check(uri: str) -> str:
    """Return a URI that may be registered; raise Invalid with the reason for any other.

    https; http only to this machine; a scheme of one's own only as a reversed domain (RFC 8252 section 7.1).
    """
    if len(uri) > MAX_LENGTH or not _URI.fullmatch(uri) or "\\" in uri:
        raise _invalid(uri, "must be an absolute URI of at most 1024 characters without fragment or spaces")
    try:
        parts = urlsplit(uri)
        host, user = parts.hostname, parts.username
        _ = parts.port
    except ValueError:
        raise _invalid(uri, "is not a URI") from None
    if "@" in parts.netloc or user is not None:
        raise _invalid(uri, "must not hold a user name")
    if parts.scheme == "https" and host:
        return uri
    if parts.scheme == "http" and host in _LOOPBACK_HOSTS:
        return uri
    if "." in parts.scheme:
        return uri
    raise _invalid(uri, "must be https, http to this machine, or a scheme like com.example.app")


def is_registered(asked: str, registered: Iterable[str]) -> bool:
    """Tell whether a URI equals a registered one; only the port of a loopback literal may vary."""
    portless = _without_port(asked)
    return any(
        asked == uri or (portless is not None and portless == _without_port(uri)) for uri in registered
    )


def with_parameters(uri: str, parameters: Mapping[str, str | None]) -> str:
    """Return the URI with parameters added to its query (RFC 6749 section 4.1.2); None is left out."""
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    if not query:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


def form_target(uri: str) -> str:
    """Return what a page's ``form-action`` must name for a form whose answer leads to this URI."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("https", "http") else f"{parts.scheme}:"


def _without_port(uri: str) -> str | None:
    match = _LOOPBACK_LITERAL.fullmatch(uri)
    return f"{match[1]}{match[2]}" if match else None


def _invalid(uri: str, problem: str) -> Invalid:
    return Invalid(f"The redirect URI {uri[:MAX_LENGTH]!r} {problem}.", code="invalid_redirect_uri")
