"""The WebRTC values that travel inside messages, spelled on the wire as W3C spells them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from protocol.fields import CandidateLine, Credential, IceUrl, Items, MLineIndex, Sdp, SdpMid, UsernameFragment

MAX_ICE_SERVERS = 64
MAX_ICE_URLS = 128
"""A browser asks them all before it knows its addresses, and warns of more than a handful."""


@dataclass(frozen=True, slots=True)
class Description:
    """An offer or an answer: RTCSessionDescriptionInit, of the two types that setLocalDescription() makes."""

    type: Literal["offer", "answer"]
    sdp: Sdp


@dataclass(frozen=True, slots=True)
class Candidate:
    """One ICE candidate: RTCIceCandidateInit. An empty `candidate` ends the candidates of a generation."""

    candidate: CandidateLine
    sdp_mid: SdpMid | None = field(default=None, metadata={"wire": "sdpMid"})
    sdp_m_line_index: MLineIndex | None = field(default=None, metadata={"wire": "sdpMLineIndex"})
    username_fragment: UsernameFragment | None = field(default=None, metadata={"wire": "usernameFragment"})


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server: RTCIceServer."""

    urls: Annotated[tuple[IceUrl, ...], Items(1, MAX_ICE_URLS)]
    """A browser makes no connection where there is none (W3C WebRTC 1.0 §4.4.1.6)."""
    username: Credential | None = None
    credential: Credential | None = None
