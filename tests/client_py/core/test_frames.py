from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from client_py.core.frames import (
    FRAMES,
    MAX_FRAME_BYTES,
    MAX_ITEM_BYTES,
    MAX_ITEMS,
    MAX_MOMENT,
    MAX_PARTS,
    MAX_SIGNAL_SDP_BYTES,
    Frame,
    MessagePart,
    Ping,
    Pong,
    Signal,
    split_content,
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
    sdp = repeated(line, MAX_SIGNAL_SDP_BYTES)[:MAX_SIGNAL_SDP_BYTES]
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


def repeated(text: str, least: int) -> str:
    """Return a text repeated until it has a number of bytes."""
    return text * (least // len(text.encode()) + 1)


@given(TEXTS, st.integers(0, 60_000))
@example("", 0)
@example("\0", MAX_ITEM_BYTES - 1)
@example("\U0001f345", 100_000)
@example('"\\', 100_000)
@example("a" * 15_860 + "\0" * 20, 0)
def test_split_content_loses_nothing_and_fits(text: str, size: int) -> None:
    """The parts of any text are the text again, and each fits into a frame."""
    whole = repeated(text, size) if text else ""
    parts = split_content(whole)
    assert "".join(parts) == whole
    assert len(parts) <= MAX_PARTS
    for number, part in enumerate(parts, start=1):
        frame = MessagePart(2 * MAX_ITEMS, "m" * 64, MAX_MOMENT - 1 / 3, number, len(parts), part)
        assert len(FRAMES.encode(frame).encode()) <= MAX_FRAME_BYTES


def test_split_content_leaves_short_texts_whole() -> None:
    """What fits into one frame is not cut; an empty text is a part too."""
    assert split_content("Hello") == ["Hello"]
    assert split_content("") == [""]
    assert len(split_content("a" * 100_000)) == 7
