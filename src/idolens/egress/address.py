"""On which side of the house's door an address lies.

Python's own `is_global` is not enough: 3.11 calls NAT64, 6to4 and multicast global, and
the range that proxies make up addresses from private.
"""

import ipaddress
from typing import Final, Literal

Side = Literal["inside", "outside", "never"]
"""``never``: what no model, target or hub stands at: a cloud's metadata, other hosts on
the wire without an address of their own, many hosts at once."""

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

_NEVER: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.100.100.200/32",  # the metadata of one cloud
        "169.254.0.0/16",  # and of most others
        "192.0.0.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "fd00:ec2::/32",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_INSIDE: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # between the house and its provider, and private networks
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)
_TRANSLATED: Final = tuple(
    ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")
)


def side_of(address: str) -> Side:
    """Tell where an IP address lies; ``never`` for what is none.

    >>> side_of("192.168.1.5"), side_of("8.8.8.8"), side_of("169.254.169.254")
    ('inside', 'outside', 'never')
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "never"
    if isinstance(ip, ipaddress.IPv4Address):
        return _plain(ip)
    if ip.ipv4_mapped is not None:
        return _plain(ip.ipv4_mapped)
    if (side := _plain(ip)) != "outside":
        return side
    # Behind a translator: it leads out, or somewhere that nobody would write so.
    carried = _carried(ip)
    if carried and any(_plain(one) != "outside" for one in carried):
        return "never"
    return "outside"


def _plain(ip: Ip) -> Side:
    if any(ip in network for network in _NEVER):
        return "never"
    return "inside" if any(ip in network for network in _INSIDE) else "outside"


def _carried(ip: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 addresses that an IPv6 one stands for."""
    found = [*(ip.teredo or ()), *([ip.sixtofour] if ip.sixtofour else [])]
    if any(ip in network for network in _TRANSLATED):
        found.append(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF))
    return found
