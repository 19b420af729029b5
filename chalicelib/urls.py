"""Web addresses, read once and strictly, because what is set or registered later stands in headers (BR-3, BR-4, OP-1).

``urlsplit`` finds a host in ``https://a;script-src`` and in ``https://*.example``; a browser reads the first as two
directives of a content security policy and the second as every host below it.
"""

import re

from chalicelib.value import Value

MAX_HOST = 253  # RFC 1035 section 2.3.4, without the last dot
MAX_PORT = 65535
DEFAULT_PORTS = {"http": 80, "https": 443}

_WEB_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~:/@!$&'()*+,;=%\[\]-]*)?)(?P<query>(?:\?[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]*)?)",
    re.ASCII | re.IGNORECASE,  # without ASCII a long s passes for an s, and the sign of kelvin for a k
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")  # "_" is no host's, but browsers take it
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")


class WebUrl(Value):
    """An http or https URL without user name and fragment. ``host`` is in lower case, an IPv6 address in brackets."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str  # with its "?"

    @property
    def origin(self) -> str:
        """Return the origin as a browser spells it (RFC 6454 section 6.2)."""
        is_default = self.port in (None, DEFAULT_PORTS[self.scheme])
        return f"{self.scheme}://{self.host}" + ("" if is_default else f":{self.port}")

    @property
    def has_ipv6(self) -> bool:
        """Return whether the host is an IPv6 address."""
        return self.host.startswith("[")


def read(text: str) -> WebUrl | None:
    """Return the parts of a web URL; None for anything that is none, wildcards and quotes for a host among them."""
    found = _WEB_URL.fullmatch(text)
    if found is None:
        return None
    host, port = found["host"].lower(), int(found["port"]) if found["port"] else None
    if not _is_host(host) or (port is not None and port > MAX_PORT):
        return None
    return WebUrl(found["scheme"].lower(), host, port, found["path"], found["query"])


def _is_host(host: str) -> bool:
    labels = host.split(".")
    if host.startswith("[") or _NUMERIC.fullmatch(labels[-1]):
        return _is_address(
            host
        )  # a browser takes 127.1 for an address, so it must be one as everybody reads it
    return len(host) <= MAX_HOST and all(_LABEL.fullmatch(label) for label in labels)


def _is_address(host: str) -> bool:
    import ipaddress  # the authorizer's way through the program needs it rarely

    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
        else:
            ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
