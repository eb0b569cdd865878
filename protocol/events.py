"""What the server tells a page over the WebSocket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from protocol.codec import Codec
from protocol.errors import MalformedMessage
from protocol.fields import Code, Count, Items, PeerId, ResumeToken, RoomName, Seconds, Sentence, UnixTime, Username
from protocol.webrtc import MAX_ICE_SERVERS, Candidate, Description, IceServer

MAX_EVENT_BYTES = 131_072
"""Larger than any request, since an event may wrap one; it only guards the page against a broken server."""

MAX_PEERS = 512
"""As many as a room of the largest size has: 64 persons with 8 devices each. A page has an RTCPeerConnection to each,
and Chromium makes some 500 of them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server will take from this connection."""

    message_bytes: Count
    """The largest request, in bytes of UTF-8."""
    messages_per_second: Count
    """The lasting rate; a burst of some seconds' worth is taken too."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another member of the room: one connection of one account, or of one guest."""

    peer_id: PeerId
    username: Username
    guest: bool | None = None
    """Whether it is a guest, for whose name nobody vouches; None for an account."""
    formerly: Username | None = None
    """The name that the person had in this room as a guest, before they made an account; None for others."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The first event: who you are, and what is needed to connect to others."""

    peer_id: PeerId
    resume_token: ResumeToken
    ice_servers: Annotated[tuple[IceServer, ...], Items(0, MAX_ICE_SERVERS)]
    limits: Limits
    ice_servers_expire_at: UnixTime | None = None
    """When the credentials in `ice_servers` end; None where there are none."""
    token_expires_at: UnixTime | None = None
    """When the token of this connection expires, unless it is renewed; None from servers that know no `renew`."""


@dataclass(frozen=True, slots=True)
class Joined:
    """You are in the room, as `peer_id`; `peers` were there before you, in the order in which they came."""

    room: RoomName
    peer_id: PeerId
    """The one of `welcome`, or after a resume the one that the lost connection had."""
    resume_token: ResumeToken
    """Resumes `peer_id`."""
    resumed: bool
    """Whether the place was still held, so that the others saw no departure."""
    peers: Annotated[tuple[Peer, ...], Items(0, MAX_PEERS)]
    capacity: Count


@dataclass(frozen=True, slots=True)
class PeerJoined:
    """Someone came into the room after you."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """Someone is gone: `left` on purpose, or `lost` and not back within the grace time."""

    peer_id: PeerId
    reason: Literal["left", "lost"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A description or a candidate (one of the two) from another peer; the server vouches for `from`."""

    sender: PeerId = field(metadata={"wire": "from"})
    description: Description | None = None
    candidate: Candidate | None = None

    def __post_init__(self) -> None:
        if (self.description is None) == (self.candidate is None):
            raise MalformedMessage("a signal carries either a description or a candidate")


@dataclass(frozen=True, slots=True)
class Error:
    """A request was refused, and nothing else changed; `message` is for a person, `code` for a program."""

    code: Code
    message: Sentence
    retry_after: Seconds | None = None
    """Seconds to wait, where waiting helps."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to `ping`."""


Event = Welcome | Joined | PeerJoined | PeerLeft | Signal | Error | Pong
EVENTS: Codec[Event] = Codec(
    {
        "welcome": Welcome,
        "joined": Joined,
        "peer_joined": PeerJoined,
        "peer_left": PeerLeft,
        "signal": Signal,
        "error": Error,
        "pong": Pong,
    },
    MAX_EVENT_BYTES,
)
"""What the server writes: it says nothing that is not declared here."""

LENIENT_EVENTS: Codec[Event] = Codec(EVENTS.types, MAX_EVENT_BYTES, lenient=True)
"""What a page reads: the server may be newer, and then says more than is declared here."""
