"""What the machines tell the views: states, messages and members, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Status(StrEnum):
    """Where the person stands, from signing in to talking; the values are the `data-state` that the page shows."""

    SIGNED_OUT = "signed-out"
    """Nobody is signed in on this page."""
    SIGNING_IN = "signing-in"
    """Name and password are being checked, or wait for Python to start."""
    WAITING = "waiting"
    """In the room, alone."""
    CONNECTING = "connecting"
    """On the way into the room, or to the other person for the first time."""
    CONNECTED = "connected"
    """The data channel is open."""
    RECONNECTING = "reconnecting"
    """There was a connection, and it is being brought back."""
    OFFLINE = "offline"
    """No network, or no signaling, and no peer."""
    FULL = "full"
    """The room has no place; it is asked again now and then."""
    REFUSED = "refused"
    """The server said a final no."""
    FAILED = "failed"
    """No connection to the other person could be made; the detail says why."""
    UNSUPPORTED = "unsupported"
    """This browser has no RTCPeerConnection."""


class Cause(StrEnum):
    """Why there is no connection, where that can be told; the values are the `data-cause` that the page shows."""

    NO_ANSWER = "no-answer"
    """The other browser does not answer."""
    NO_PATH = "no-path"
    """Nothing gets through, and there is no relay, or none that helps."""
    RELAY_MISSING = "relay-missing"
    """The person wants to connect through a relay only, and the server offers none."""
    RELAY_REFUSED = "relay-refused"
    """The TURN server does not take the credentials that our server makes."""
    RELAY_EXPIRED = "relay-expired"
    """The credentials for the TURN server have run out, and no fresh ones could be had."""
    RELAY_OVERLOADED = "relay-overloaded"
    """The TURN server takes nobody more, or is in trouble."""
    RELAY_UNREACHABLE = "relay-unreachable"
    """The TURN server does not answer."""


@dataclass(frozen=True, slots=True)
class StatusLine:
    """The connection's state, with what to tell a person about it."""

    status: Status
    text: str
    """One or two words: "Connected"."""
    detail: str = ""
    """One sentence: how, or why not and what to do."""
    cause: Cause | None = None


class Direction(StrEnum):
    """Who wrote a message."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Delivery(IntEnum):
    """How far an outgoing message has come; it only ever grows, but for `SENT` after a lost connection."""

    QUEUED = 0
    """It waits here."""
    SENT = 1
    """It was handed to the data channel."""
    DELIVERED = 2
    """The other side has acknowledged that it holds it."""
    READ = 3
    """The other person has had it on the screen."""

    @property
    def label(self) -> str:
        """Give the value of `data-delivery`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Member:
    """Another member of the room."""

    peer_id: str
    username: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whether what is said in a room is kept in this browser, beyond the life of the page."""

    kept: bool
    changeable: bool = True
    """Whether the person can have it otherwise; not where the browser cannot keep anything."""
    fault: str = ""
    """What keeps the browser from keeping it, in a sentence for the person; empty where it is as they want it."""


@dataclass(frozen=True, slots=True)
class RelayChoice:
    """Whether the person connects through a relay only, so that nobody is shown their address."""

    only: bool
    offered: bool | None = None
    """Whether the server has a relay to offer; None while that is not known."""


class ExportFormat(StrEnum):
    """What a history can be exported as; the values are file name extensions."""

    JSON = "json"
    TEXT = "txt"
