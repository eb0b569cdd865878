"""What a page of version 1 takes from the server, as the first release declared it. This is never changed.

Pages of that release stay open while their server is updated, and refuse whatever is not declared here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from protocol.codec import Codec
from protocol.fields import Range, Text

RoomName = Annotated[str, Text(64, r"[A-Za-z0-9_-]{1,64}")]
Username = Annotated[str, Text(32, r"[A-Za-z0-9_.-]{3,32}")]
PeerId = Annotated[str, Text(64, r"[A-Za-z0-9_-]{16,64}")]
ResumeToken = Annotated[str, Text(256, r"[A-Za-z0-9_.-]+")]
Sdp = Annotated[str, Text(32_768)]
CandidateLine = Annotated[str, Text(2_048)]
SdpMid = Annotated[str, Text(64)]
UsernameFragment = Annotated[str, Text(256)]
MLineIndex = Annotated[int, Range(0, 65_535)]
IceUrl = Annotated[str, Text(512)]
Credential = Annotated[str, Text(512)]
Sentence = Annotated[str, Text(512)]
Seconds = Annotated[float, Range(0, 86_400)]
Count = Annotated[int, Range(0, 2**31)]
UnixTime = Annotated[int, Range(0, 253_402_300_799)]

ErrorCode = Literal[
    "account_exists",
    "backplane_unavailable",
    "database_unavailable",
    "forbidden_origin",
    "internal",
    "invalid_credentials",
    "invalid_password",
    "invalid_username",
    "malformed",
    "method_not_allowed",
    "not_found",
    "not_in_room",
    "rate_limited",
    "room_full",
    "too_big",
    "unauthenticated",
    "unexpected",
    "unknown_message",
    "unknown_peer",
]


@dataclass(frozen=True, slots=True)
class Description:
    """RTCSessionDescriptionInit."""

    type: Literal["offer", "answer"]
    sdp: Sdp


@dataclass(frozen=True, slots=True)
class Candidate:
    """RTCIceCandidateInit."""

    candidate: CandidateLine
    sdp_mid: SdpMid | None = field(default=None, metadata={"wire": "sdpMid"})
    sdp_m_line_index: MLineIndex | None = field(default=None, metadata={"wire": "sdpMLineIndex"})
    username_fragment: UsernameFragment | None = field(default=None, metadata={"wire": "usernameFragment"})


@dataclass(frozen=True, slots=True)
class IceServer:
    """RTCIceServer."""

    urls: tuple[IceUrl, ...]
    username: Credential | None = None
    credential: Credential | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server takes."""

    message_bytes: Count
    messages_per_second: Count


@dataclass(frozen=True, slots=True)
class Peer:
    """Another member of the room."""

    peer_id: PeerId
    username: Username


@dataclass(frozen=True, slots=True)
class Welcome:
    """The first event."""

    peer_id: PeerId
    resume_token: ResumeToken
    ice_servers: tuple[IceServer, ...]
    limits: Limits
    ice_servers_expire_at: UnixTime | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """The answer to `join`."""

    room: RoomName
    peer_id: PeerId
    resume_token: ResumeToken
    resumed: bool
    peers: tuple[Peer, ...]
    capacity: Count


@dataclass(frozen=True, slots=True)
class PeerJoined:
    """Someone came."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """Someone is gone."""

    peer_id: PeerId
    reason: Literal["left", "lost"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A description or a candidate."""

    sender: PeerId = field(metadata={"wire": "from"})
    description: Description | None = None
    candidate: Candidate | None = None


@dataclass(frozen=True, slots=True)
class Error:
    """A request was refused."""

    code: ErrorCode
    message: Sentence
    retry_after: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to `ping`."""


Event = Welcome | Joined | PeerJoined | PeerLeft | Signal | Error | Pong
EVENTS_V1: Codec[Event] = Codec(
    {
        "welcome": Welcome,
        "joined": Joined,
        "peer_joined": PeerJoined,
        "peer_left": PeerLeft,
        "signal": Signal,
        "error": Error,
        "pong": Pong,
    },
    131_072,
)
