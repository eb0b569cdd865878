"""RTCPeerConnections in a simulated world, as far as negotiation, ICE restarts and one data channel go.

They keep WebRTC 1.0's rules on signaling states, rollback, the operations chain, `negotiationneeded` and candidates.
What a browser does behind that is reduced to what a page can see: a path needs descriptions that name each other's
certificate and ICE generation, a candidate of each side, and a network that lets them through.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from client_py.core.sdp import fingerprints, username_fragments
from client_py.ports import ChannelCallbacks, ChannelClosed, OperationFailed, PeerConnectionCallbacks
from protocol.webrtc import Candidate, Description
from tests.fakes.agenda import Action, Agenda

OPERATION = (0.0, 0.03)
EVENT = (0.0, 0.01)
HEARING = (0.0, 0.01)
"""Python hears of an operation's end after the events that the operation caused."""
GATHERING = (0.0, 0.3)
CHECKING = (0.01, 0.3)
TRAVELLING = (0.005, 0.1)
DISCONNECTED_AFTER = (2.0, 6.0)
FAILED_AFTER = (5.0, 15.0)
CONNECTING_FAILS_AFTER = (15.0, 30.0)

Places = frozenset[str]
Generation = tuple[str, str]
"""The ICE username fragments of a path: ours and theirs."""


class Internet:
    """What lies between pages: who can reach whom, and which connection has which certificate."""

    def __init__(self, agenda: Agenda) -> None:
        self.agenda = agenda
        self.slowness = 1.0
        """How much longer than usual a browser takes for everything that it does."""
        self.refusals = 0.0
        """The probability that a browser refuses an operation, for no reason that anyone could name."""
        self._cuts: dict[Places, int] = {}
        self._connections: dict[str, PeerConnection] = {}
        self._numbers = itertools.count(1)

    @property
    def connections(self) -> list[PeerConnection]:
        """Every connection that is not closed."""
        return list(self._connections.values())

    def create(self, place: str, callbacks: PeerConnectionCallbacks) -> PeerConnection:
        """Create a connection of the page in a place."""
        self.refuse_sometimes()
        fingerprint = f"CE:{next(self._numbers):X}"
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
        """Give the connection that has a description's certificate, if it lives."""
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
        self.callbacks = callbacks
        self.backlog: list[str] = []
        self._connection = connection

    def send(self, text: str) -> None:
        """Send one frame."""
        if self.ready_state != "open":
            raise ChannelClosed
        self.backlog.append(text)
        self._connection.pump()

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

    def end(self) -> None:
        """Be closed, by the other side or by a fault."""
        if self.ready_state != "closed":
            self.ready_state = "closed"
            self.callbacks.closed()


@dataclass(frozen=True, slots=True)
class _Operation:
    work: Callable[[], Action]
    failed: Callable[[str], None]


class PeerConnection:
    """One RTCPeerConnection; its operations take time, and tell how they went by a callback."""

    def __init__(self, internet: Internet, place: str, fingerprint: str, callbacks: PeerConnectionCallbacks) -> None:
        self.place = place
        self.fingerprint = fingerprint
        self.channel: Channel | None = None
        self.signaling_state = "stable"
        self.connection_state = "new"
        self._internet = internet
        self._agenda = internet.agenda
        self._callbacks = callbacks
        self._numbers = itertools.count(1)
        self._local: Description | None = None
        self._remote: Description | None = None
        self._pending_local: Description | None = None
        self._pending_remote: Description | None = None
        self._operations: deque[_Operation] = deque()
        self._chain_busy = False
        self._update_when_idle = False
        self._negotiation_needed = False
        self._restart_wanted = False
        self._candidates: set[str] = set()
        """The fragments of the other side's generations of which a candidate has come."""
        self._selected: Generation | None = None
        self._failed: Generation | None = None
        self._call_off_trouble: Action | None = None
        self._pumping = False

    # What the page does

    def set_local_description(self, done: Callable[[Description], None], failed: Callable[[str], None]) -> None:
        """Make the description that the signaling state asks for."""

        def work() -> Action:
            description = self._answer() if self.signaling_state == "have-remote-offer" else self._offer()
            return lambda: done(description)

        self._enqueue(work, failed)

    def set_remote_description(self, description: Description, done: Action, failed: Callable[[str], None]) -> None:
        """Apply what the other side sent; an offer rolls back one of our own."""

        def work() -> Action:
            if self._remote is not None and fingerprints(self._remote.sdp) != fingerprints(description.sdp):
                raise OperationFailed("the certificate is another")
            self._take_offer(description) if description.type == "offer" else self._take_answer(description)
            return done

        self._enqueue(work, failed)

    def add_ice_candidate(self, candidate: Candidate, failed: Callable[[str], None]) -> None:
        """Apply a candidate of the other side."""

        def work() -> Action:
            fragment = candidate.username_fragment or ""
            if fragment not in (_fragment(self._remote), _fragment(self._pending_remote)):
                raise OperationFailed("the candidate belongs to no description")
            self._candidates.add(fragment)
            self._look_at_both_ends()
            return _nothing

        self._enqueue(work, failed)

    def create_channel(self, callbacks: ChannelCallbacks) -> Channel:
        """Create the negotiated channel."""
        assert self.channel is None
        self.channel = Channel(self, callbacks)
        self._update_negotiation_needed()
        self._look_at_both_ends()
        return self.channel

    def restart_ice(self) -> None:
        """Ask for a new ICE generation."""
        self._restart_wanted = True
        self._update_negotiation_needed()

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

    # The signaling states

    def _enqueue(self, work: Callable[[], Action], failed: Callable[[str], None]) -> None:
        self._operations.append(_Operation(work, failed))
        if len(self._operations) == 1:
            self._begin_operation()

    def _begin_operation(self) -> None:
        self._chain_busy = True
        self._later(OPERATION, self._carry_out, self._internet.slowness)

    def _carry_out(self) -> None:
        operation = self._operations[0]
        try:
            self._internet.refuse_sometimes()
            heard = operation.work()
        except OperationFailed as error:
            reason = error.reason

            def heard() -> None:
                operation.failed(reason)

        self._chain_busy = False
        if self._update_when_idle:
            self._update_when_idle = False
            self._update_negotiation_needed()
        self._later(HEARING, lambda: self._go_on(heard), self._internet.slowness)

    def _go_on(self, heard: Action) -> None:
        heard()
        self._operations.popleft()
        if self._operations:
            self._begin_operation()

    def _offer(self) -> Description:
        fragment = _fragment(self._pending_local) or _fragment(self._local)
        if not fragment or self._restart_wanted:
            fragment = self._gather()
        self._pending_local = self._describe("offer", fragment)
        self._set_signaling_state("have-local-offer")
        return self._pending_local

    def _answer(self) -> Description:
        fragment = _fragment(self._local)
        if not fragment or _fragment(self._remote) != _fragment(self._pending_remote):
            fragment = self._gather()
        answer = self._describe("answer", fragment)
        self._agree(answer, self._pending_remote)
        return answer

    def _take_offer(self, offer: Description) -> None:
        self._pending_local = None
        self._pending_remote = offer
        self._set_signaling_state("have-remote-offer")

    def _take_answer(self, answer: Description) -> None:
        if self.signaling_state != "have-local-offer":
            raise OperationFailed("no offer is open")
        self._agree(self._pending_local, answer)

    def _agree(self, local: Description | None, remote: Description | None) -> None:
        if _fragment(local) != _fragment(self._local):
            self._restart_wanted = False
        before = self.generation
        self._local, self._remote, self._pending_local, self._pending_remote = local, remote, None, None
        self._set_signaling_state("stable")
        self._negotiation_needed = False
        self._update_negotiation_needed()
        if self.generation != before and self.connection_state != "connected":
            self._set_connection_state("connecting")
            self._expect_trouble(CONNECTING_FAILS_AFTER, self._fail)
        self._look_at_both_ends()

    def _describe(self, kind: str, fragment: str) -> Description:
        sdp = f"a=fingerprint:sha-256 {self.fingerprint}\r\na=ice-ufrag:{fragment}\r\n"
        return Description("offer" if kind == "offer" else "answer", sdp)

    def _gather(self) -> str:
        """Begin a new ICE generation; gives its fragment."""
        fragment = f"{self.fingerprint}-{next(self._numbers)}"
        for number in range(2):
            candidate = Candidate(f"candidate:{number}", "0", 0, fragment)
            self._later(GATHERING, partial(self._callbacks.candidate_gathered, candidate))
        return fragment

    def _set_signaling_state(self, state: str) -> None:
        if state != self.signaling_state:
            self.signaling_state = state
            self._callbacks.signaling_state_changed(state)

    def _update_negotiation_needed(self) -> None:
        self._later(EVENT, self._fire_negotiation_needed)

    def _fire_negotiation_needed(self) -> None:
        if self._chain_busy:
            self._update_when_idle = True
            return
        needed = self._restart_wanted or (self.channel is not None and self._local is None)
        if self.signaling_state != "stable" or self._negotiation_needed or not needed:
            return
        self._negotiation_needed = True
        self._callbacks.negotiation_needed()

    # The path

    @property
    def generation(self) -> Generation:
        """The ICE generation that was agreed on."""
        return _fragment(self._local), _fragment(self._remote)

    def counterpart(self) -> PeerConnection | None:
        """Give the connection at the other end, if both know each other."""
        other = self._internet.find(self._remote)
        return other if other is not None and self._internet.find(other._remote) is self else None

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
            and all(end.generation[1] in end._candidates for end in (self, other))
        )

    def look(self) -> None:
        """See whether the path is still there, or there again."""
        if self.has_path():
            self._later(CHECKING, self._connect)
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
        self._call_off_trouble = self._later(within, trouble)

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
            self._callbacks.connection_state_changed(state)

    # The channel

    def pump(self) -> None:
        """Let what was sent travel, as long as there is a path."""
        if self.channel is not None and self.channel.backlog and not self._pumping:
            self._pumping = True
            self._later(TRAVELLING, self._arrive)

    def _arrive(self) -> None:
        self._pumping = False
        other = self.counterpart()
        if other is None or other.channel is None or self.channel is None or not self.has_path():
            return
        if other.channel.ready_state == "connecting":
            self.pump()
            return
        count = self._agenda.random.randint(1, len(self.channel.backlog))
        texts, self.channel.backlog = self.channel.backlog[:count], self.channel.backlog[count:]
        self.pump()
        other.channel.receive(texts)

    def hear_close(self, backlog: list[str]) -> None:
        """The other side has closed its connection."""
        if self.channel is not None:
            self.channel.receive(backlog)
            self.channel.end()

    def _later(self, within: tuple[float, float], action: Action, slowness: float = 1.0) -> Action:
        """Let something happen, unless the connection is closed by then."""
        least, most = within

        def act() -> None:
            if self.connection_state != "closed":
                action()

        return self._agenda.within(least * slowness, most * slowness, act)


def _fragment(description: Description | None) -> str:
    return min(username_fragments(description.sdp)) if description else ""


def _nothing() -> None:
    """Tell nobody."""
