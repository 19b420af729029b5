"""Which network a caller comes from, so that a budget is not spent once per address of a house (TH-3)."""

IPV6_PREFIX = 64  # bits: what one customer gets at least (RFC 6177), and rotates addresses in
UNREADABLE = "unreadable"  # all such callers share one budget: failing closed


def network_of(address: str | None) -> str | None:
    """Return the IPv4 address or the IPv6 /64 in canonical spelling; None for no address and for loopback.

    Idempotent. An IPv4-mapped IPv6 address is the IPv4 address.
    """
    if not address:
        return None
    import ipaddress  # asked where a budget is spent, not at every start

    try:
        parsed = ipaddress.ip_address(address.partition("/")[0].partition("%")[0].strip())
    except ValueError:
        return UNREADABLE
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback:
        return None
    if parsed.version == 4:  # noqa: PLR2004 - the version's own name
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
