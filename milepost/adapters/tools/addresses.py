"""Which network addresses are public; everything else is refused to tools by default."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

import anyio

from milepost.domain.errors import ExecutionError

Resolver: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""Gives the addresses of a host and port, in the order to try them."""

_TRANSLATED = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_SPECIAL = (
    IPv4Network("168.63.129.16/32"),  # the metadata service of one cloud, at a public address
    IPv4Network("192.0.0.0/24"),  # protocol assignments; another cloud's metadata service
    IPv4Network("192.88.99.0/24"),  # retired relays
)


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver; raise `ExecutionError` unreachable when there is no address."""
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        message = f"host {host!r}: has no address ({error}); check the name"
        raise ExecutionError(message, code="unreachable") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def permitted_addresses(
    host: str, port: int, *, resolver: Resolver, allow_private: bool
) -> list[str]:
    """Return the addresses to connect to; raise `ExecutionError` forbidden if any is not public.

    One private address among public ones refuses the host: no honest name has such a mixture.
    """
    addresses = await resolver(host, port)
    if not addresses:
        raise ExecutionError(f"host {host!r}: has no address; check the name", code="unreachable")
    for address in addresses:
        if not allow_private and not is_public(address):
            message = f"host {host!r}: {address} is not a public address; it is refused here"
            raise ExecutionError(message, code="forbidden", retryable=False)
    return addresses


def is_public(address: str) -> bool:
    """Tell whether an address, or the IPv4 address that it wraps, is public unicast."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        wrapped = _wrapped(parsed)
        if wrapped is None:
            return parsed.is_global and parsed in _GLOBAL_UNICAST
        parsed = wrapped
    return (
        parsed.is_global
        and not (parsed.is_multicast or parsed.is_reserved)
        and not any(parsed in network for network in _SPECIAL)
    )


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one leads to: mapped, 6to4 or translated (NAT64)."""
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
