import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from bench.load.websocket import CONTINUATION, PING, TEXT, frame, frames, head


def parsed(data: bytes) -> Frame:
    """What a library reads, as a server."""
    reader = StreamReader()
    reader.feed_data(data)
    parser = Frame.parse(reader.read_exact, mask=True)
    with pytest.raises(StopIteration) as end:
        next(parser)
    result = end.value.value
    assert isinstance(result, Frame)
    return result


@pytest.mark.parametrize(("size", "before"), [(0, 6), (125, 6), (126, 8), (65_535, 8), (65_536, 14)])
def test_frame_is_read_by_a_library(size: int, before: int) -> None:
    """A server sees one masked frame, in the shortest of the three forms of its length."""
    assert len(head(TEXT, size)) == before
    assert parsed(frame(TEXT, b"v" * size)) == Frame(Opcode.TEXT, b"v" * size, fin=True)


def test_frame_can_be_one_piece_of_a_message() -> None:
    """What is not final says so."""
    assert parsed(frame(CONTINUATION, final=False)) == Frame(Opcode.CONT, b"", fin=False)


def test_head_stands_before_a_payload() -> None:
    """A head and what it promises are a frame."""
    assert head(TEXT, 70_000) + bytes(70_000) == frame(TEXT, bytes(70_000))


def test_frames_gives_whole_frames_only() -> None:
    """A server's frames come one by one, with the place of the next; what is not whole yet waits."""
    sent = Frame(Opcode.PING, b"?").serialize(mask=False) + Frame(Opcode.TEXT, b"v" * 200).serialize(mask=False)
    assert [(opcode, len(payload)) for opcode, payload, _ in frames(sent)] == [(PING, 1), (TEXT, 200)]
    assert [end for _, _, end in frames(sent)] == [3, len(sent)]
    assert [opcode for opcode, _, _ in frames(sent[:-1])] == [PING]
