"""Decides whether browsers are told to come back by https only (HSTS, RFC 6797)."""

from __future__ import annotations

from signaling.client_addresses import is_loopback


def strict_transport_security(host: str, seconds: int, *, has_certificate: bool) -> list[tuple[str, str]]:
    """Return the header that tells them so, if any does; every response has it, also before the app and to handshakes.

    A browser keeps what it is told for every port of a name: on a loopback address, for other servers of this machine.
    """
    if not has_certificate or not seconds or is_loopback(host):
        return []
    return [("Strict-Transport-Security", f"max-age={seconds}")]
