"""Decides what a client's address counts as: one household of IPv6, the network around it, or nobody's at all."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

IPV6_SITE_PREFIX = 64
"""One household or server gets a whole /64 (RFC 6177 §2), and could show another address in every request."""
IPV6_NETWORK_PREFIX = 48
"""What one customer gets at most (RFC 6177 §2): 65,536 times a /64."""
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
        try:
            address = _unmapped(ipaddress.ip_address(host))
        except ValueError:
            return ClientAddress(host)  # what a trusted proxy calls a client: its name, or an address with a port
        if any(address in proxy for proxy in self._proxies):
            return None
        if isinstance(address, ipaddress.IPv4Address):
            return ClientAddress(str(address))
        return ClientAddress(_prefix(address, IPV6_SITE_PREFIX), _prefix(address, IPV6_NETWORK_PREFIX))


def _unmapped(address: _Address) -> _Address:
    """Return an IPv4 address as such, where a socket of both kinds has put it into IPv6 (RFC 4291 §2.5.5.2)."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped


def _prefix(address: ipaddress.IPv6Address, length: int) -> str:
    return str(ipaddress.ip_network((int(address), length), strict=False))
