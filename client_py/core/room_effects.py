"""What a room asks to have done, beyond what its parts ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from client_py.core.channels import ChannelSpec, Data
from client_py.core.conversation.conversation import SendFrame, StartTypingTimer, Store
from client_py.core.notices import Notice
from client_py.core.peer.ice_servers import ConfigureConnections, FetchIceServers
from client_py.core.peer.link_effects import LinkTimer, PeerConnectionEffect
from client_py.core.server.session import SessionEffect


@dataclass(frozen=True, slots=True)
class OnPeerConnection:
    """Do this with the RTCPeerConnection to a peer."""

    peer_id: str
    effect: PeerConnectionEffect


@dataclass(frozen=True, slots=True)
class StartLinkTimer:
    """Call `link_timer_fired` after some seconds."""

    peer_id: str
    timer: LinkTimer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopLinkTimer:
    """Do not call for this timer any more."""

    peer_id: str
    timer: LinkTimer


@dataclass(frozen=True, slots=True)
class FindPath:
    """Look which candidate pair the connection to a peer uses, and call `path_found`."""

    peer_id: str


@dataclass(frozen=True, slots=True)
class CountReceived:
    """Look how many bytes the connection to a peer has received, and call `bytes_counted`."""

    peer_id: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """Hand what came over a channel other than `chat` to whoever uses that channel."""

    peer_id: str
    channel: ChannelSpec
    data: Data


class RoomTimer(Enum):
    """What a room waits for; starting a timer that runs starts it anew."""

    TICK = auto()
    """To see whether the clock goes on as it should, or the page has slept."""
    CHECK = auto()
    """Things are looked at once more, since they were looked at a moment ago."""


@dataclass(frozen=True, slots=True)
class StartRoomTimer:
    """Call `timer_fired` after some seconds."""

    timer: RoomTimer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopRoomTimer:
    """Do not call for this timer any more."""

    timer: RoomTimer


@dataclass(frozen=True, slots=True)
class Warn:
    """Note in the browser's console, in English and for developers, what went wrong without harm to the person."""

    sentence: str


RoomEffect = (
    SessionEffect
    | OnPeerConnection
    | StartLinkTimer
    | StopLinkTimer
    | SendFrame
    | Store
    | StartTypingTimer
    | FindPath
    | CountReceived
    | HandOver
    | FetchIceServers
    | ConfigureConnections
    | StartRoomTimer
    | StopRoomTimer
    | Warn
    | Notice
)
