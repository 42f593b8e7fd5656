"""Whose address a request comes from, as far as the proxies in between can be believed."""

import ipaddress
from collections.abc import Iterable
from functools import cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOOPBACK = "127.0.0.1"


def client_address(peer: str | None, forwarded_for: Iterable[str], *, trusted: Iterable[Network]) -> str | None:
    """The address of the person behind `peer`, or None where nobody can tell.

    X-Forwarded-For is read from the right, as far as its writers are trusted: whatever stands further left was
    written by somebody else. Streamlit leaves `peer` out for loopback.
    """
    networks = tuple(trusted)
    hops = [hop for line in forwarded_for for hop in line.split(",")]
    address = _parse(peer or _LOOPBACK)
    while address is not None and hops and any(address in network for network in networks):
        address = _parse(hops.pop())
    return str(address) if address else None


@cache
def trusted_networks(addresses: str) -> tuple[Network, ...]:
    """The addresses and networks ("10.0.0.0/8") of a list by commas; raises ValueError for anything else."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in addresses.split(",") if part.strip())


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address with or without a port; None for what is none, such as "unknown" (RFC 7239, section 6)."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])  # a zone means something on that machine only
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
