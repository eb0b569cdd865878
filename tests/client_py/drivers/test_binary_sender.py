from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from client_py.core.channels import BINARY_WINDOW_BYTES
from client_py.drivers.binary_sender import HIGH_WATER_BYTES, LOOK_AGAIN_SECONDS, LOW_WATER_BYTES, BinarySender
from client_py.drivers.peer_connection import options_of
from client_py.ports.disposal import Dispose
from client_py.ports.webrtc import ChannelCallbacks, ChannelClosed
from tests.client_py.core.test_channels import BULK
from tests.fakes.ports import FakeBinaryData, FakeChannel, FakeClock, settle

CHUNK_BYTES = 16_384
UNTIL_FULL = HIGH_WATER_BYTES // CHUNK_BYTES


class Stage:
    """A transfer over a channel at whose other end the test sits."""

    def __init__(self, count: int, window: int = BINARY_WINDOW_BYTES) -> None:
        callbacks = ChannelCallbacks(lambda: None, lambda _data: None, lambda _kind: None, lambda: None)
        self.channel, self.clock = FakeChannel(options_of(BULK), callbacks), FakeClock()
        self.chunks = [FakeBinaryData(number.to_bytes(CHUNK_BYTES)) for number in range(count)]
        self.sender = BinarySender(self.channel, self.clock, window)
        self.task = asyncio.ensure_future(self.sender.send(given(self.chunks)))

    @property
    def sent(self) -> int:
        """How many chunks have been sent."""
        return len(self.channel.sent_binary)


async def given(chunks: Sequence[FakeBinaryData]) -> AsyncIterator[FakeBinaryData]:
    """Yield chunks one by one."""
    for chunk in chunks:
        yield chunk


async def test_sender_sends_all_in_order_and_lets_go_of_it() -> None:
    """Of each chunk there is nothing left once it is sent."""
    stage = Stage(5)
    await stage.task
    assert [int.from_bytes(content) for content in stage.channel.sent_binary] == [0, 1, 2, 3, 4]
    assert [chunk.releases for chunk in stage.chunks] == [1] * 5
    assert stage.channel.waiting == []
    assert stage.channel.buffered_amount_low_threshold == LOW_WATER_BYTES


async def test_sender_waits_for_a_low_buffer() -> None:
    """Up to the high water it does not wait; from there on not before the low one."""
    stage = Stage(3 * UNTIL_FULL, window=3 * HIGH_WATER_BYTES)
    await settle()
    assert (stage.sent, stage.channel.buffered_amount) == (UNTIL_FULL, HIGH_WATER_BYTES)
    stage.channel.drain(LOW_WATER_BYTES + 1)
    stage.channel.tell()
    await settle()
    assert stage.sent == UNTIL_FULL
    stage.channel.drain(LOW_WATER_BYTES)
    await settle()
    assert stage.channel.buffered_amount == HIGH_WATER_BYTES
    while not stage.task.done():
        assert len(stage.channel.waiting) == 1
        stage.channel.drain()
        await settle()
    assert stage.sent == 3 * UNTIL_FULL
    assert stage.channel.waiting == []
    stage.clock.advance(LOOK_AGAIN_SECONDS)


async def test_sender_looks_again_where_an_event_is_lost() -> None:
    """It costs some seconds, and not the transfer."""
    stage = Stage(UNTIL_FULL + 1)
    await settle()
    stage.channel.drain(silently=True)
    await settle()
    assert stage.sent == UNTIL_FULL
    stage.clock.advance(LOOK_AGAIN_SECONDS)
    await asyncio.wait_for(stage.task, 10)
    assert stage.sent == UNTIL_FULL + 1


async def test_sender_looks_again_after_subscribing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What became low before anybody listened tells nobody."""
    stage = Stage(UNTIL_FULL + 1)
    subscribe = stage.channel.on_buffered_amount_low

    def subscribe_late(callback: Callable[[], None]) -> Dispose:
        stage.channel.drain()
        return subscribe(callback)

    monkeypatch.setattr(stage.channel, "on_buffered_amount_low", subscribe_late)
    await asyncio.wait_for(stage.task, 10)
    assert stage.sent == UNTIL_FULL + 1


async def test_sender_keeps_to_the_window_of_the_other_side() -> None:
    """What it has not said to have taken up is bounded, whatever the buffer would take."""
    stage = Stage(10, window=4 * CHUNK_BYTES)
    await settle()
    assert stage.sent == 4
    stage.sender.acknowledged(CHUNK_BYTES - 1)
    await settle()
    assert stage.sent == 4
    stage.sender.acknowledged(3 * CHUNK_BYTES)
    stage.sender.acknowledged(CHUNK_BYTES)  # it came late, and says less
    await settle()
    assert stage.sent == 7
    stage.sender.acknowledged(10**9)  # of what was not sent, nobody can have taken up anything
    await settle()
    assert stage.sent == 10
    await stage.task


async def test_sender_sends_alone_what_is_larger_than_the_window() -> None:
    """It would wait for ever."""
    stage = Stage(2, window=1)
    await settle()
    assert stage.sent == 1
    stage.sender.acknowledged(CHUNK_BYTES)
    await stage.task
    assert stage.sent == 2


@pytest.mark.parametrize("window", [BINARY_WINDOW_BYTES, CHUNK_BYTES])
async def test_sender_ends_with_the_channel(window: int) -> None:
    """Whatever it waits for; and nothing is left behind."""
    stage = Stage(UNTIL_FULL + 1, window)
    await settle()
    stage.channel.close()
    with pytest.raises(ChannelClosed):
        await stage.task
    sent = stage.sent
    assert [chunk.releases for chunk in stage.chunks] == [*[1] * (sent + 1), *[0] * (UNTIL_FULL - sent)]
    assert stage.channel.waiting == []


async def test_sender_can_be_called_off() -> None:
    """Who waits no longer is told nothing any more."""
    stage = Stage(UNTIL_FULL + 1)
    await settle()
    stage.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stage.task
    assert stage.channel.waiting == []
    assert stage.chunks[-1].releases == 1
