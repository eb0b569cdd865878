"""What the machines tell the views: states, messages and members, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum, auto

from client_py.core.penalty import Fault


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
class PageOriginRefused:
    """The server takes no pages of this origin, which is the page's own."""

    origin: str


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
    """Whom what is written waits for; None for whoever comes."""


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


class KeepingFault(StrEnum):
    """Why a browser does not keep what the person wants kept; most of it are faults of storage (`ports`)."""

    INSECURE = "insecure"
    """The page is not served over HTTPS."""
    FORBIDDEN = "forbidden"
    """Private browsing, or blocked cookies."""
    FULL = "full"
    """There is no room left."""
    NEWER = "newer"
    """A newer version of the page has been here."""
    BLOCKED = "blocked"
    """An older version of the page is open in another tab."""
    SILENT = "silent"
    """The browser does not answer."""
    CLOSED = "closed"
    """The browser has closed what it kept, and says no more."""
    TAKEN_AWAY = "taken-away"
    """What was kept was deleted meanwhile, or a newer version of the page came."""
    FAILED = "failed"
    """Something that nobody foresaw; the browser says what."""
    NO_LOCKS = "no-locks"
    """The browser does not let a page know of its other tabs."""
    NOT_REMOVED = "not-removed"
    """The person wants nothing kept, and what was kept before is still there."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whether what is said in a room is kept in this browser, beyond the life of the page."""

    kept: bool
    changeable: bool = True
    """Whether the person can have it otherwise; not where the browser cannot keep anything."""
    fault: KeepingFault | None = None
    """What keeps the browser from keeping it; None where it is as the person wants it."""
    reason: str = ""
    """What the browser itself says of that, where it says what nobody foresaw."""


@dataclass(frozen=True, slots=True)
class RelayChoice:
    """Whether the person connects through a relay only, so that nobody is shown their address."""

    only: bool
    offered: bool | None = None
    """Whether the server has a relay to offer; None while that is not known."""


class LoginFault(Enum):
    """Why nobody is signed in, where the server has not said it."""

    EXPIRED = auto()
    """The server takes the login no longer."""
    LOGGED_OUT_ELSEWHERE = auto()
    """The person has logged out in another tab, which is for every tab."""
    UNREACHABLE = auto()
    """No answer came."""
    UNREADABLE = auto()
    """What came is no answer of this server's."""


@dataclass(frozen=True, slots=True)
class ServerRefused:
    """The server refused to sign someone in, or to make an account."""

    code: str
    """An `ErrorCode`, or what a newer server has in its place."""
    retry_after: int | None = None
    """Seconds to wait, where waiting helps."""
    request_id: str = ""
    """By which the server's log has it, where the server failed."""


@dataclass(frozen=True, slots=True)
class SignedInElsewhere:
    """Someone has signed in in another tab; a reload makes this tab theirs."""

    username: str


@dataclass(frozen=True, slots=True)
class SomeoneElseSignedIn:
    """Someone else has signed in in this browser than the person whose tab this is."""

    username: str
    person: str
    """Whose tab this is."""


AccessFault = LoginFault | PageOriginRefused | ServerRefused | SignedInElsewhere | SomeoneElseSignedIn


class ItemFault(Enum):
    """Why what a person has said could not be taken."""

    TOO_LONG = auto()
    TOO_MANY_WAITING = auto()
    """Too much of what they said before has yet to be delivered."""


class HistoryFault(Enum):
    """What a person asked of a room's history, and the browser could not do."""

    NOT_EXPORTED = auto()
    NOT_CLEARED = auto()


class ExportFormat(StrEnum):
    """What a history can be exported as; the values are file name extensions."""

    JSON = "json"
    TEXT = "txt"
