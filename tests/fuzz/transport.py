"""A connection of the server's whose other end is a script: what is written is kept, and what comes is handed over."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

ROUNDS, MAX_ROUNDS = 8, 1_000
"""Of the event loop: in which a request is answered, and after which whoever is not done never will be."""


class LocalSocket(socket.socket):
    """A socket that takes what may be set of TCP's, without being one."""

    def setsockopt(self, *_options: Any) -> None:
        """Set nothing."""

    def getsockopt(self, *_options: Any) -> int:  # type: ignore[override]  # likewise
        """Have nothing set."""
        return 0


class FakeTransport(asyncio.Transport):
    """What a protocol of the server's needs of a transport."""

    def __init__(self, protocol: Any) -> None:
        super().__init__()
        self.protocol = protocol
        self.written = bytearray()
        self.is_read = True
        self._is_closing = False
        self._is_lost = False
        # picows writes to it by itself where it can.
        one_end, self._other_end = socket.socketpair()
        self._socket = LocalSocket(fileno=one_end.detach())
        self._socket.settimeout(0)
        protocol.connection_made(self)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the server asks for."""
        known = {"peername": ("127.0.0.1", 50_000), "sockname": ("127.0.0.1", 3_000), "socket": self._socket}
        return known.get(name, default)

    def set_protocol(self, protocol: Any) -> None:
        """Hand what comes to another protocol from now on."""
        self.protocol = protocol

    def get_protocol(self) -> Any:
        """Return who is handed what comes."""
        return self.protocol

    def write(self, data: Any) -> None:
        """Take bytes."""
        if not self._is_lost:
            self.written += data

    def writelines(self, list_of_data: Any) -> None:
        """Take bytes."""
        self.write(b"".join(list_of_data))

    def get_write_buffer_size(self) -> int:
        """Tell that the system has taken everything."""
        return 0

    def is_reading(self) -> bool:
        """Whether more would be handed over."""
        return self.is_read

    def pause_reading(self) -> None:
        """Be read no more."""
        self.is_read = False

    def resume_reading(self) -> None:
        """Be read again."""
        self.is_read = True

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self._is_closing

    def close(self) -> None:
        """Close; the protocol hears of it in a moment."""
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_soon(self.lose)

    def abort(self) -> None:
        """Close at once."""
        self.close()

    # The script

    def receive(self, data: bytes) -> None:
        """Hand bytes over, as an event loop does."""
        while data and not self._is_closing and self.is_read:
            if isinstance(self.protocol, asyncio.BufferedProtocol) or not callable(
                getattr(self.protocol, "data_received", None)
            ):
                place = self.protocol.get_buffer(len(data))
                size = min(len(place), len(data))
                place[:size] = data[:size]
                self.protocol.buffer_updated(size)
                data = data[size:]
            else:
                self.protocol.data_received(data)
                return

    @property
    def is_over(self) -> bool:
        """Whether its protocol has heard of its end."""
        return self._is_lost

    def lose(self) -> None:
        """Be gone."""
        self._is_closing = True
        if not self._is_lost:
            self._is_lost = True
            self.protocol.connection_lost(None)
            self._socket.close()
            self._other_end.close()


async def settle() -> None:
    """Let the loop run for a few rounds: whoever has something to do does it."""
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


async def end(tasks: set[Any]) -> None:
    """Let the loop run until nobody has anything to do any more."""
    for _ in range(MAX_ROUNDS):
        await asyncio.sleep(0)
        if not tasks:
            return
    raise AssertionError(f"these do not end: {tasks}")
