"""Decides what a client's address counts as: one household of IPv6, the network around it, or nobody's at all."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

IPV6_SITE_PREFIX = 64
"""One household or server gets a whole /64 (RFC 6177 §2), and could show another address in every request."""
IPV6_NETWORK_PREFIX = 48
"""What one customer gets at most (RFC 6177 §2): 65,536 times a /64."""
UNKNOWN = "unknown"
"""What a Unix socket is counted under, which has no address."""
RECENT = 1024
"""Addresses that need not be read again: each is looked at more than once, and comes back."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class ClientAddress:
    """What a client counts under: its site, and the network that the site is in, if that can be told."""

    site: str
    network: str | None = None


class ClientAddresses:
    """Tells addresses of clients from those of the proxies before this server.

    A proxy that names no client stands for all of them: what one does must not be held against the others. So neither
    its address nor a Unix socket, which has none, counts as anyone's. A client on the proxy's own machine likewise.
    """

    def __init__(self, proxies: Iterable[str]) -> None:
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._recent = lru_cache(RECENT)(self._told_apart)

    def of(self, host: str | None) -> ClientAddress | None:
        """Return what a host counts under; None if it is not known whose address it is."""
        return self._recent(host) if host else None

    def _told_apart(self, host: str) -> ClientAddress | None:
        address = _address(host)
        if address is not None and any(address in proxy for proxy in self._proxies):
            return None
        is_in_network = isinstance(address, ipaddress.IPv6Address)
        return ClientAddress(address_key(host), network_key(host) if is_in_network else None)


@lru_cache(RECENT)
def address_key(host: str | None) -> str:
    """Return what an address is counted under: itself, or the /64 that an IPv6 address is in."""
    return _network(host, IPV6_SITE_PREFIX)


def network_key(host: str | None) -> str:
    """Return what many addresses of one owner have in common: the address itself, or the /48 of an IPv6 address."""
    return _network(host, IPV6_NETWORK_PREFIX)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a host; a name other than localhost is taken for public."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_of(scope: Mapping[str, Any]) -> str | None:
    """Return where a request comes from, by ASGI's account of it; None for a Unix socket."""
    client = scope.get("client")
    return client[0] if client else None


def _network(host: str | None, prefix: int) -> str:
    address = _address(host)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), prefix), strict=False).network_address)
    return str(address or host or UNKNOWN)


def _address(host: str | None) -> _Address | None:
    """Read an address; None for what a trusted proxy calls a client otherwise: its name, or an address with a port.

    An IPv4 address is one where a socket of both kinds has put it into IPv6 too (RFC 4291 §2.5.5.2).
    """
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped
