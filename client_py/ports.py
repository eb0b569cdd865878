"""The seams between what decides and what touches the browser.

Everything here is implemented twice: by `browser/`, and by the fakes of the tests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Protocol

from protocol.webrtc import Candidate, Description, IceServer

Dispose = Callable[[], None]
"""Ends a subscription or a timer, and frees the proxies behind it; calling it twice does no harm."""


class Clock(Protocol):
    """Time, and being called later."""

    def now(self) -> float:
        """Give the wall clock, in seconds since the epoch."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Dispose:
        """Call back once after some seconds (later in a hidden page), unless disposed of before."""
        ...


class Random(Protocol):
    """Chance, from the platform's cryptographic source."""

    def random(self) -> float:
        """Give a number from 0 (included) to 1 (excluded)."""
        ...

    def token(self) -> str:
        """Give 128 random bits as 22 characters of base64url."""
        ...


class Store(Protocol):
    """Small strings that stay in this browser (localStorage), or in the page where the browser forbids that."""

    def get(self, key: str) -> str | None:
        """Give what was put under a key, or None."""
        ...

    def put(self, key: str, value: str) -> None:
        """Keep a string under a key."""
        ...

    def remove(self, key: str) -> None:
        """Forget a key; no error if there is none."""
        ...


Key = tuple[str | int, ...]
"""Keys are ordered part by part, numbers before texts, and a key before those that go on where it ends."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write a row, in the place of the one that may be there."""

    key: Key
    value: str
    unless: tuple[Key, ...] = ()
    """Not if there is a row of any of these keys already; `write` tells whether there was."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a row; no error if there is none."""

    key: Key


@dataclass(frozen=True, slots=True)
class RemoveAll:
    """Remove every row whose key begins like this."""

    prefix: Key


Change = Put | Remove | RemoveAll


class StorageFault(StrEnum):
    """Why a browser cannot keep things."""

    FORBIDDEN = "forbidden"
    """Private browsing, or blocked cookies."""
    FULL = "full"
    """There is no room left."""
    NEWER = "newer"
    """A newer version of the page has been here, and its rows cannot be read."""
    BLOCKED = "blocked"
    """An older version of the page is open in another tab, and lets nobody upgrade the database."""
    SILENT = "silent"
    """The browser does not answer."""
    CLOSED = "closed"
    """The browser has closed the database, and says no more."""
    NO_LOCKS = "no-locks"
    """The browser does not let a page know of its other tabs; `reason` says what it said."""
    FAILED = "failed"
    """Something that nobody foresaw; `reason` says what."""


class StorageFailed(Exception):
    """Raised by `Database` and `Locks` when the browser cannot keep things; `reason` is in the browser's own words."""

    def __init__(self, fault: StorageFault, reason: str = "") -> None:
        super().__init__(fault, reason)
        self.fault = fault
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.fault}: {self.reason}" if self.reason else self.fault


class Database(Protocol):
    """Rows of text under keys, which stay in this browser (IndexedDB). Every operation may raise StorageFailed."""

    async def write(self, changes: Sequence[Change]) -> Sequence[bool]:
        """Make all changes or none, in their order; tells of each whether it was made (see `Put.unless`)."""
        ...

    async def get(self, keys: Sequence[Key]) -> Sequence[str | None]:
        """Give the values of some keys, None where there is no row."""
        ...

    async def read(
        self,
        prefix: Key,
        *,
        before: Key | None = None,
        after: Key | None = None,
        newest: int | None = None,
        oldest: int | None = None,
    ) -> Sequence[tuple[Key, str]]:
        """Give the rows whose key begins like this, in order.

        Of those before a key, or behind one; and only so many of the last, or (not both) of the first.
        """
        ...

    def close(self) -> None:
        """Let go of it; what is being written is still written."""
        ...


class Databases(Protocol):
    """Opens what this browser keeps."""

    async def open(self, closed: Callable[[], None]) -> Database:
        """Open it; StorageFailed where the browser has none. `closed` is called if it is taken away later."""
        ...


class Locks(Protocol):
    """Names that one page at a time can hold, among all of this site in this browser (Web Locks)."""

    @property
    def supported(self) -> bool:
        """Whether this browser has them, for this page."""
        ...

    async def claim(self, name: str, patience: float) -> Dispose | None:
        """Take a name, until disposed of or the page is gone; None if another page holds it for so many seconds.

        StorageFailed if the browser refuses altogether.
        """
        ...


@dataclass(frozen=True, slots=True)
class Response:
    """What an HTTP request came back with."""

    status: int
    body: str
    retry_after: float | None = None
    """Seconds, from the header."""


class Unreachable(Exception):
    """Raised by `Http` when no response came at all: no network, or no server."""


class OriginRefused(Exception):
    """Raised by `Http` and `Doorbell` when the server answers, but takes no pages of `origin`, which is ours."""

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin

    def __str__(self) -> str:
        return f"The server does not take pages from {self.origin}; P2PCHAT_ALLOWED_ORIGINS says which it takes."


class Http(Protocol):
    """Requests to the server that this page belongs to."""

    async def post(self, path: str, body: str, *, token: str | None = None) -> Response:
        """Send JSON text, with a bearer token if one is given; Unreachable or OriginRefused if there is no answer."""
        ...

    async def get(self, path: str, *, token: str) -> Response:
        """Ask for something with a bearer token; Unreachable if there is no answer."""
        ...


class Doorbell(Protocol):
    """Finds out whether the server that this page belongs to can be reached."""

    async def ring(self) -> bool:
        """Tell whether it answers; where nothing comes back at all, this lasts until it is cancelled.

        Cancelling leaves nothing behind that the next connection would have to wait for. OriginRefused if it answers
        that it takes no pages of this origin.
        """
        ...


@dataclass(frozen=True, slots=True)
class SocketCallbacks:
    """Who is told what a WebSocket does; after `closed`, nothing more comes."""

    opened: Callable[[], None]
    received: Callable[[str], None]
    closed: Callable[[int], None]
    """With the close code; 1006 where the connection just went away."""


class Socket(Protocol):
    """One WebSocket, from its opening on."""

    def send(self, text: str) -> None:
        """Send text; dropped silently once the socket is closing, as in the browser."""
        ...

    def close(self) -> None:
        """Close it, without any callback more."""
        ...


class Sockets(Protocol):
    """Opens WebSockets to the server that this page belongs to."""

    def open(self, path: str, subprotocols: Sequence[str], callbacks: SocketCallbacks) -> Socket:
        """Start to open one; how it goes is told to the callbacks."""
        ...


class BinaryData(Protocol):
    """An opaque handle on bytes that stay on the other side of the border, unless somebody asks for them.

    Whoever is given one lets go of it: what is received is bounded by what has not been released.
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
    """With the kind of the frame that was over its budget; it and all behind it were dropped, and nothing more comes.
    """
    closed: Callable[[], None]


class FrameBudget(Protocol):
    """How much of one kind of frame is received."""

    @property
    def frames(self) -> int:
        """So many at once."""
        ...

    @property
    def characters(self) -> int:
        """So many at once, in all of them (UTF-16 code units, or bytes where they are binary)."""
        ...

    @property
    def per_second(self) -> float:
        """So many frames again in a second; with 0, as many as have been taken up."""
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


@dataclass(frozen=True, slots=True)
class DomEvent:
    """What a view needs to know of a DOM event."""

    key: str = ""
    """KeyboardEvent.key."""
    shift: bool = False
    composing: bool = False
    """Whether an input method is at work, so that Enter belongs to it."""
    prevent_default: Callable[[], None] = lambda: None
    submitter: str = ""
    """SubmitEvent.submitter's `value`: which button submitted the form."""


Listener = Callable[[DomEvent], None]


class Element(Protocol):
    """One DOM element. Text goes in as text; there is no way to hand it HTML."""

    text: str
    """Node.textContent."""
    value: str
    """HTMLInputElement.value."""
    hidden: bool
    disabled: bool
    scroll_top: float
    """In CSS pixels, like the two heights."""

    @property
    def scroll_height(self) -> float:
        """Element.scrollHeight."""
        ...

    @property
    def client_height(self) -> float:
        """Element.clientHeight."""
        ...

    def get(self, attribute: str) -> str | None:
        """Give an attribute's value, or None if it is not there."""
        ...

    def set(self, attribute: str, value: str | None) -> None:
        """Set an attribute, or remove it with None."""
        ...

    def append(self, *children: Element | str) -> None:
        """Add children at the end; a str becomes a text node."""
        ...

    def insert_before(self, child: Element, reference: Element) -> None:
        """Add a child before another one."""
        ...

    def replace_children(self, *children: Element | str) -> None:
        """Put these children in the place of all."""
        ...

    def remove(self) -> None:
        """Take the element out of the page."""
        ...

    def copy(self) -> Element:
        """Give another one like it, with all that is in it; nobody listens to that one yet."""
        ...

    def focus(self) -> None:
        """Give it the keyboard."""
        ...

    def fit_to_content(self, max_height: float) -> None:
        """Make a text area as high as its text, up to a height in CSS pixels."""
        ...

    def on(self, event: str, listener: Listener) -> Dispose:
        """Listen to an event until disposed of."""
        ...


class Document(Protocol):
    """The page."""

    title: str

    @property
    def visible(self) -> bool:
        """Whether a person can see the page, and it has the focus."""
        ...

    def create(self, tag: str, attributes: Mapping[str, str] | None = None, *children: Element | str) -> Element:
        """Create an element that is not in the page yet. An SVG tag (svg, path) gets the SVG namespace."""
        ...

    def by_id(self, element_id: str) -> Element:
        """Give an element of index.html; KeyError if it has none of that id."""
        ...

    def root(self) -> Element:
        """Give the <html> element."""
        ...

    def next_frame(self, callback: Callable[[], None]) -> Dispose:
        """Call back once before the page is drawn next, unless disposed of before; in a hidden page, in a while."""
        ...

    def on(self, event: str, listener: Listener) -> Dispose:
        """Listen to an event of the document or the window, such as `visibilitychange`, until disposed of."""
        ...


class Location(Protocol):
    """The address bar and the history behind it."""

    @property
    def path(self) -> str:
        """The path of the page's address, below the path at which the site begins."""
        ...

    def url_of(self, path: str) -> str:
        """Give the whole address of a path on this site."""
        ...

    def push(self, path: str) -> None:
        """Go to a path without loading a page."""
        ...

    def on_change(self, callback: Callable[[], None]) -> Dispose:
        """Be told when the person goes back or forward."""
        ...


class NearDay(Enum):
    """The days that have names of their own."""

    YESTERDAY = auto()
    TODAY = auto()


class Formats(Protocol):
    """How this person's locale writes times; what is no moment of a calendar, any of them writes as a dash."""

    def time(self, seconds: float) -> str:
        """Write the time of day of a moment: "14:05"."""
        ...

    def day(self, seconds: float) -> str:
        """Write the day of a moment in the local time zone: "Monday, 23 November"; equal for equal days."""
        ...

    def near_day(self, seconds: float) -> NearDay | None:
        """Tell whether a moment is today or yesterday, in the local time zone."""
        ...

    def full(self, seconds: float) -> str:
        """Write date and time in full, for a tooltip."""
        ...


class Clipboard(Protocol):
    """Copying, and the sharing dialogue of a phone."""

    def copy(self, text: str) -> Awaitable[bool]:
        """Copy a text; False where the browser does not let us."""
        ...


class Downloads(Protocol):
    """Files that the page makes for the person."""

    def save(self, name: str, media_type: str, text: str) -> None:
        """Let the person save a text as a file."""
        ...
