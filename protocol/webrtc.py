"""The WebRTC values that travel inside messages, spelled on the wire as W3C spells them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from protocol.fields import CandidateLine, Credential, IceUrl, MLineIndex, Sdp, SdpMid, UsernameFragment


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

    urls: tuple[IceUrl, ...]
    username: Credential | None = None
    credential: Credential | None = None
