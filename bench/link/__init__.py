"""Measures the conversation between two pages, beside pages that have raw RTCPeerConnection, PeerJS or simple-peer."""

from bench.link.suite import measure_all

__all__ = ["measure_all"]
