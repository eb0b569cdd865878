"""What a peer asks to have done: of its RTCPeerConnection and of time, and of the room, which knows all the others."""

from __future__ import annotations

from dataclasses import dataclass

from client_py.core.frames import LinkFrame
from client_py.core.peer.link_effects import CountBytes, PeerConnectionEffect, StartTimer, StopTimer
from client_py.core.peer.negotiation import CandidateRefused, SendCandidate, SendDescription


@dataclass(frozen=True, slots=True)
class FindPath:
    """Look which candidate pair the connection uses, and call `path_found`."""


@dataclass(frozen=True, slots=True)
class SendLinkFrame:
    """Send a frame over `chat` that is about the link, and no part of the conversation."""

    frame: LinkFrame


@dataclass(frozen=True, slots=True)
class AskServer:
    """See whether the server still answers: what took the peer away may have taken it along."""


@dataclass(frozen=True, slots=True)
class ChatOpened:
    """The `chat` channel is open."""


@dataclass(frozen=True, slots=True)
class ChatClosed:
    """The `chat` channel is no longer there."""


@dataclass(frozen=True, slots=True)
class RelayRefused:
    """A TURN server has given no candidate, for this reason."""

    url: str
    code: int
    text: str


ConnectionEffect = PeerConnectionEffect | StartTimer | StopTimer | FindPath | CountBytes
"""What is done about a peer by a driver, without the room having a say in it."""

PeerEffect = (
    ConnectionEffect
    | SendDescription
    | SendCandidate
    | SendLinkFrame
    | AskServer
    | ChatOpened
    | ChatClosed
    | CandidateRefused
    | RelayRefused
)
