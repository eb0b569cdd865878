"""What a room asks to have done, beyond what its parts ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from client_py.core.channels import ChannelSpec, Data
from client_py.core.conversation.conversation import SendFrame, Store
from client_py.core.conversation.typing_indicator import StartTypingTimer
from client_py.core.notices import Notice
from client_py.core.peer.ice_servers import ConfigureConnections, FetchIceServers
from client_py.core.peer.peer_effects import ConnectionEffect
from client_py.core.server.session import SessionEffect


@dataclass(frozen=True, slots=True)
class ForPeer:
    """Do this for one peer, with its RTCPeerConnection or its timers."""

    peer_id: str
    effect: ConnectionEffect


@dataclass(frozen=True, slots=True)
class HandOver:
    """Hand what came over a channel other than `chat` to the user of that channel."""

    peer_id: str
    channel: ChannelSpec
    data: Data


class RoomTimer(Enum):
    """What a room waits for; starting a timer that runs restarts it."""

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
    | ForPeer
    | SendFrame
    | Store
    | StartTypingTimer
    | HandOver
    | FetchIceServers
    | ConfigureConnections
    | StartRoomTimer
    | StopRoomTimer
    | Warn
    | Notice
)
