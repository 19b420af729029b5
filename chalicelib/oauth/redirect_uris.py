"""Redirect URIs: which may be registered, and when one that is asked for is a registered one (OP-1).

Compared as strings, never as parsed URLs: two parsers that disagree are the attack (RFC 9700 section 4.1.3).
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode

from chalicelib import urls
from chalicelib.errors import Invalid

MAX_LENGTH = 1024
MAX_SHOWN = 300  # characters of a URI that is shown or logged

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+")
# Of programs with a scheme that is no domain, which register it beside others and come in with all or none.
_TAKEN_AS_THEY_ARE = {"cursor://anysphere.cursor-mcp/oauth/callback"}
_LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


def check(uri: str) -> str:
    """Return a URI that may be registered; raise Invalid with the reason for any other.

    https; http only to this machine; a scheme of one's own only as a reversed domain (RFC 8252 section 7.1), but for
    a few that are known.
    """
    if problem := _problem(uri):
        raise Invalid(f"The redirect URI {uri[:MAX_LENGTH]!r} {problem}.", code="invalid_redirect_uri")
    return uri


def may_be_registered(uri: str) -> bool:
    """Return whether :func:`check` takes a URI."""
    return _problem(uri) is None


def as_text(uri: str, *, most: int = MAX_SHOWN) -> str:
    """Return what a stranger sent as a redirect URI as a text that can only be read as one.

    Without a password, bounded, and with all but a URI's own characters percent-encoded: no words, no line ends, no
    letters that change the direction of others.
    """
    encoded = quote(uri[: 4 * most], safe="!#$%&'()*+,/:;=?@[]~", errors="replace")
    text = _without_user(encoded)
    return text if len(text) <= most else f"{text[:most]}…"


def _without_user(text: str) -> str:
    """Return it without user name and password, which go up to the last ``@`` before the path, as browsers read it."""
    scheme, slashes, rest = text.partition("//")
    user = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[0]
    return f"{scheme}{slashes}…{rest.removeprefix(user)}" if user else text


def _problem(uri: str) -> str | None:
    if len(uri) > MAX_LENGTH or not _URI.fullmatch(uri):
        return "must be an absolute URI of at most 1024 characters without fragment or spaces"
    scheme, _, rest = uri.partition(":")
    if rest.startswith("//") and "@" in re.split(r"[/?]", rest[2:], maxsplit=1)[0]:
        return "must not hold a user name"
    if scheme.lower() in ("https", "http"):
        return _web_problem(uri)
    if "." not in scheme and uri not in _TAKEN_AS_THEY_ARE:
        return "must be https, http to this machine, or a scheme like com.example.app"
    return None


def _web_problem(uri: str) -> str | None:
    web = urls.read(uri)
    if web is None:
        return "must have a host such as shop.example, no wildcard, and a port from 1 to 65535 if any"
    if web.scheme == "http" and web.host not in _LOOPBACK_HOSTS:
        return "must be https: http is for this machine alone"
    return None


def is_registered(asked: str, registered: Iterable[str], *, any_port: bool) -> bool:
    """Return whether a URI equals a registered one.

    With ``any_port``, which is for native programs and so for public clients, the port of a loopback address may
    vary: it is whatever the system gave the listener (RFC 8252 section 7.3). ``localhost`` counts as one, though it is
    not recommended (section 8.3): many programs know no other. What could not be registered today is not registered,
    whenever it was written down.
    """
    if _problem(asked) is not None:
        return False
    portless = _without_port(asked) if any_port else None
    return any(
        asked == uri or (portless is not None and portless == _without_port(uri)) for uri in registered
    )


def is_loopback(uri: str) -> bool:
    """Return whether a URI leads to a port of the person's own machine, where any program may listen (RFC 8252)."""
    return _without_port(uri) is not None


def with_parameters(uri: str, parameters: Mapping[str, str | None]) -> str:
    """Return the URI with parameters added to its query (RFC 6749 section 4.1.2); None is left out."""
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    if not query:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


def form_target(uri: str) -> str:
    """Return what a page's ``form-action`` must name for a form whose answer leads to this URI; raise Invalid for none.

    It is written anew from the parts, never cut out of the text. A policy has no words for an IPv6 address, nor for
    an address below a scheme of one's own: there the scheme stands for all of it (CSP 3 section 2.3.1).
    """
    check(uri)
    web = urls.read(uri)
    if web is None or web.has_ipv6:
        return f"{uri.partition(':')[0].lower()}:"
    return web.origin


def _without_port(uri: str) -> str | None:
    web = urls.read(uri)
    if web is None or web.scheme != "http" or web.host not in _LOOPBACK_HOSTS:
        return None
    before = len(
        f"{web.scheme}://{web.host}"
    )  # cut from the text, not put together: compared as it was written
    return uri[:before] + uri[before:].removeprefix(f":{web.port}")
