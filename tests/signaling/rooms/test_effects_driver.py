import asyncio
import logging

import pytest

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Error, Joined, Peer, PeerLeft
from signaling.rooms.effects import CheckToken, Close, ConnectionId, Deliver
from signaling.rooms.effects_driver import EffectsDriver
from signaling.rooms.registry import Newcomer, Rooms
from signaling.rooms.signal_codec import CheckedSignal, Told

ANN, BEN = Peer("peer-ann", "Ann"), Peer("peer-ben", "Ben")
SIGNAL = CheckedSignal(ANN.peer_id, "}")
ERROR = Error(ErrorCode.NOT_IN_ROOM, "You are not in a room.")


class FakeLine:
    """A line with room for a limited number of events."""

    source = "ann"

    def __init__(self, room_for: int = 100) -> None:
        self.room_for = room_for
        self.sent: list[Told] = []
        self.closed: list[CloseCode] = []
        self.checked: list[str] = []
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

    def check_token(self, token: str) -> None:
        """Remember the token."""
        self.checked.append(token)


def add(effects_driver: EffectsDriver, line: FakeLine) -> ConnectionId:
    """Plug a line in under a number of its own."""
    connection = effects_driver.next_number()
    effects_driver.add(connection, line)
    return connection


def enter(effects_driver: EffectsDriver, rooms: Rooms, line: FakeLine, peer: Peer) -> ConnectionId:
    """Plug a line in, and let its peer into the kitchen."""
    connection = add(effects_driver, line)
    effects_driver.carry_out(rooms.join(Newcomer(connection, peer.username, peer, "token"), "kitchen"))
    return connection


@pytest.fixture
def rooms() -> Rooms:
    """Rooms with two places each."""
    return Rooms(capacity=2)


@pytest.fixture
def effects_driver(rooms: Rooms) -> EffectsDriver:
    """An effects driver that gives lost peers no time at all."""
    return EffectsDriver(rooms, grace=0)


async def test_event_reaches_its_line(effects_driver: EffectsDriver) -> None:
    """An event goes to the line that it is for, and to no other."""
    line, other = FakeLine(), FakeLine()
    connection = add(effects_driver, line)
    add(effects_driver, other)
    effects_driver.carry_out([Deliver(connection, ERROR)])
    assert (line.sent, other.sent) == ([ERROR], [])


async def test_closed_line_hears_no_more(effects_driver: EffectsDriver) -> None:
    """What follows on a close is dropped, a second close too."""
    line = FakeLine()
    connection = add(effects_driver, line)
    close = Close(connection, CloseCode.REPLACED)
    effects_driver.carry_out([Deliver(connection, ERROR), close, Deliver(connection, ERROR), close])
    assert (line.sent, line.closed) == ([ERROR], [CloseCode.REPLACED])


async def test_unplugged_line_hears_no_more(effects_driver: EffectsDriver) -> None:
    """What is still meant for a line that is gone is dropped."""
    line = FakeLine()
    connection = add(effects_driver, line)
    effects_driver.remove(connection)
    effects_driver.carry_out([Deliver(connection, ERROR), Close(connection, CloseCode.REPLACED)])
    assert (line.sent, line.closed) == ([], [])


async def test_place_is_given_up_after_grace(effects_driver: EffectsDriver, rooms: Rooms) -> None:
    """When the grace time of a lost peer is over, the others are told."""
    ann, ben = FakeLine(), FakeLine()
    enter(effects_driver, rooms, ann, ANN)
    connection = enter(effects_driver, rooms, ben, BEN)
    ann.changed.clear()
    effects_driver.carry_out(rooms.connection_lost(connection))
    await asyncio.wait_for(ann.changed.wait(), 5)
    assert ann.sent[-1] == PeerLeft(BEN.peer_id, "lost")


async def test_shut_down_stops_the_clocks(rooms: Rooms) -> None:
    """An effects driver that was shut down leaves no timer behind."""
    effects_driver = EffectsDriver(rooms, grace=3600)
    effects_driver.carry_out(rooms.connection_lost(enter(effects_driver, rooms, FakeLine(), ANN)))
    [timer] = effects_driver._timers.values()
    effects_driver.shut_down()
    assert timer.cancelled()


async def test_slow_line_is_cut_off_and_may_come_back(rooms: Rooms) -> None:
    """A line without room is closed; its peer keeps its place, and what is said to it from then on."""
    effects_driver = EffectsDriver(rooms, grace=3600)
    slow, ben = FakeLine(room_for=3), FakeLine()
    enter(effects_driver, rooms, slow, ANN)
    sender = enter(effects_driver, rooms, ben, BEN)
    for _ in range(3):
        effects_driver.carry_out(rooms.signal(sender, SIGNAL))
    assert (len(slow.sent), slow.closed) == (3, [CloseCode.SLOW_CONSUMER])
    again = FakeLine()
    effects_driver.carry_out(rooms.signal(sender, SIGNAL))
    enter(effects_driver, rooms, again, ANN)
    [resumed, *signals] = again.sent
    assert isinstance(resumed, Joined)
    assert resumed.resumed
    assert signals == [slow.sent[-1]] * 2
    effects_driver.shut_down()


async def test_event_worth_knowing_is_logged(
    effects_driver: EffectsDriver, rooms: Rooms, caplog: pytest.LogCaptureFixture
) -> None:
    """Joining, losing and refusing leave a line each, with who and where."""
    caplog.set_level(logging.INFO, logger="p2p_chat")
    connection = enter(effects_driver, rooms, FakeLine(), ANN)
    effects_driver.carry_out([Deliver(connection, ERROR), Deliver(connection, PeerLeft(BEN.peer_id, "lost"))])
    assert caplog.messages == [
        "event=joined connection=1 room=kitchen peer_id=peer-ann resumed=False",
        "event=refused connection=1 code=not_in_room",
        "event=peer_left connection=1 peer_id=peer-ben reason=lost",
    ]


async def test_token_is_checked_for_whom_it_is(rooms: Rooms) -> None:
    """A token goes to the client that has shown it, if it is still there."""
    effects_driver = EffectsDriver(rooms, grace=3600)
    line = FakeLine()
    connection = add(effects_driver, line)
    effects_driver.carry_out([CheckToken(connection, "fresh")])
    effects_driver.remove(connection)
    effects_driver.carry_out([CheckToken(connection, "too late")])
    assert line.checked == ["fresh"]
