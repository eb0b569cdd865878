from __future__ import annotations

from collections.abc import Callable

import pytest

from client_py.core.channels import CHAT
from client_py.core.frames import MAX_FRAME_BYTES, WINDOW_BYTES
from client_py.core.notices import StatusChanged
from client_py.core.peer.link_effects import ClosePeerConnection, CreatePeerConnection, LinkTimer, StartTimer
from client_py.core.peer.penalty import FORGIVEN_AFTER_TICKS, Fault
from client_py.core.room import Room, RoomEffect
from client_py.core.room_effects import ForPeer, RoomTimer, Warn
from client_py.core.status_line import KeptAway
from protocol import events
from protocol.events import Peer
from tests.client_py.core.conversation.conversing import NOW, part
from tests.client_py.core.visiting import BEN, PEER, Stage, on_ben


@pytest.mark.parametrize(
    ("excess", "fault"),
    [
        (lambda room: room.frames_overrun(BEN, CHAT, "typing"), Fault.EXCESSIVE),
        (lambda room: room.channel_offered(BEN), Fault.UNREADABLE),
        (lambda room: room.frame_received(BEN, CHAT, "nonsense", NOW), Fault.UNREADABLE),
    ],
)
def test_room_tells_why_a_peer_is_kept_away(excess: Callable[[Room], list[RoomEffect]], fault: Fault) -> None:
    """The channel is closed, a person is told in one line, and the line goes when the pause is over."""
    stage = Stage()
    stage.connect()
    warning, *effects = stage.do(excess(stage.room))
    assert isinstance(warning, Warn)
    assert on_ben(effects) == [ClosePeerConnection()]
    assert ForPeer(BEN, StartTimer(LinkTimer.REPAIR, 4)) in effects
    (shown,) = [effect for effect in effects if isinstance(effect, StatusChanged)]
    assert shown.line.detail == KeptAway("ben", fault)
    *_, after = stage.do(stage.room.link_timer_fired(BEN, LinkTimer.REPAIR))
    assert isinstance(after, StatusChanged)
    assert not isinstance(after.line.detail, KeptAway)


def test_room_tells_that_a_device_does_not_keep_to_the_window() -> None:
    """What is too much is called that, also where it is found out by what has not been stored yet."""
    stage = Stage()
    stage.meet()
    text = "a" * (MAX_FRAME_BYTES - 512)
    count = WINDOW_BYTES // len(text) + 1
    for seq in range(1, count + 1):
        assert on_ben(stage.frame(part(seq, text=text))) == []
    effects = stage.frame(part(count + 1, text=text))
    assert on_ben(effects) == [ClosePeerConnection()]
    (shown,) = [effect for effect in effects if isinstance(effect, StatusChanged)]
    assert shown.line.detail == KeptAway("ben", Fault.EXCESSIVE)


def test_room_keeps_an_account_away_that_comes_back_as_another_peer() -> None:
    """Leaving and coming back ends no pause; some quiet minutes do."""
    stage = Stage()
    stage.connect()
    stage.do(stage.room.frames_overrun(BEN, CHAT, "typing"))
    stage.receive(events.PeerLeft(BEN, "left"))
    other = "bens-other-peer-00000"
    stage.do(stage.room.timer_fired(RoomTimer.TICK, NOW + 20))
    assert on_ben(stage.receive(events.PeerJoined(Peer(other, PEER.username)))) == []
    stage.receive(events.PeerLeft(other, "left"))
    for tick in range(2, 2 + FORGIVEN_AFTER_TICKS):
        stage.do(stage.room.timer_fired(RoomTimer.TICK, NOW + 20 * tick))
    effects = stage.receive(events.PeerJoined(Peer(other, PEER.username)))
    assert on_ben(effects) == [CreatePeerConnection()]
