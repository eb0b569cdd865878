from __future__ import annotations

import pytest

from client_py.core.channels import CHAT
from client_py.core.conversation.features import OURS
from client_py.core.frames import Features, Hello, Ping, Pong, Resume
from client_py.core.notices import StatusChanged
from client_py.core.peer.link import DISCONNECTED_SECONDS
from client_py.core.peer.link_effects import ClosePeerConnection, LinkTimer, StartTimer
from client_py.core.peer.penalty import Fault
from client_py.core.room import ForPeer, HandOver
from client_py.core.room_effects import Warn
from client_py.core.status_line import KeptAway, Status
from tests.client_py.core.conversation.conversing import BENS_DEVICE, NOW
from tests.client_py.core.test_channels import BULK
from tests.client_py.core.visiting import BEN, Stage, on_ben
from tests.fakes.ports import FakeBinaryData


def met(*features: str) -> Stage:
    """Meet Ben, who names some features, over `chat`; this page names that of a second channel."""
    stage = Stage(abilities=OURS.with_features(frozenset({"bulk"})))
    stage.connect()
    stage.frame(Hello(2, BENS_DEVICE))
    stage.frame(Features(features))
    stage.frame(Resume(0, 0))
    return stage


def test_link_goes_by_chat_alone() -> None:
    """That another channel opens or is closed by itself changes nothing of the link, nor of the conversation."""
    stage = Stage()
    stage.enter()
    assert stage.do(stage.room.channel_opened(BEN, BULK)) == []
    assert stage.do(stage.room.channel_closed(BEN, BULK)) == []
    stage = Stage()
    stage.connect()
    assert stage.do(stage.room.channel_opened(BEN, BULK)) == []
    assert stage.do(stage.room.channel_closed(BEN, BULK)) == []
    assert stage.status() is Status.CONNECTED
    assert ClosePeerConnection() in on_ben(stage.do(stage.room.channel_closed(BEN, CHAT)))


def test_channel_is_used_where_both_sides_have_named_its_feature() -> None:
    """Neither that it is open nor that it was named is enough."""
    old, new = met(), met("bulk")
    assert [stage.room.may_send(BEN, BULK) for stage in (old, new)] == [False, False]
    for stage in (old, new):
        stage.do(stage.room.channel_opened(BEN, BULK))
    assert [stage.room.may_send(BEN, BULK) for stage in (old, new)] == [False, True]
    assert new.room.may_send(BEN, CHAT)
    assert not new.room.may_send("nobody-0000000000000", BULK)


def test_channel_is_used_for_as_long_as_it_is_open() -> None:
    """It may end by itself, or with its RTCPeerConnection; with the next one, the features are named again."""
    stage = met("bulk")
    stage.do(stage.room.channel_opened(BEN, BULK))
    stage.do(stage.room.channel_closed(BEN, BULK))
    assert not stage.room.may_send(BEN, BULK)
    stage.do(stage.room.channel_opened(BEN, BULK))
    stage.do(stage.room.channel_closed(BEN, CHAT))
    assert not stage.room.may_send(BEN, BULK)
    assert not stage.room.may_send(BEN, CHAT)
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.REPAIR))
    stage.do(stage.room.channel_opened(BEN, CHAT))
    stage.frame(Hello(2, BENS_DEVICE))
    stage.frame(Features(("bulk",)))
    assert not stage.room.may_send(BEN, BULK)
    stage.do(stage.room.channel_opened(BEN, BULK))
    assert stage.room.may_send(BEN, BULK)


def test_data_goes_to_the_user_of_the_channel() -> None:
    """It is none of the conversation's, and nothing of it is read here."""
    stage = met("bulk")
    data = FakeBinaryData(b"bytes")
    assert stage.do(stage.room.frame_received(BEN, BULK, data, NOW)) == [HandOver(BEN, BULK, data)]
    assert data.releases == 0


def test_data_shows_that_the_path_works() -> None:
    """Whatever comes in answers the question whether anything does."""
    stage = met("bulk")
    stage.do(stage.room.connection_state_changed(BEN, "disconnected"))
    effects = stage.do(stage.room.frame_received(BEN, BULK, FakeBinaryData(b"bytes"), NOW))
    assert ForPeer(BEN, StartTimer(LinkTimer.DISCONNECTED, DISCONNECTED_SECONDS)) in effects


def test_data_may_come_before_the_features() -> None:
    """Nothing keeps the order between two channels."""
    stage = Stage()
    stage.connect()
    data = FakeBinaryData(b"bytes")
    assert stage.do(stage.room.frame_received(BEN, BULK, data, NOW)) == [HandOver(BEN, BULK, data)]


@pytest.mark.parametrize(("kind", "fault"), [("binary", Fault.EXCESSIVE), ("text", Fault.UNREADABLE)])
def test_peer_is_kept_away_that_sends_too_much_or_what_the_channel_does_not_carry(kind: str, fault: Fault) -> None:
    """The one is too much, the other is unreadable."""
    stage = met("bulk")
    effects = stage.do(stage.room.frames_overrun(BEN, BULK, kind))
    assert effects[0] == Warn(f"A peer sent more than is received over 'bulk' from anyone, in frames {kind!r}.")
    assert ClosePeerConnection() in on_ben(effects)
    shown = effects[-1]
    assert isinstance(shown, StatusChanged)
    assert shown.line.detail == KeptAway("ben", fault)


def test_text_of_the_link_goes_over_chat() -> None:
    """What keeps the link is asked and answered there."""
    stage = met("bulk")
    (answer,) = stage.frame(Ping())
    assert getattr(answer, "frame", None) == Pong()
