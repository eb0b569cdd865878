"""How a person stands with the connection, as frozen values that the page shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from client_py.core.peer.penalty import Fault
from client_py.core.server.access_faults import PageOriginRefused


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
    """Both browsers have found addresses, nothing gets through, and there is no relay, or none that helps."""
    NO_ADDRESS = "no-address"
    """Our browser has found no address to be reached at."""
    NO_PEER_ADDRESS = "no-peer-address"
    """The other browser has named none."""
    BROWSER_REFUSED = "browser-refused"
    """Our browser refused to do its part; the reason says what it said."""
    UNKNOWN = "unknown"
    """Nothing that the page has seen tells why."""
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


class Situation(Enum):
    """How things stand, where that takes no name to tell."""

    ENTERING = auto()
    """On the way into the room."""
    ALONE = auto()
    """In the room, and nobody else is."""
    ROOM_FULL = auto()
    """Every place in the room is taken."""
    TOO_MANY_TABS = auto()
    """The same person has as many devices in the room as it takes of one."""
    SERVER_UNREACHABLE = auto()
    """The server does not answer, and is asked again and again."""
    SERVER_BUSY = auto()
    """The server answers, but lets nobody in at the moment."""
    REPLACED = auto()
    """Another page goes on in the place of this one."""
    LOGIN_ENDED = auto()
    """The server takes the login no longer."""
    INCOMPATIBLE = auto()
    """Page and server do not understand each other."""
    NO_WEBRTC = auto()
    """This browser cannot connect to others."""
    BROKEN = auto()
    """An error that nobody foresaw has stopped the page."""


@dataclass(frozen=True, slots=True)
class KeptAway:
    """The connection to another person is closed for a while, for what their page has done."""

    username: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Connected:
    """Data flow to another person."""

    username: str
    relayed: bool | None
    """Whether through a TURN server; None while that is not known."""
    server_away: bool = False
    """Whether the server cannot be reached meanwhile."""
    kept_away: KeptAway | None = None
    """Who else is kept away meanwhile, if anyone is."""
    also: tuple[str, ...] = ()
    """Who else there is a connection to."""
    without: tuple[str, ...] = ()
    """Who else is in the room, and cannot be reached at the moment."""


@dataclass(frozen=True, slots=True)
class Away:
    """In the room, and nobody else is; what is written waits for the person who was here last."""

    username: str


@dataclass(frozen=True, slots=True)
class ConnectedToOwnDevice:
    """Data flow to another device of the same person, and nobody else is in the room."""

    waits_for: str | None
    """Whom what is written waits for; None for the next to come."""


@dataclass(frozen=True, slots=True)
class Connecting:
    """A path to another person is looked for."""

    username: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """There was a connection to another person, and it is being brought back."""

    username: str


@dataclass(frozen=True, slots=True)
class NotConnected:
    """No path to another person was found; the search goes on."""

    username: str
    cause: Cause
    relay_only: bool
    """Whether the person wants to connect through a relay and in no other way."""
    reason: str = ""
    """What our browser said, where it refused."""


Detail = (
    Situation
    | PageOriginRefused
    | KeptAway
    | Connected
    | Away
    | ConnectedToOwnDevice
    | Connecting
    | Interrupted
    | NotConnected
)


@dataclass(frozen=True, slots=True)
class StatusLine:
    """The connection's state, with what there is to tell a person about it: how, or why not and what to do."""

    status: Status
    detail: Detail | None = None

    @property
    def cause(self) -> Cause | None:
        """Why there is no connection, where that can be told."""
        return self.detail.cause if isinstance(self.detail, NotConnected) else None
