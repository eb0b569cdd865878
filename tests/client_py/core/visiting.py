"""A room of Ada's, in which the test plays server, browser, person and the other side."""

from __future__ import annotations

from client_py.core.channels import CHAT
from client_py.core.conversation.conversation import EMPTY, Store
from client_py.core.conversation.features import OURS, Abilities
from client_py.core.conversation.history_records import Entry, Snapshot
from client_py.core.frames import FRAMES, Frame, Hello, Resume
from client_py.core.notices import StatusChanged
from client_py.core.peer.link_effects import CountBytes, StartTimer, StopTimer
from client_py.core.peer.peer_effects import FindPath
from client_py.core.room import Room, Visitor
from client_py.core.room_effects import ForPeer, RoomEffect
from client_py.core.server.session import SendText, SessionTimer
from client_py.core.status_line import Cause, Status
from protocol import events, requests
from protocol.events import EVENTS, Event, Limits, Peer
from protocol.requests import REQUESTS
from protocol.webrtc import IceServer
from tests.client_py.core.conversation.conversing import ADAS_DEVICE, BENS_DEVICE, NOW, message_id
from tests.client_py.core.peer.test_negotiation import ANSWER, OUR_OFFER

ME, BEN = "me-0000000000000000", "ben-000000000000000"
PEER = Peer(BEN, "ben")
STUN = IceServer(("stun:stun.example.org",))


class Stage:
    """A room in which the test plays server, browser and person."""

    def __init__(
        self,
        *,
        supported: bool = True,
        snapshot: Snapshot = EMPTY,
        relay_only: bool = False,
        abilities: Abilities = OURS,
    ) -> None:
        visitor = Visitor("ada", ADAS_DEVICE, snapshot, relay_only, abilities)
        self.room = Room("den", visitor, supported=supported, random=lambda: 1.0)
        self._status: Status | None = None
        self._cause: Cause | None = None

    def status(self) -> Status | None:
        """Return the status that is shown."""
        return self._status

    def cause(self) -> Cause | None:
        """Return why there is no connection, as far as that is shown."""
        return self._cause

    def do(self, effects: list[RoomEffect]) -> list[RoomEffect]:
        """Note the status, and give the effects, with what there is to tell after them."""
        self.room.check_invariants()
        effects = [*effects, *self.room.news()]
        for effect in effects:
            if isinstance(effect, StatusChanged):
                self._status, self._cause = effect.line.status, effect.line.cause
        return effects

    def receive(self, event: Event) -> list[RoomEffect]:
        """Let the server say something."""
        return self.do(self.room.text_received(EVENTS.encode(event), NOW))

    def joined(self, *peers: Peer, resumed: bool = False, me: str = ME) -> list[RoomEffect]:
        """Let the server let us in."""
        return self.receive(events.Joined("den", me, "token", resumed=resumed, peers=peers, capacity=2))

    def enter(self, *peers: Peer) -> list[RoomEffect]:
        """Open the room; gives what comes of being in it."""
        self.do(self.room.start())
        self.do(self.room.socket_opened())
        self.receive(events.Welcome(ME, "token", (STUN,), Limits(1, 1)))
        return self.joined(*peers)

    def connect(self) -> list[RoomEffect]:
        """Enter where Ben is, and connect; gives what comes of the open channel."""
        self.enter(PEER)
        return self.connect_to_ben()

    def connect_to_ben(self) -> list[RoomEffect]:
        """Connect, in the room; gives what comes of the open channel."""
        self.do(self.room.negotiation_needed(BEN))
        self.do(self.room.signaling_state_changed(BEN, "have-local-offer"))
        self.do(self.room.local_description_set(BEN, OUR_OFFER))
        self.receive(events.Signal(BEN, description=ANSWER))
        self.do(self.room.signaling_state_changed(BEN, "stable"))
        self.do(self.room.remote_description_set(BEN))
        return self.do(self.room.channel_opened(BEN, CHAT))

    def meet(self) -> list[RoomEffect]:
        """Connect, and begin the conversation; gives what comes of that."""
        self.connect()
        return [*self.frame(Hello(1, BENS_DEVICE)), *self.frame(Resume(0, 0))]

    def frame(self, frame: Frame) -> list[RoomEffect]:
        """Let a frame of Ben's come in."""
        return self.do(self.room.frame_received(BEN, CHAT, FRAMES.encode(frame), NOW))

    def submitted(self, number: int) -> Entry:
        """Write a message; return what has to be stored of it."""
        (effect,) = self.do(self.room.text_submitted(message_id(number), "Hello", NOW))
        assert isinstance(effect, Store)
        return effect.entry

    def lose_server(self) -> list[RoomEffect]:
        """Let the WebSocket go, and come back as far as being open."""
        effects = self.do(self.room.socket_closed(1006))
        self.do(self.room.session_timer_fired(SessionTimer.PROBE))
        self.do(self.room.probe_ended(answered=True))
        self.do(self.room.socket_opened())
        return effects


def signals(effects: list[RoomEffect]) -> list[requests.Request]:
    """Return what the server is asked for."""
    return [REQUESTS.decode(effect.text) for effect in effects if isinstance(effect, SendText)]


def on_ben(effects: list[RoomEffect]) -> list[object]:
    """Return what the connection to Ben is to do."""
    of_ben = [effect.effect for effect in effects if isinstance(effect, ForPeer)]
    return [effect for effect in of_ben if not isinstance(effect, StartTimer | StopTimer | CountBytes | FindPath)]
