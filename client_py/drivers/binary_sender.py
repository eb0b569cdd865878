"""Sends binary data over one channel as fast as it is taken, and no faster: little of it is in memory at any time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from client_py.core.channels import BINARY_WINDOW_BYTES, BinaryData
from client_py.ports.time import Clock
from client_py.ports.webrtc import DataChannel

HIGH_WATER_BYTES = 1_048_576
"""With this much buffered the transport has work until the page has its next turn, at 50 MB/s for 20 ms; and it is far
from the 16 MiB beyond which browsers refuse more or close the channel."""

LOW_WATER_BYTES = 262_144
"""There is more to send by the time that the rest has gone. Were it zero, the transport would stand still meanwhile."""

LOOK_AGAIN_SECONDS = 5.0
"""An event that never comes (a browser forgets it, the path is away) costs so long, and not the transfer."""


class BinarySender:
    """One transfer over a channel; it has as much under way as the buffer and the other side's window allow."""

    def __init__(self, channel: DataChannel, clock: Clock, window: int = BINARY_WINDOW_BYTES) -> None:
        self._channel = channel
        self._clock = clock
        self._window = window
        self._sent = 0
        self._acknowledged = 0
        self._changed = asyncio.Event()
        channel.buffered_amount_low_threshold = LOW_WATER_BYTES

    async def send(self, source: AsyncIterator[BinaryData]) -> None:
        """Send all that a source gives, and release each when it is sent; ChannelClosed if the channel ends before."""
        async for data in source:
            try:
                await self._wait_for_room(data.size)
                self._channel.send_binary(data)
            finally:
                data.release()
            self._sent += data.size

    def acknowledged(self, total: int) -> None:
        """The other side has taken up `total` bytes since the beginning; how it says so is the protocol's matter."""
        self._acknowledged = max(self._acknowledged, min(total, self._sent))
        self._changed.set()

    async def _wait_for_room(self, size: int) -> None:
        if self._channel.buffered_amount >= HIGH_WATER_BYTES:
            await self._wait_until(lambda: self._channel.buffered_amount <= LOW_WATER_BYTES)
        await self._wait_until(lambda: self._has_window(size))

    def _has_window(self, size: int) -> bool:
        on_its_way = self._sent - self._acknowledged
        return on_its_way == 0 or on_its_way + size <= self._window  # what is larger than the window goes alone

    async def _wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so, or the channel is closed."""
        while self._channel.is_open and not is_so():
            self._changed.clear()
            disposals = (
                self._channel.on_buffered_amount_low(self._changed.set),
                self._clock.call_later(LOOK_AGAIN_SECONDS, self._changed.set),
            )
            try:
                if not is_so():  # it may have become so just before anybody listened
                    await self._changed.wait()
            finally:
                for dispose in disposals:
                    dispose()
