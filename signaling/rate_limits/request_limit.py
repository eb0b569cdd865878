"""Decides whether an HTTP request, or a connection for some, is one too many of where it comes from, and says so."""

from __future__ import annotations

import math
import time

from signaling.client_addresses import ClientAddresses
from signaling.errors import RateLimited
from signaling.monitoring.logs import log
from signaling.rate_limits.address_and_account_quotas import Quotas

ANYONE = ""
"""Stands for everyone behind a proxy that is trusted: the requests say who they are."""


class RequestLimit:
    """What every connection of one server asks, before the app does. A trusted proxy is not bounded."""

    def __init__(self, quotas: Quotas, addresses: ClientAddresses) -> None:
        self._quotas = quotas
        self._addresses = addresses

    def source(self, host: str) -> str:
        """Return whom a request counts to where they take turns: a network, or an address of IPv4."""
        client = self._addresses.of(host)
        return (client.network or client.site) if client else ANYONE

    def offend(self, host: str) -> None:
        """Hold what cannot be read against where it comes from."""
        self._quotas.offend(self._addresses.of(host), time.monotonic())

    def refusal(self, host: str) -> RateLimited | None:
        """Count one, and return nothing; or return why it is refused, and count no more than that."""
        client = self._addresses.of(host)
        wait = self._quotas.request(client, time.monotonic())
        if not wait or client is None:
            return None
        log("requests_refused", source=client.site, address=host, seconds=math.ceil(wait))
        return RateLimited(math.ceil(wait))
