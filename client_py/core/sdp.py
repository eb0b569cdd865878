"""Reads from a session description the two facts that negotiation needs: whose it is, and of which ICE generation."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=64)
def username_fragments(sdp: str) -> frozenset[str]:
    """Give the ICE username fragments (RFC 8839 §5.4); a candidate belongs to the description that has its own."""
    return frozenset(_values(sdp, "a=ice-ufrag:"))


@lru_cache(maxsize=64)
def fingerprints(sdp: str) -> frozenset[str]:
    """Give the DTLS certificate fingerprints (RFC 8122 §5): those of one RTCPeerConnection, for all its life."""
    return frozenset(value.upper() for value in _values(sdp, "a=fingerprint:"))


def _values(sdp: str, prefix: str) -> list[str]:
    return [line.removeprefix(prefix).strip() for line in sdp.splitlines() if line.startswith(prefix)]
