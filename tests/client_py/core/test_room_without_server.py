from __future__ import annotations

import pytest

from client_py.core.channels import CHAT
from client_py.core.conversation.conversation import SendFrame
from client_py.core.frames import MAX_SIGNAL_SDP_BYTES, Signal
from client_py.core.peer.link_effects import CreateChannels, CreatePeerConnection, LinkTimer, RestartIce
from client_py.core.peer.negotiation import AddCandidate, SetLocalDescription, SetRemoteDescription
from client_py.core.room_effects import Warn
from protocol import requests
from protocol.webrtc import Candidate, Description
from tests.client_py.core.peer.test_negotiation import OUR_ANSWER, OUR_OFFER, description
from tests.client_py.core.visiting import BEN, PEER, Stage, on_ben, signals

OURS, THEIRS = Candidate("candidate:1", "0", 0, "ours"), Candidate("candidate:2", "0", 0, "theirs")


def alone_together() -> Stage:
    """Return a room without the server, connected to Ben."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.socket_closed(1006))
    return stage


def test_room_restarts_ice_over_the_channel() -> None:
    """While the server is away, the channel that has to be saved carries the offer, and then the candidates."""
    stage = alone_together()
    effects = stage.do(stage.room.connection_state_changed(BEN, "failed"))
    assert on_ben(effects) == [RestartIce()]
    assert on_ben(stage.do(stage.room.negotiation_needed(BEN))) == [SetLocalDescription()]
    assert stage.do(stage.room.candidate_gathered(BEN, OURS)) == []
    assert stage.do(stage.room.local_description_set(BEN, OUR_OFFER)) == [
        SendFrame(BEN, Signal(description=OUR_OFFER)),
        SendFrame(BEN, Signal(candidate=OURS)),
    ]


def test_room_answers_a_restart_over_the_channel() -> None:
    """Signals that come over the channel are taken like those of the server."""
    stage = alone_together()
    restarting = description("offer", "theirs")
    assert on_ben(stage.frame(Signal(description=restarting))) == [SetRemoteDescription(restarting)]
    stage.do(stage.room.signaling_state_changed(BEN, "have-remote-offer"))
    assert on_ben(stage.do(stage.room.remote_description_set(BEN))) == [SetLocalDescription()]
    assert on_ben(stage.frame(Signal(candidate=THEIRS))) == [AddCandidate(THEIRS)]
    assert SendFrame(BEN, Signal(description=OUR_ANSWER)) in stage.do(stage.room.local_description_set(BEN, OUR_ANSWER))


def test_room_signals_through_the_server_while_it_is_there() -> None:
    """The channel may be just what is broken."""
    stage = Stage()
    stage.meet()
    effects = stage.do(stage.room.candidate_gathered(BEN, OURS))
    assert signals(effects) == [requests.Signal(BEN, candidate=OURS)]
    assert len(effects) == 1


@pytest.mark.parametrize("surplus", [0, 1])
def test_room_does_not_send_a_description_that_no_frame_has_room_for(surplus: int) -> None:
    """It is noted in the console, and the link starts over when the server is back."""
    stage = alone_together()
    stage.do(stage.room.negotiation_needed(BEN))
    long = Description("offer", "a" * (MAX_SIGNAL_SDP_BYTES + surplus))
    (effect,) = stage.do(stage.room.local_description_set(BEN, long))
    assert isinstance(effect, Warn if surplus else SendFrame)


def test_room_repairs_its_links_when_the_server_is_back() -> None:
    """What had to wait for it begins at once."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.socket_closed(1006))
    stage.do(stage.room.channel_closed(BEN, CHAT))
    assert on_ben(stage.do(stage.room.link_timer_fired(BEN, LinkTimer.REPAIR))) == []
    assert on_ben(stage.joined(PEER, resumed=True)) == [CreatePeerConnection(), CreateChannels()]


def test_room_says_nothing_where_there_is_neither_server_nor_channel() -> None:
    """What is lost so is made good when the server is back."""
    stage = Stage()
    stage.enter(PEER)
    stage.do(stage.room.socket_closed(1006))
    assert stage.do(stage.room.candidate_gathered(BEN, OURS)) == []
