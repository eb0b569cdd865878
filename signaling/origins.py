"""Decides which web origins (RFC 6454) may use this server. No I/O."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_PORT = 65_535


def normal_origin(text: str) -> str | None:
    """Return an origin as browsers write it, without its default port; None if it is not `http(s)://host[:port]`."""
    match = ORIGIN.fullmatch(text.strip().lower())
    if match is None:
        return None
    scheme, host, port = match.groups()
    if host[0] == "[" and (host := _normal_ipv6(host)) is None:
        return None
    if port is None or (number := int(port)) == DEFAULT_PORTS[scheme]:
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{number}" if 0 < number <= MAX_PORT else None


def _normal_ipv6(host: str) -> str | None:
    try:
        return f"[{ipaddress.IPv6Address(host[1:-1])}]"
    except ValueError:
        return None


def is_allowed(origin: str | None, host: str, allowed: Collection[str]) -> bool:
    """Tell whether a request may come from a page of this origin; without one, no browser asks, or a page of our own.

    `host` is the Host header of the same request, and `allowed` are origins beside the server's own.
    """
    return origin is None or is_same_origin(origin, host) or normal_origin(origin) in allowed


def is_same_origin(origin: str, host: str) -> bool:
    """Tell whether an Origin header names the server that the Host header of the same request names.

    The scheme is not compared: behind a proxy that ends TLS, only the browser knows it.
    """
    normal = normal_origin(origin)
    if normal is None:
        return False
    scheme = normal.partition("://")[0]
    return normal == normal_origin(f"{scheme}://{host}")
