"""Connections to other pages, as W3C's WebRTC has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from client_py.ports.disposal import Dispose
from protocol.webrtc import Candidate, Description, IceServer


class BinaryData(Protocol):
    """An opaque handle on bytes that stay on the other side of the border, unless somebody asks for them.

    Its receiver has to release it: what is received is bounded by what has not been released.
    """

    @property
    def size(self) -> int:
        """How many bytes it has."""
        ...

    def to_bytes(self) -> bytes:
        """Copy the bytes into Python."""
        ...

    def release(self) -> None:
        """Let go of it; doing so twice does no harm."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelCallbacks:
    """Who is told what a data channel does."""

    opened: Callable[[], None]
    received: Callable[[str | BinaryData], None]
    """With text or with a handle, as the channel's options say; of the other kind nothing comes."""
    overrun: Callable[[str], None]
    """With the kind of the frame that was over its budget; it and all after it were dropped, and nothing more comes."""
    closed: Callable[[], None]


class FrameBudget(Protocol):
    """How much of one kind of frame is received."""

    @property
    def frames(self) -> int:
        """How many at once."""
        ...

    @property
    def characters(self) -> int:
        """How many at once, in all of them (UTF-16 code units, or bytes where they are binary)."""
        ...

    @property
    def per_second(self) -> float:
        """How many more frames each second; with 0, as many as have been taken up."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """What is received over a data channel before it is read."""

    frame_length: int
    """In characters or bytes. Of a longer text, the beginning alone is handed over; longer data is over its budget."""
    budgets: Mapping[str, FrameBudget]
    """By the `type` with which a frame begins; "other" for all that begin in another way, "binary" for what is binary.
    """


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """What a data channel is created with, by both sides alike (RTCDataChannelInit)."""

    label: str
    id: int
    ordered: bool
    binary: bool
    """Whether it carries binary data and no text, or the other way round."""
    limits: ChannelLimits


class DataChannel(Protocol):
    """An RTCDataChannel, for text or for binary data."""

    buffered_amount_low_threshold: int
    """In bytes; 0 to begin with."""

    @property
    def is_open(self) -> bool:
        """Whether it takes what is sent."""
        ...

    @property
    def buffered_amount(self) -> int:
        """How many bytes wait to be sent. That it is zero does not mean that anything has arrived."""
        ...

    def send(self, text: str) -> None:
        """Send one frame; ChannelClosed if the channel is not open, or its buffer is full."""
        ...

    def send_binary(self, data: BinaryData) -> None:
        """Send one frame of binary data, which stays the caller's to release; ChannelClosed as with text."""
        ...

    def on_buffered_amount_low(self, callback: Callable[[], None]) -> Dispose:
        """Call back when what waits has fallen to the threshold, and when the channel is closed by whichever side."""
        ...

    def close(self) -> None:
        """Close it, without any callback more but those of `on_buffered_amount_low`."""
        ...


class ChannelClosed(Exception):
    """Raised by `DataChannel` when the channel cannot take a frame; the frame was not sent."""


class OperationFailed(Exception):
    """Raised by the operations of `PeerConnection`; `reason` is the browser's own sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PeerConnectionCallbacks:
    """Who is told what an RTCPeerConnection does; the states are those of W3C, as they are spelled there."""

    negotiation_needed: Callable[[], None]
    candidate_gathered: Callable[[Candidate], None]
    signaling_state_changed: Callable[[str], None]
    connection_state_changed: Callable[[str], None]
    candidate_failed: Callable[[str, int, str], None]
    """With the URL of the STUN or TURN server, its error code (701 for none), and the text of the error."""
    channel_offered: Callable[[], None]
    """The other side opened a data channel by itself; what comes over it is received by nobody."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What an RTCPeerConnection is made with (RTCConfiguration)."""

    ice_servers: Sequence[IceServer]
    relay_only: bool
    """Whether it may gather candidates of relays alone (iceTransportPolicy)."""


@dataclass(frozen=True, slots=True)
class SelectedPath:
    """The candidate pair in use, as `getStats()` tells it."""

    relayed: bool
    """Whether a TURN server carries the data, ours or that of the other side."""
    allocated: bool
    """Whether our own end of it is a TURN server's."""
    protocol: str
    """"udp" or "tcp"."""


class PeerConnection(Protocol):
    """An RTCPeerConnection; every operation raises OperationFailed if the browser refuses it."""

    async def set_local_description(self) -> Description:
        """Make the description that the signaling state asks for, and give it."""
        ...

    async def set_remote_description(self, description: Description) -> None:
        """Apply what the other side sent."""
        ...

    async def add_ice_candidate(self, candidate: Candidate) -> None:
        """Apply a candidate of the other side."""
        ...

    def restart_ice(self) -> None:
        """Ask for new ICE credentials in the next offer; negotiation is then needed."""
        ...

    def configure(self, configuration: Configuration) -> None:
        """Take another configuration, for when candidates are gathered the next time."""
        ...

    def create_data_channel(self, options: ChannelOptions, callbacks: ChannelCallbacks) -> DataChannel:
        """Create a reliable channel that both sides negotiated beforehand."""
        ...

    async def selected_path(self) -> SelectedPath | None:
        """Tell the path in use, or None while there is none."""
        ...

    async def bytes_received(self) -> int | None:
        """Tell how many bytes have come in over the connection so far, or None where the browser does not."""
        ...

    def close(self) -> None:
        """Close the connection and its channels, without any callback more."""
        ...


class PeerConnections(Protocol):
    """Makes peer connections, where the browser can."""

    @property
    def supported(self) -> bool:
        """Whether this browser has RTCPeerConnection."""
        ...

    def create(self, configuration: Configuration, callbacks: PeerConnectionCallbacks) -> PeerConnection:
        """Create one; OperationFailed if the browser refuses the configuration."""
        ...
