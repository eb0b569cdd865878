from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from client_py.core.frames import (
    FRAMES,
    MAX_FRAME_BYTES,
    MAX_ITEMS,
    MAX_SIGNAL_SDP_BYTES,
    Frame,
    MessagePart,
    Ping,
    Pong,
    Signal,
)
from protocol.errors import MalformedMessage, RemoteProtocolError
from protocol.webrtc import Candidate, Description
from tests.protocol.strategies import messages

DEVICE = "device-0000000000000000"
MESSAGE = MessagePart(1, "message-000000000000", 1.5, 1, 1, "Hello")
OFFER, CANDIDATE = Description("offer", "v=0\r\n"), Candidate("candidate:1", "0", 0, "abcd")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(messages(FRAMES.types))
@example(Signal(description=OFFER))
@example(Signal(candidate=CANDIDATE))
def test_frames_come_out_as_they_went_in(frame: Frame) -> None:
    """Every frame of every type survives its way."""
    assert FRAMES.decode(FRAMES.encode(frame)) == frame


def test_frames_name_their_type() -> None:
    """The wire format is the one of the document."""
    assert FRAMES.encode(MESSAGE) == (
        '{"type":"message","seq":1,"id":"message-000000000000","sent_at":1.5,"part":1,"parts":1,"text":"Hello"}'
    )


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (Ping(), '{"type":"ping"}'),
        (Pong(), '{"type":"pong"}'),
        (
            Signal(candidate=CANDIDATE),
            (
                '{"type":"signal","candidate":'
                '{"candidate":"candidate:1","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"abcd"}}'
            ),
        ),
    ],
)
def test_frames_of_the_link_travel_like_the_others(frame: Frame, text: str) -> None:
    """What is not the conversation's has the same shape, and signals are spelled as the server's are."""
    assert FRAMES.encode(frame) == text


@pytest.mark.parametrize(("offer", "candidate"), [(None, None), (OFFER, CANDIDATE)])
def test_signal_carries_one_of_the_two(offer: Description | None, candidate: Candidate | None) -> None:
    """A description and a candidate are two signals, and nothing is none."""
    with pytest.raises(MalformedMessage, match="either a description or a candidate"):
        Signal(offer, candidate)


def test_signal_has_room_for_a_long_description() -> None:
    """The longest description that is sent fits into a frame, line breaks and all."""
    line = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"
    sdp = (line * MAX_SIGNAL_SDP_BYTES)[:MAX_SIGNAL_SDP_BYTES]
    assert len(FRAMES.encode(Signal(Description("answer", sdp))).encode()) <= MAX_FRAME_BYTES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"type":"shout"}',
        '{"type":"ack"}',
        '{"type":"ack","received":-1}',
        '{"type":"ack","received":1.5}',
        '{"type":"ack","received":true}',
        '{"type":"hello","version":1,"device":"short"}',
        '{"type":"typing","extra":1}',
        '{"type":"ping","extra":1}',
        '{"type":"signal"}',
        '{"type":"signal","description":{"type":"rollback","sdp":""}}',
        '{"type":"read","read":' + str(MAX_ITEMS + 1) + "}",
    ],
)
def test_frames_refuse_what_is_none(text: str) -> None:
    """What the other side sends is looked at before it is believed."""
    with pytest.raises(RemoteProtocolError):
        FRAMES.decode(text)
