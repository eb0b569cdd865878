from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from client_py.core.frames import (
    FRAMES,
    MAX_FRAME_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_MESSAGES,
    MAX_PARTS,
    Ack,
    Frame,
    Hello,
    MessagePart,
    Read,
    Resume,
    Typing,
    split_text,
)
from protocol.errors import RemoteProtocolError

DEVICE = "device-0000000000000000"
MESSAGE = MessagePart(1, "message-000000000000", 1.5, 1, 1, "Hello")
FRAMES_OF_EACH_TYPE = [Hello(1, DEVICE), Resume(3, 2), MESSAGE, Ack(3), Read(2), Typing()]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("frame", FRAMES_OF_EACH_TYPE, ids=lambda frame: type(frame).__name__)
def test_frames_come_out_as_they_went_in(frame: Frame) -> None:
    """Every type of frame survives its way."""
    assert FRAMES.decode(FRAMES.encode(frame)) == frame


def test_frames_name_their_type() -> None:
    """The wire format is the one of the document."""
    assert FRAMES.encode(MESSAGE) == (
        '{"type":"message","seq":1,"id":"message-000000000000","sent_at":1.5,"part":1,"parts":1,"text":"Hello"}'
    )


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
        '{"type":"read","read":' + str(MAX_MESSAGES + 1) + "}",
    ],
)
def test_frames_refuse_what_is_none(text: str) -> None:
    """What the other side sends is looked at before it is believed."""
    with pytest.raises(RemoteProtocolError):
        FRAMES.decode(text)


def repeated(text: str, least: int) -> str:
    """Give a text repeated until it has a number of bytes."""
    return text * (least // len(text.encode()) + 1)


@given(TEXTS, st.integers(0, 60_000))
@example("", 0)
@example("\0", MAX_MESSAGE_BYTES - 1)
@example("\U0001f345", 100_000)
@example('"\\', 100_000)
@example("a" * 15_860 + "\0" * 20, 0)
def test_split_text_loses_nothing_and_fits(text: str, size: int) -> None:
    """The parts of any text are the text again, and each fits into a frame."""
    whole = repeated(text, size) if text else ""
    parts = split_text(whole)
    assert "".join(parts) == whole
    assert len(parts) <= MAX_PARTS
    for number, part in enumerate(parts, start=1):
        frame = MessagePart(2 * MAX_MESSAGES, "m" * 64, 2.0**53 - 1, number, len(parts), part)
        assert len(FRAMES.encode(frame).encode()) <= MAX_FRAME_BYTES


def test_split_text_leaves_short_texts_whole() -> None:
    """What fits into one frame is not cut; an empty text is a part too."""
    assert split_text("Hello") == ["Hello"]
    assert split_text("") == [""]
    assert len(split_text("a" * 100_000)) == 7
