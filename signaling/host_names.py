"""Decides by which names this server may be asked for (DNS rebinding). No I/O."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

ANY = "any"
"""In place of a name: whichever a request names."""
SUBDOMAINS = "*."
"""Before a name: every name below it."""
LOCALHOST = "localhost"
NAME = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")


def host_name(host: str) -> str:
    """Return the name in a Host header: without a port, without the brackets of IPv6, and as it is compared."""
    name, bracket, _ = host.removeprefix("[").partition("]")
    name = (name if bracket else host.partition(":")[0]).lower().removesuffix(".")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def normal_host(text: str) -> str | None:
    """Return a name or an address as it is compared, or `*.` and a name; None if it is none, or has a port."""
    name = text.strip().lower()
    try:
        return str(ipaddress.ip_address(name.removeprefix("[").removesuffix("]")))
    except ValueError:
        name = name.removesuffix(".")
        return name if NAME.fullmatch(name) else None


def is_answered(host: str, allowed: Collection[str], *, only_here: bool) -> bool:
    """Tell whether requests with this Host header are answered.

    `allowed` are names and addresses, `*.` before a name, or `any`. Where it is empty, `only_here` says that only this
    machine is served. A page whose name was pointed at this machine afterwards asks by that name, never by an address;
    and without a name, no browser asks.
    """
    name = host_name(host)
    if not name or ANY in allowed or name in allowed:
        return True
    if allowed:
        return any(pattern.startswith(SUBDOMAINS) and name.endswith(pattern[1:]) for pattern in allowed)
    return not only_here or _is_of_this_machine(name) or _is_address(name)


def _is_of_this_machine(name: str) -> bool:
    """RFC 6761 §6.3: nobody's DNS is asked for these names."""
    return name == LOCALHOST or name.endswith(f".{LOCALHOST}")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
