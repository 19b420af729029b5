"""Which addresses an outbound call may reach: the public internet, and loopback where told (FD-5)."""

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_BITS = 0xFFFF_FFFF


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the resolver's order. OSError or UnicodeError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_loopback(address: str) -> bool:
    """Tell whether an address is this very machine."""
    return _innermost(address).is_loopback


def is_public(address: str) -> bool:
    """Tell whether an address is of the public internet: not private, link-local, multicast or reserved."""
    ip = _innermost(address)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _innermost(address: str) -> IPv4Address | IPv6Address:
    """Return the address, or the IPv4 one that an IPv6 one stands for (mapped, 6to4, NAT64)."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip
    embedded = ip.ipv4_mapped or ip.sixtofour
    if embedded is None and ip in _NAT64:
        embedded = IPv4Address(int(ip) & _IPV4_BITS)
    return embedded or ip
