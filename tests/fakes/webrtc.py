"""RTCPeerConnections in a simulated world, with the network between them and one data channel on each.

What agrees on a connection is in `jsep.py`. What else a browser does is reduced to what a page can see: a path
needs descriptions that name each other's certificate and ICE generation, a candidate of each side, and a network that
lets them through.
"""

from __future__ import annotations

from collections.abc import Callable

from client_py.core.peer.sdp import fingerprints
from client_py.ports.webrtc import (
    BinaryData,
    ChannelCallbacks,
    ChannelClosed,
    OperationFailed,
    PeerConnectionCallbacks,
    SelectedPath,
)
from protocol.webrtc import Description
from tests.fakes.agenda import Action, Agenda
from tests.fakes.jsep import Generation, Jsep

CHECKING = (0.01, 0.3)
TRAVELLING = (0.005, 0.1)
SENDING_AGAIN = (0.5, 1.0)
DISCONNECTED_AFTER = (2.0, 6.0)
FAILED_AFTER = (5.0, 15.0)
CONNECTING_FAILS_AFTER = (15.0, 30.0)
DOZING = 0.3
"""The probability that a path which comes back after some time finds a transport that sleeps for as long as can be."""

Places = frozenset[str]


class Internet:
    """What lies between pages: who can reach whom, and which connection has which certificate."""

    def __init__(self, agenda: Agenda) -> None:
        self.agenda = agenda
        self.slowness = 1.0
        """How much longer than usual a browser takes for everything that it does."""
        self.refusals = 0.0
        """The probability that a browser refuses an operation, for no reason that anyone could name."""
        self.relays = 0.0
        """The probability that a connection goes by way of a relay of its own."""
        self._cuts: dict[Places, int] = {}
        self._connections: dict[str, PeerConnection] = {}
        self.created = 0

    @property
    def connections(self) -> list[PeerConnection]:
        """Every connection that is not closed."""
        return list(self._connections.values())

    def create(self, place: str, callbacks: PeerConnectionCallbacks) -> PeerConnection:
        """Create a connection of the page in a place."""
        self.refuse_sometimes()
        self.created += 1
        fingerprint = f"CE:{self.created:X}"
        connection = self._connections[fingerprint] = PeerConnection(self, place, fingerprint, callbacks)
        return connection

    def refuse_sometimes(self) -> None:
        """Raise OperationFailed now and then."""
        if self.agenda.chance(self.refusals):
            raise OperationFailed("no")

    def forget(self, connection: PeerConnection) -> None:
        """Take away a connection that was closed."""
        del self._connections[connection.fingerprint]

    def find(self, description: Description | None) -> PeerConnection | None:
        """Return the connection that has a description's certificate, if it lives."""
        return self._connections.get(min(fingerprints(description.sdp)).split()[1]) if description else None

    def is_cut(self, place: str, other: str) -> bool:
        """Tell whether no packet passes between two places."""
        return self._cuts.get(frozenset({place, other}), 0) > 0

    def cut(self, places: Places, seconds: float) -> None:
        """Let no packet pass between two places for some time."""
        self._cuts[places] = self._cuts.get(places, 0) + 1
        self._look_again()

        def mend() -> None:
            self._cuts[places] -= 1
            self._look_again()

        self.agenda.after(seconds, mend)

    def overrun_channel(self, connection: PeerConnection) -> None:
        """Let a page have come more than it receives, for whatever reason."""
        if connection.channel is not None:
            connection.channel.overrun()

    def break_channel(self, connection: PeerConnection) -> None:
        """Let a channel close by itself, at both its ends."""
        for end in (connection, connection.counterpart()):
            if end is not None and end.channel is not None:
                self.agenda.within(*TRAVELLING, end.channel.end)

    def _look_again(self) -> None:
        for connection in self.connections:
            connection.look()


class Channel:
    """A negotiated data channel, ordered and reliable as long as its connection lives."""

    def __init__(self, connection: PeerConnection, callbacks: ChannelCallbacks) -> None:
        self.ready_state = "connecting"
        self.is_closed_here = False
        """Whether the page itself has closed it, and hears nothing more of it."""
        self.callbacks = callbacks
        self.backlog: list[str] = []
        self.buffered_amount_low_threshold = 0
        self._connection = connection

    @property
    def is_open(self) -> bool:
        """Whether it takes what is sent."""
        return self.ready_state == "open"

    @property
    def buffered_amount(self) -> int:
        """How much waits to be sent; a frame that is on its way still waits."""
        return sum(map(len, self.backlog))

    def send_binary(self, data: BinaryData) -> None:
        """Refuse it: the one channel of this world is for text."""
        del data
        raise ChannelClosed

    def on_buffered_amount_low(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call nobody back, since nobody waits for room on the one channel of this world."""
        del callback
        return lambda: None

    def send(self, text: str) -> None:
        """Send one frame."""
        if self.ready_state != "open":
            raise ChannelClosed
        self.backlog.append(text)
        self._connection.pump()

    def close(self) -> None:
        """Close it; the page hears nothing more of it, and the other end some time later that it is closed."""
        self.is_closed_here = True
        if self.ready_state != "closed":
            self.ready_state = "closed"
            self._connection.tell_close()

    def open(self) -> None:
        """Be open."""
        if self.ready_state == "connecting":
            self.ready_state = "open"
            self.callbacks.opened()

    def receive(self, texts: list[str]) -> None:
        """Give what has arrived to the page, until it closes the channel."""
        for text in texts:
            if self.ready_state == "open":
                self.callbacks.received(text)

    def overrun(self) -> None:
        """Drop a frame that is over its budget, and with it the channel."""
        if self.ready_state == "open":
            self.ready_state = "closed"
            self.callbacks.overrun("message")

    def end(self) -> None:
        """Be closed, by the other side or by a fault."""
        if self.ready_state != "closed":
            self.ready_state = "closed"
            self.callbacks.closed()


class PeerConnection(Jsep):
    """One RTCPeerConnection, with its path and its channel."""

    def __init__(self, internet: Internet, place: str, fingerprint: str, callbacks: PeerConnectionCallbacks) -> None:
        super().__init__(internet, fingerprint, callbacks)
        self.place = place
        self.channel: Channel | None = None
        self.connection_state = "new"
        self.bytes_received = 0
        self.stalled: Generation | None = None
        """A generation over which nothing comes through, though nobody says so."""
        self.is_relayed = internet.agenda.chance(internet.relays)
        self.is_dozing = False
        """Whether the transport waits before it sends again, and learns nothing of the path's return."""
        self._internet = internet
        self._agenda = internet.agenda
        self._selected: Generation | None = None
        self._failed: Generation | None = None
        self._call_off_trouble: Action | None = None
        self._pumping = False

    # What the page does

    def create_channel(self, callbacks: ChannelCallbacks) -> Channel:
        """Create the negotiated channel."""
        assert self.channel is None
        self.channel = Channel(self, callbacks)
        self.want_channel()
        self._look_at_both_ends()
        return self.channel

    def close(self) -> None:
        """Close it; the other side sees its channel close, if packets pass, and perhaps what was on its way before."""
        other, backlog = self.counterpart(), []
        if self.channel is not None and self._agenda.chance(0.5):
            backlog = self.channel.backlog
        if other is not None and self.has_path():
            self._agenda.within(*TRAVELLING, lambda: other.hear_close(backlog))
        self.vanish()

    def vanish(self) -> None:
        """End without a word, as when a browser crashes."""
        other = self.counterpart()
        self.connection_state = self.signaling_state = "closed"
        if self.channel is not None:
            self.channel.ready_state = "closed"
        self._internet.forget(self)
        if other is not None:
            other.look()

    # The path

    def on_agreed(self, *, again: bool) -> None:
        """Look for a path of the new generation, if it is one."""
        if again and self.connection_state != "connected":
            self._set_connection_state("connecting")
            self._expect_trouble(CONNECTING_FAILS_AFTER, self._fail)
        self._look_at_both_ends()

    def on_candidate(self) -> None:
        """See whether it makes a path."""
        self._look_at_both_ends()

    def counterpart(self) -> PeerConnection | None:
        """Return the connection at the other end, if both know each other."""
        other = self._internet.find(self.remote_description)
        return other if other is not None and self._internet.find(other.remote_description) is self else None

    @property
    def selected_path(self) -> SelectedPath | None:
        """How packets pass, as soon as they have passed once."""
        return SelectedPath(self.is_relayed, self.is_relayed, "udp") if self._selected is not None else None

    def has_path(self) -> bool:
        """Tell whether packets pass now."""
        other = self.counterpart()
        if other is None or self._internet.is_cut(self.place, other.place):
            return False
        return self._matches(other) or (self._selected is not None and other._selected == self._selected[::-1])

    def _matches(self, other: PeerConnection) -> bool:
        return (
            self.generation == other.generation[::-1]
            and all(end.generation != end._failed for end in (self, other))
            and all(end.generation[1] in end.candidates for end in (self, other))
        )

    def look(self) -> None:
        """See whether the path is still there, or there again."""
        if self.has_path():
            self.later(CHECKING, self._connect)
        elif self.connection_state == "connected" and self._call_off_trouble is None:
            self._expect_trouble(DISCONNECTED_AFTER, self._disconnect)

    def _look_at_both_ends(self) -> None:
        for end in (self, self.counterpart()):
            if end is not None:
                end.look()

    def _connect(self) -> None:
        other = self.counterpart()
        if other is None or not self.has_path():
            return
        if self._matches(other):
            self._selected = self.generation
        if self.connection_state == "disconnected":
            self.is_dozing = self._agenda.chance(DOZING)
        if self._call_off_trouble is not None:
            self._call_off_trouble()
            self._call_off_trouble = None
        self._set_connection_state("connected")
        for end in (self, other):
            if other.connection_state == "connected" and self.channel and other.channel and end.channel:
                self._agenda.within(*CHECKING, end.channel.open)
        self.pump()
        other.pump()

    def _expect_trouble(self, within: tuple[float, float], trouble: Action) -> None:
        if self._call_off_trouble is not None:
            self._call_off_trouble()
        self._call_off_trouble = self.later(within, trouble)

    def _disconnect(self) -> None:
        self._expect_trouble(FAILED_AFTER, self._fail)
        self._set_connection_state("disconnected")

    def _fail(self) -> None:
        self._call_off_trouble = None
        self._selected, self._failed = None, self.generation
        self._set_connection_state("failed")
        self._look_at_both_ends()

    def _set_connection_state(self, state: str) -> None:
        if state != self.connection_state:
            self.connection_state = state
            self.callbacks.connection_state_changed(state)

    # The channel

    def pump(self) -> None:
        """Let what was sent travel, as long as there is a path."""
        if self.channel is not None and self.channel.backlog and not self._pumping:
            self._pumping = True
            self.later(TRAVELLING, self._arrive)

    def _arrive(self) -> None:
        self._pumping = False
        other = self.counterpart()
        if other is None or other.channel is None or self.channel is None or not self.has_path():
            return
        stalled = self.stalled == self.generation or other.stalled == other.generation
        if stalled or self.is_dozing or other.is_dozing:
            self._pumping = True
            self.later(SENDING_AGAIN, self._arrive)
            return
        if other.channel.ready_state == "connecting":
            self.pump()
            return
        count = self._agenda.random.randint(1, len(self.channel.backlog))
        texts, self.channel.backlog = self.channel.backlog[:count], self.channel.backlog[count:]
        self.pump()
        other.bytes_received += sum(map(len, texts))
        self.bytes_received += 1  # the transport acknowledges by itself
        other.channel.receive(texts)

    def tell_close(self) -> None:
        """The page has closed its channel."""
        other = self.counterpart()
        if other is not None and other.channel is not None and self.has_path():
            self._agenda.within(*TRAVELLING, other.channel.end)

    def hear_close(self, backlog: list[str]) -> None:
        """The other side has closed its connection."""
        if self.channel is not None:
            self.channel.receive(backlog)
            self.channel.end()
