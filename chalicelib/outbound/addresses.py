"""Which addresses an outbound call may reach: the public internet, and loopback where allowed (FD-5)."""

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

# Nobody's server is at an address of IANA's special-purpose registries, whether "globally reachable" or not: a
# relay or an anycast service is answered by whoever is nearest (IPv4 and IPv6 Special-Purpose Address Registries,
# whose rows stand in tests/outbound/special_purpose.py, and multicast; of IPv6 nothing else than 2000::/3 is for
# servers). Python's own tables differ from version to version.
_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_BITS = 0xFFFF_FFFF


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the resolver's order. OSError or UnicodeError when it has none.

    The host is handed on as octets, as a URL has it: text would load the tables of IDNA at every cold start.
    """
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_loopback(address: str) -> bool:
    """Return whether an address is this very machine."""
    return _innermost(address).is_loopback


def is_public(address: str) -> bool:
    """Return whether an address is of the public internet: not private, link-local, multicast, special or reserved."""
    ip = _innermost(address)
    if isinstance(ip, IPv4Address):
        return ip.is_global and not any(ip in network for network in _SPECIAL_IPV4)
    return ip.is_global and ip in _GLOBAL_UNICAST and not any(ip in network for network in _SPECIAL_IPV6)


def _innermost(address: str) -> IPv4Address | IPv6Address:
    """Return the address, or the IPv4 one that an IPv6 one stands for: mapped, or translated by the network (NAT64).

    One of 6to4 stands for itself: which relay takes it there nobody knows.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip
    embedded = ip.ipv4_mapped
    if embedded is None and ip in _NAT64:
        embedded = IPv4Address(int(ip) & _IPV4_BITS)
    return embedded or ip
