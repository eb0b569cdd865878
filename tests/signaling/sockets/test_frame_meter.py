"""A meter by itself: the server's protocol below it is one that keeps what it is given."""

import asyncio
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from signaling.rate_limits.penalties import FLOOD, UNFINISHED
from signaling.sockets.deadlines import Deadlines
from signaling.sockets.frame_meter import FRAMES_BEFORE, METER, FrameMeter, metered
from signaling.sockets.websocket_limits import FRAME_LEASE, FRAMES_AFTER_CLOSE

PING = Frame(Opcode.PING, b"").serialize(mask=True)
PATIENCE = 10.0


class Below(asyncio.Protocol):
    """A server's protocol, and a transport, which keep what they are told."""

    def __init__(self, app_state: dict[str, Any]) -> None:
        self.meter: FrameMeter = app_state[METER]
        self.told: list[object] = []
        self.is_read = True
        self.is_reset = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Remember."""
        self.told.append(data)

    def eof_received(self) -> bool | None:
        """Remember."""
        self.told.append("eof")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember."""
        self.told.append(exc)

    def pause_writing(self) -> None:
        """Remember."""
        self.told.append("pause")

    def resume_writing(self) -> None:
        """Remember."""
        self.told.append("resume")

    def pause_reading(self) -> None:
        """Be read no more."""
        self.is_read = False

    def is_closing(self) -> bool:
        """Stand."""
        return False

    def get_extra_info(self, _name: str) -> None:
        """Have no socket."""

    def abort(self) -> None:
        """Remember."""
        self.is_reset.set()


class Judge:
    """A WebSocket that admits a limited number of frames and bytes."""

    def __init__(self, frames: int = 10_000, size: int = 10_000) -> None:
        self.frames, self.size = frames, size
        self.offences: list[int] = []
        self.is_closed = asyncio.Event()

    def admit_frames(self, count: int) -> bool:
        """Count down."""
        self.frames -= count
        return self.frames >= 0

    def keep(self, unfinished_bytes: int) -> bool:
        """Compare."""
        return unfinished_bytes <= self.size

    def give_up(self, points: int) -> None:
        """Remember."""
        self.offences.append(points)
        self.is_closed.set()


def connection(
    judge: Judge | None = None, seconds: float = 3600.0, silent_seconds: float = 3600.0
) -> tuple[FrameMeter, Below]:
    """Return a meter after the handshake, and what is below it."""
    meter = metered(Deadlines(seconds), Deadlines(silent_seconds), Below, app_state={})
    below = meter.protocol
    assert isinstance(below, Below)
    assert below.meter is meter
    meter.connection_made(below)  # type: ignore[arg-type]  # as far as a meter goes
    meter.data_received(b"GET / HTTP/1.1\r\n\r\n")
    if judge is not None:
        meter.watch(judge)
    del below.told[:]
    return meter, below


async def test_server_is_told_everything() -> None:
    """What is admitted passes as it came, and so does all else that a transport tells."""
    meter, below = connection(Judge())
    gone = OSError()
    meter.data_received(PING)
    meter.pause_writing()
    meter.resume_writing()
    assert meter.eof_received()
    meter.connection_lost(gone)
    assert below.told == [PING, "pause", "resume", "eof", gone]


async def test_frames_over_the_limit_do_not_pass() -> None:
    """Nothing of the read with the frame that was too much, and nothing after it; the WebSocket is closed once."""
    judge = Judge(frames=2 * FRAME_LEASE)
    meter, below = connection(judge)
    meter.data_received(PING * (FRAMES_BEFORE + 2 * FRAME_LEASE))
    meter.data_received(PING)
    below.is_read = True
    meter.data_received(PING)
    assert (len(below.told), judge.offences, below.is_read) == (1, [FLOOD], False)


async def test_stranger_may_send_little() -> None:
    """Who floods before they are let in is closed as soon as they are."""
    meter, below = connection()
    meter.data_received(PING * FRAMES_BEFORE)
    meter.data_received(PING)
    assert (len(below.told), below.is_read) == (1, False)
    judge = Judge()
    meter.watch(judge)
    assert judge.offences == [FLOOD]


async def test_close_frame_is_looked_for_among_some() -> None:
    """After a close nobody is asked, and some frames pass that were on their way."""
    judge = Judge()
    meter, below = connection(judge)
    meter.data_received(PING * 2)
    meter.wind_up()
    meter.data_received(PING * FRAMES_AFTER_CLOSE)
    meter.data_received(PING)
    assert (len(below.told), judge.offences, below.is_read) == (2, [], False)


async def test_unfinished_bytes_are_counted() -> None:
    """Of all pieces together, until the message has come to its end."""
    judge = Judge(size=100)
    meter, _ = connection(judge)
    for _ in range(3):
        meter.data_received(Frame(Opcode.TEXT, bytes(60), fin=False).serialize(mask=True))
        meter.data_received(Frame(Opcode.CONT, bytes(60)).serialize(mask=True)[:20])
        meter.data_received(Frame(Opcode.CONT, bytes(60)).serialize(mask=True)[20:])
    assert judge.offences == []
    meter.data_received(Frame(Opcode.TEXT, bytes(60), fin=False).serialize(mask=True))
    meter.data_received(Frame(Opcode.CONT, bytes(60), fin=False).serialize(mask=True))
    assert judge.offences == [UNFINISHED]


@pytest.mark.parametrize("is_gone", [False, True])
async def test_unfinished_message_has_its_time(*, is_gone: bool) -> None:
    """It is given up, unless the client has gone."""
    judge = Judge()
    meter, _ = connection(judge, seconds=0.01)
    meter.data_received(PING[:1])
    if is_gone:
        meter.connection_lost(None)
        assert not meter._deadlines._due_at
    else:
        await asyncio.wait_for(judge.is_closed.wait(), PATIENCE)
        assert judge.offences == [UNFINISHED]


async def test_silent_client_is_reset() -> None:
    """A client from which nothing comes any more is dropped, even if it has left things unread that wait for it."""
    _, below = connection(Judge(), silent_seconds=0.01)
    await asyncio.wait_for(below.is_reset.wait(), PATIENCE)


async def test_silence_ends_with_what_comes_and_with_the_connection() -> None:
    """Each read gives a client all of the time again, and one that is gone is not looked for."""
    meter, _ = connection(Judge())
    silences = meter._silences
    [first] = silences._due_at.values()
    await asyncio.sleep(0.001)  # by which the clock moves
    meter.data_received(PING)
    [second] = silences._due_at.values()
    assert second > first
    meter.connection_lost(None)
    assert not silences._due_at
