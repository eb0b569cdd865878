"""What a link asks to have done, and the states and timers that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from client_py.core.peer.negotiation import CandidateRefused, Operation, SendCandidate, SendDescription


class LinkState(Enum):
    """How a link stands."""

    CONNECTING = auto()
    """It was never open yet."""
    OPEN = auto()
    """The data channel is open."""
    INTERRUPTED = auto()
    """It was open, and is being repaired."""
    FAILED = auto()
    """Several attempts were in vain; the next ones come with longer pauses."""
    CLOSED = auto()
    """It ended on purpose."""


class LinkTimer(Enum):
    """What a link waits for; starting a timer that runs restarts it."""

    OFFER_EXPECTED = auto()
    """The first offer is the other side's to make."""
    DISCONNECTED = auto()
    """The path may come back by itself."""
    ATTEMPT = auto()
    """An ICE restart or a new RTCPeerConnection is being tried."""
    REPAIR = auto()
    """The next attempt follows after a pause."""
    EXPECTING = auto()
    """Something is on its way over the open channel, and the other side will be heard; runs beside the others."""
    ASKING = auto()
    """The other side was asked whether it still hears us; runs beside the others."""


@dataclass(frozen=True, slots=True)
class CreatePeerConnection:
    """Make an RTCPeerConnection; the one before it has been closed."""


@dataclass(frozen=True, slots=True)
class ClosePeerConnection:
    """Close the RTCPeerConnection with its channels, and forget what it was still doing."""


@dataclass(frozen=True, slots=True)
class CreateChannels:
    """Create the negotiated channels (`channels.py`)."""


@dataclass(frozen=True, slots=True)
class RestartIce:
    """Call restartIce()."""


@dataclass(frozen=True, slots=True)
class AskPeer:
    """Send a `ping` over the open channel."""


@dataclass(frozen=True, slots=True)
class CountBytes:
    """Look how many bytes the RTCPeerConnection has received, and call `bytes_counted`."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Call `timer_fired` after some seconds."""

    timer: LinkTimer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Do not call for this timer any more."""

    timer: LinkTimer


@dataclass(frozen=True, slots=True)
class LinkStateChanged:
    """The link stands differently now."""

    state: LinkState


PeerConnectionEffect = CreatePeerConnection | ClosePeerConnection | CreateChannels | RestartIce | Operation
LinkEffect = (
    PeerConnectionEffect
    | AskPeer
    | CountBytes
    | StartTimer
    | StopTimer
    | LinkStateChanged
    | SendDescription
    | SendCandidate
    | CandidateRefused
)
