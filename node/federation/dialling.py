"""Which addresses this node opens connections to: the guard against being sent into its own network (SSRF).

The decision is about the address actually dialled, after every spelling, redirect and DNS answer. Python's
`ipaddress.is_global` is no such guard: it is True for NAT64 and 6to4 forms of 127.0.0.1, ::127.0.0.1, multicast and
3fff::/20 (measured 2026-11-23). So the lists are here, from the IANA special-purpose registries: of IPv6 only global
unicast without its special blocks, of IPv4 everything but the special blocks.
"""

import errno
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Any, TypeAlias

AddressInfo: TypeAlias = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]
"""One answer of `getaddrinfo`: family, type, protocol, canonical name, socket address."""

_IPV4_REFUSED = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link local, and clouds' metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays, deprecated
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
    )
)
_IPV6_GLOBAL_UNICAST = IPv6Network("2000::/3")
_IPV6_REFUSED = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: hides an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation (RFC 9637)
    )
)


class AddressRefusedError(OSError):
    """The address is not one that this node dials."""


def is_dialled(address: str, *, loopback_allowed: bool) -> bool:
    """Whether the node opens connections to this IP address, as text without a zone. False for what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    # A mapped ::ffff:127.0.0.1 counts as loopback in later Pythons only; it is refused in all: it is no IPv6 unicast.
    if str(parsed) == "::1" or (isinstance(parsed, IPv4Address) and parsed.is_loopback):
        return loopback_allowed
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _IPV4_REFUSED)
    return parsed in _IPV6_GLOBAL_UNICAST and not any(parsed in network for network in _IPV6_REFUSED)


def guarded_sockets(*, loopback_allowed: bool) -> Callable[[AddressInfo], socket.socket]:
    """A socket factory for connections: the last step before dialling, which sees the very address.

    The factory raises AddressRefusedError for an address that is not dialled.
    """

    def open_socket(answer: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = answer
        if not is_dialled(str(address[0]), loopback_allowed=loopback_allowed):
            raise AddressRefusedError(errno.EACCES, "the address is not one that this node dials")
        return socket.socket(family, kind, protocol)

    return open_socket
