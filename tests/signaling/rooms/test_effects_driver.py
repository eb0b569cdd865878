import asyncio
import logging

import pytest

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Error, Joined, Peer, PeerLeft
from signaling.rooms.effects import Close, ConnectionId, Deliver
from signaling.rooms.effects_driver import Switchboard
from signaling.rooms.registry import Newcomer, Rooms
from signaling.rooms.signal_codec import RelayRequest, Told

ANN, BEN = Peer("peer-ann", "Ann"), Peer("peer-ben", "Ben")
SIGNAL = RelayRequest(ANN.peer_id, "}")
ERROR = Error(ErrorCode.NOT_IN_ROOM, "You are not in a room.")


class FakeLine:
    """A line with room for so many events."""

    source = "ann"

    def __init__(self, room_for: int = 100) -> None:
        self.room_for = room_for
        self.sent: list[Told] = []
        self.closed: list[CloseCode] = []
        self.changed = asyncio.Event()

    def send(self, event: Told) -> bool:
        """Take an event while there is room."""
        if len(self.sent) == self.room_for:
            return False
        self.sent.append(event)
        self.changed.set()
        return True

    def close(self, code: CloseCode) -> None:
        """Remember the code."""
        self.closed.append(code)


def plug_in(switchboard: Switchboard, line: FakeLine) -> ConnectionId:
    """Plug a line in under a number of its own."""
    connection = switchboard.next_number()
    switchboard.plug_in(connection, line)
    return connection


def enter(switchboard: Switchboard, rooms: Rooms, line: FakeLine, peer: Peer) -> ConnectionId:
    """Plug a line in, and let its peer into the kitchen."""
    connection = plug_in(switchboard, line)
    switchboard.carry_out(rooms.join(Newcomer(connection, peer.username, peer, "token"), "kitchen"))
    return connection


@pytest.fixture
def rooms() -> Rooms:
    """Rooms with two places each."""
    return Rooms(capacity=2)


@pytest.fixture
def switchboard(rooms: Rooms) -> Switchboard:
    """A switchboard that gives lost peers no time at all."""
    return Switchboard(rooms, grace=0)


async def test_event_reaches_its_line(switchboard: Switchboard) -> None:
    """An event goes to the line that it is for, and to no other."""
    line, other = FakeLine(), FakeLine()
    connection = plug_in(switchboard, line)
    plug_in(switchboard, other)
    switchboard.carry_out([Deliver(connection, ERROR)])
    assert (line.sent, other.sent) == ([ERROR], [])


async def test_closed_line_hears_no_more(switchboard: Switchboard) -> None:
    """What follows on a close is dropped, a second close too."""
    line = FakeLine()
    connection = plug_in(switchboard, line)
    close = Close(connection, CloseCode.REPLACED)
    switchboard.carry_out([Deliver(connection, ERROR), close, Deliver(connection, ERROR), close])
    assert (line.sent, line.closed) == ([ERROR], [CloseCode.REPLACED])


async def test_unplugged_line_hears_no_more(switchboard: Switchboard) -> None:
    """What is still meant for a line that is gone is dropped."""
    line = FakeLine()
    connection = plug_in(switchboard, line)
    switchboard.unplug(connection)
    switchboard.carry_out([Deliver(connection, ERROR), Close(connection, CloseCode.REPLACED)])
    assert (line.sent, line.closed) == ([], [])


async def test_place_is_given_up_after_grace(switchboard: Switchboard, rooms: Rooms) -> None:
    """When the grace time of a lost peer is over, the others are told."""
    ann, ben = FakeLine(), FakeLine()
    enter(switchboard, rooms, ann, ANN)
    connection = enter(switchboard, rooms, ben, BEN)
    ann.changed.clear()
    switchboard.carry_out(rooms.connection_lost(connection))
    await asyncio.wait_for(ann.changed.wait(), 5)
    assert ann.sent[-1] == PeerLeft(BEN.peer_id, "lost")


async def test_shut_down_stops_the_clocks(rooms: Rooms) -> None:
    """A switchboard that was shut down leaves no timer behind."""
    switchboard = Switchboard(rooms, grace=3600)
    switchboard.carry_out(rooms.connection_lost(enter(switchboard, rooms, FakeLine(), ANN)))
    [timer] = switchboard._timers.values()
    switchboard.shut_down()
    assert timer.cancelled()


async def test_slow_line_is_cut_off_and_may_come_back(rooms: Rooms) -> None:
    """A line without room is closed; its peer keeps its place, and what is said to it from then on."""
    switchboard = Switchboard(rooms, grace=3600)
    slow, ben = FakeLine(room_for=3), FakeLine()
    enter(switchboard, rooms, slow, ANN)
    sender = enter(switchboard, rooms, ben, BEN)
    for _ in range(3):
        switchboard.carry_out(rooms.signal(sender, SIGNAL))
    assert (len(slow.sent), slow.closed) == (3, [CloseCode.SLOW_CONSUMER])
    again = FakeLine()
    switchboard.carry_out(rooms.signal(sender, SIGNAL))
    enter(switchboard, rooms, again, ANN)
    [resumed, *signals] = again.sent
    assert isinstance(resumed, Joined)
    assert resumed.resumed
    assert signals == [slow.sent[-1]] * 2
    switchboard.shut_down()


async def test_event_worth_knowing_is_logged(
    switchboard: Switchboard, rooms: Rooms, caplog: pytest.LogCaptureFixture
) -> None:
    """Joining, losing and refusing leave a line each, with who and where."""
    caplog.set_level(logging.INFO, logger="p2p_chat")
    connection = enter(switchboard, rooms, FakeLine(), ANN)
    switchboard.carry_out([Deliver(connection, ERROR), Deliver(connection, PeerLeft(BEN.peer_id, "lost"))])
    assert caplog.messages == [
        "event=joined connection=1 room=kitchen peer_id=peer-ann resumed=False",
        "event=refused connection=1 code=not_in_room",
        "event=peer_left connection=1 peer_id=peer-ben reason=lost",
    ]
