from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from signaling.sockets.frame_heads import FrameHeads

FRAMES = st.lists(
    st.tuples(
        st.sampled_from([Opcode.TEXT, Opcode.CONT, Opcode.PING]),
        st.sampled_from([0, 1, 125, 126, 200, 65_535, 65_536]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
)


@given(FRAMES, st.lists(st.sampled_from([1, 2, 3, 7, 70_000]), max_size=30))
def test_heads_are_found_however_frames_are_cut(frames: list[tuple[Opcode, int, bool, bool]], cuts: list[int]) -> None:
    """Each frame begins once, of whatever length, and what is unfinished at the end is known."""
    data = b"".join(
        Frame(opcode, bytes(size), fin=fin).serialize(mask=mask)
        if opcode is not Opcode.PING
        else Frame(opcode, bytes(size % 126)).serialize(mask=mask)
        for opcode, size, fin, mask in frames
    )
    heads, begun, start = FrameHeads(), 0, 0
    for size in (*cuts, len(data)):
        rest = memoryview(data)[start : start + size]
        start += size
        while rest:
            rest, has_begun = heads.next(rest)
            begun += has_begun
    assert begun == len(frames)
    messages = [fin for opcode, _, fin, _ in frames if opcode is not Opcode.PING]
    assert heads.is_unfinished == (bool(messages) and not messages[-1])


@given(st.integers(0, 300), st.integers(1, 310))
def test_part_of_a_frame_is_unfinished(size: int, kept: int) -> None:
    """From its first byte to the one before its last."""
    data = Frame(Opcode.TEXT, bytes(size)).serialize(mask=True)
    heads, rest = FrameHeads(), memoryview(data)[:kept]
    while rest:
        rest, _ = heads.next(rest)
    assert heads.is_unfinished == (kept < len(data))
