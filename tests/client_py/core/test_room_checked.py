from __future__ import annotations

import pytest

from client_py.core.channels import CHAT
from client_py.core.conversation.conversation import SendFrame
from client_py.core.frames import Ping, Pong
from client_py.core.peer.link import DISCONNECTED_SECONDS, RESTART_SECONDS
from client_py.core.peer.link_effects import (
    ClosePeerConnection,
    CountBytes,
    LinkTimer,
    RestartIce,
    StartTimer,
    StopTimer,
)
from client_py.core.peer.liveness import ASKING_SECONDS, EXPECTING_SECONDS
from client_py.core.room_effects import (
    ForPeer,
    RoomEffect,
    RoomTimer,
    StartRoomTimer,
)
from client_py.core.server.session import (
    PING_SECONDS,
    CloseSocket,
    OpenSocket,
    ProbeServer,
    SendText,
    SessionTimer,
    StartSessionTimer,
    StopSessionTimer,
)
from client_py.core.server.sleep_detection import CHECK_PAUSE_SECONDS, SLEEP_SECONDS, TICK_SECONDS
from client_py.core.status_line import Status
from protocol import events, requests
from protocol.requests import REQUESTS
from tests.client_py.core.conversation.conversing import part
from tests.client_py.core.visiting import BEN, PEER, Stage, on_ben, signals

NOW = 1_000_000.0
ASK_SERVER: list[RoomEffect] = [
    SendText(REQUESTS.encode(requests.Ping())),
    StartSessionTimer(SessionTimer.PING, PING_SECONDS),
]
ASK_BEN: list[RoomEffect] = [
    SendFrame(BEN, Ping()),
    ForPeer(BEN, CountBytes()),
    ForPeer(BEN, StartTimer(LinkTimer.ASKING, ASKING_SECONDS)),
]
STOP_EXPECTING = ForPeer(BEN, StopTimer(LinkTimer.EXPECTING))
EXPECT = ForPeer(BEN, StartTimer(LinkTimer.EXPECTING, EXPECTING_SECONDS))
TICK = StartRoomTimer(RoomTimer.TICK, TICK_SECONDS)


def test_room_asks_everyone_when_it_is_checked() -> None:
    """On another network, or after sleep, both the server and the others have to show that they are there."""
    stage = Stage()
    stage.meet()
    assert stage.do(stage.room.checked(NOW)) == [*ASK_SERVER, STOP_EXPECTING, *ASK_BEN]


def test_room_is_checked_once_more_after_a_burst() -> None:
    """What happens within a second of a check is looked into at its end."""
    stage = Stage()
    stage.enter()
    stage.do(stage.room.checked(NOW))
    assert stage.do(stage.room.checked(NOW + 0.25)) == [StartRoomTimer(RoomTimer.CHECK, CHECK_PAUSE_SECONDS - 0.25)]
    stage.receive(events.Pong())
    assert stage.do(stage.room.timer_fired(RoomTimer.CHECK, NOW + 1)) == ASK_SERVER


def test_room_is_checked_after_sleep() -> None:
    """A tick that comes much too late tells that the page has slept; the others only keep the clock in view."""
    stage = Stage()
    stage.enter()
    assert stage.do(stage.room.timer_fired(RoomTimer.TICK, NOW)) == [TICK]
    assert stage.do(stage.room.timer_fired(RoomTimer.TICK, NOW + TICK_SECONDS)) == [TICK]
    late = NOW + TICK_SECONDS + SLEEP_SECONDS + 1
    assert stage.do(stage.room.timer_fired(RoomTimer.TICK, late)) == [TICK, *ASK_SERVER]


def test_room_that_waits_for_the_server_comes_back_when_it_is_checked() -> None:
    """When the browser may be online again, what waits begins at once."""
    stage = Stage()
    stage.enter()
    stage.do(stage.room.socket_closed(1006))
    assert ProbeServer() in stage.do(stage.room.checked(NOW))
    assert OpenSocket() in stage.do(stage.room.probe_ended(answered=True))


def test_room_does_not_begin_a_connection_without_the_server() -> None:
    """A check of a link begins nothing that could not be signaled."""
    stage = Stage()
    stage.enter(PEER)
    stage.do(stage.room.socket_closed(1006))
    assert on_ben(stage.do(stage.room.checked(NOW))) == []


def test_room_of_a_browser_that_cannot_has_nothing_to_check() -> None:
    """It was never entered."""
    stage = Stage(supported=False)
    stage.do(stage.room.start())
    assert stage.do(stage.room.checked(NOW)) == []


def test_room_gives_up_a_server_that_does_not_answer() -> None:
    """It counts as away until it is back, and the person is told."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.checked(NOW))
    effects = stage.do(stage.room.session_timer_fired(SessionTimer.PING))
    assert effects[len(SessionTimer) :][:2] == [CloseSocket(), ProbeServer()]
    assert stage.status() is Status.CONNECTED
    stage.do(stage.room.channel_closed(BEN, CHAT))
    assert on_ben(stage.do(stage.room.link_timer_fired(BEN, LinkTimer.REPAIR))) == []
    assert stage.status() is Status.OFFLINE


@pytest.mark.parametrize("server_answers", [True, False])
def test_room_keeps_a_channel_that_may_wake_until_the_server_has_answered(server_answers: bool) -> None:  # noqa: FBT001
    """A path that is back and brings nothing is given up only where another connection could be had."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.connection_state_changed(BEN, "disconnected"))
    stage.do(stage.room.connection_state_changed(BEN, "connected"))
    if server_answers:
        stage.receive(events.Pong())
    stage.do(stage.room.bytes_counted(BEN, 1_000))
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.ASKING))
    effects = on_ben(stage.do(stage.room.bytes_counted(BEN, 1_000)))
    assert effects[0] == (ClosePeerConnection() if server_answers else RestartIce())


def test_room_takes_the_answer_of_the_server() -> None:
    """A `pong` ends the question, and says nothing else."""
    stage = Stage()
    stage.enter()
    stage.do(stage.room.checked(NOW))
    assert stage.receive(events.Pong()) == [StopSessionTimer(SessionTimer.PING)]


def test_room_asks_the_others_when_the_server_is_lost() -> None:
    """What took the one may have taken the other."""
    stage = Stage()
    stage.meet()
    effects = stage.do(stage.room.socket_closed(1006))
    assert [effect for effect in effects if effect in ASK_BEN] == ASK_BEN


def test_room_asks_the_server_when_a_link_is_interrupted() -> None:
    """What took the one may have taken the other."""
    stage = Stage()
    stage.meet()
    effects = stage.do(stage.room.connection_state_changed(BEN, "failed"))
    assert effects[:2] == ASK_SERVER
    assert requests.Ping() not in signals(stage.do(stage.room.connection_state_changed(BEN, "failed")))


def test_room_answers_a_question() -> None:
    """A `ping` is answered at once, and a `pong` by nothing."""
    stage = Stage()
    stage.meet()
    assert stage.frame(Ping()) == [SendFrame(BEN, Pong())]
    assert stage.frame(Pong()) == []


def test_room_asks_who_owes_an_answer() -> None:
    """As long as something is on its way, silence is looked into; else it means nothing."""
    stage = Stage()
    stage.connect()
    asking = stage.do(stage.room.link_timer_fired(BEN, LinkTimer.EXPECTING))
    assert asking == [ASK_BEN[0], *ASK_SERVER, *ASK_BEN[1:]]
    stage = Stage()
    stage.meet()
    assert stage.do(stage.room.link_timer_fired(BEN, LinkTimer.EXPECTING)) == []


def test_room_goes_on_with_who_answers() -> None:
    """Any frame tells that the channel lives."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.checked(NOW))
    stage.frame(Pong())
    assert stage.do(stage.room.link_timer_fired(BEN, LinkTimer.ASKING)) == [EXPECT]


def test_room_takes_any_frame_for_a_sign_of_life() -> None:
    """A message that comes in over a path that the browser calls disconnected gives it more time."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.connection_state_changed(BEN, "disconnected"))
    more_time = ForPeer(BEN, StartTimer(LinkTimer.DISCONNECTED, DISCONNECTED_SECONDS))
    assert stage.frame(part(1))[0] == more_time
    assert stage.frame(Ping()) == [more_time, SendFrame(BEN, Pong())]


def test_room_repairs_what_is_dead() -> None:
    """Without a byte of answer, ICE is restarted, and the person is told."""
    stage = Stage()
    stage.connect()
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.EXPECTING))
    stage.do(stage.room.bytes_counted(BEN, 1_000))
    assert stage.do(stage.room.link_timer_fired(BEN, LinkTimer.ASKING)) == [ForPeer(BEN, CountBytes())]
    assert stage.do(stage.room.bytes_counted(BEN, 1_000))[:-1] == [
        ForPeer(BEN, RestartIce()),
        ForPeer(BEN, StartTimer(LinkTimer.ATTEMPT, RESTART_SECONDS)),
    ]
    assert stage.status() is Status.RECONNECTING
