"""Plays abusers: each goes on with its attack, again after every close, until time is up."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.load import HOST
from bench.load.websocket import PING, PONG, TEXT, frame, frames, token_offers, upgrade

MAX_BYTES, MAX_CONNECTIONS = 64 * 2**30, 500_000
"""After which an attack ends early, whatever becomes of the server that it is meant for."""
READ_BYTES = 65_536
ANSWER_SECONDS = 5.0
"""Who is not answered by then begins again."""
SEND_SECONDS = 2.0
"""Likewise, where the server does not read any more."""
AGAIN_SECONDS = 0.002
"""Between a close and the next try of one abuser: hundreds of them would only keep each other from running."""


class Enough(Exception):
    """An attack has come to all that it may."""


@dataclass(frozen=True)
class Orders:
    """Against what, from where, as whom, and for how long."""

    port: int
    seconds: float
    addresses: Sequence[str]
    accounts: Sequence[tuple[str, str]]
    """Names and tokens."""
    max_bytes: int = MAX_BYTES
    max_connections: int = MAX_CONNECTIONS


@dataclass
class Deeds:
    """What an attack has come to, so that one that never reached the server is seen."""

    connections: int = 0
    sent_bytes: int = 0
    refusals: int = 0
    """Connections that the server ended, did not answer, or did not take."""


class Line:
    """One connection of an abuser."""

    def __init__(self, connected: socket.socket, orders: Orders, deeds: Deeds) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._max_bytes = orders.max_bytes
        self._deeds = deeds
        self._unread = b""

    async def send(self, data: bytes) -> None:
        """Send it all; TimeoutError if the server takes nothing any more."""
        if self._deeds.sent_bytes + len(data) > self._max_bytes:
            raise Enough
        async with asyncio.timeout(SEND_SECONDS):
            await self._loop.sock_sendall(self._socket, data)
        self._deeds.sent_bytes += len(data)
        await asyncio.sleep(0)  # what the system takes at once would never let the other abusers run

    async def flood(self, block: bytes) -> None:
        """Send a block over and over, and let what comes back be lost."""
        self._loop.add_reader(self._socket, self._discard)
        try:
            while True:
                await self.send(block)
        finally:
            self._loop.remove_reader(self._socket)

    async def fill(self, block: bytes) -> None:
        """Send a block over and over, and read nothing, until the server does not read either."""
        with contextlib.suppress(TimeoutError):
            while True:
                await self.send(block)

    async def receive(self) -> bytes:
        """Wait for something; ConnectionError at the end."""
        if self._unread:
            data, self._unread = self._unread, b""
            return data
        data = await self._loop.sock_recv(self._socket, READ_BYTES)
        if not data:
            raise ConnectionResetError
        return data

    async def head(self) -> bytes:
        """Wait for the head of an answer; TimeoutError if it does not come."""
        data = b""
        async with asyncio.timeout(ANSWER_SECONDS):
            while b"\r\n\r\n" not in data:
                data += await self.receive()
        answered, _, self._unread = data.partition(b"\r\n\r\n")
        return answered

    async def event(self, expected: str) -> dict[str, Any]:
        """Wait for an event of one type; others are passed over."""
        data = b""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                data += await self.receive()
                read = 0
                for opcode, payload, end in frames(data):
                    read = end
                    event: dict[str, Any] = json.loads(payload) if opcode == TEXT else {}
                    if event.get("type") == expected:
                        self._unread = data[end:]
                        return event
                data = data[read:]

    async def answer_pings(self) -> None:
        """Stay for as long as the server likes, and prove to be there whenever it asks."""
        data = b""
        while True:
            data += await self.receive()
            read = 0
            for opcode, payload, end in frames(data):
                read = end
                if opcode == PING:
                    await self.send(frame(PONG, payload))
            data = data[read:]

    async def wait_for_end(self) -> None:
        """Say nothing more, and read what comes."""
        with contextlib.suppress(ConnectionError):
            while True:
                await self.receive()

    def drop(self) -> None:
        """Cut the connection, with a reset: nobody is told, and no port stays taken on this side."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def close(self) -> None:
        """Close it, if it is not closed yet."""
        self._socket.close()

    def _discard(self) -> None:
        with contextlib.suppress(BlockingIOError):
            try:
                if not self._socket.recv(READ_BYTES):
                    self._loop.remove_reader(self._socket)
            except ConnectionError:
                self._loop.remove_reader(self._socket)


class Abuser:
    """One of those who attack: from one address, with an account of its own or one that others use too."""

    def __init__(self, number: int, place: float, orders: Orders, deeds: Deeds) -> None:
        self.number = number
        self.place = place
        """Among all abusers, from 0 to 1."""
        self.host = f"{HOST}:{orders.port}"
        self.username, self.token = orders.accounts[number % len(orders.accounts)]
        self._address = orders.addresses[number % len(orders.addresses)]
        self._orders = orders
        self._deeds = deeds
        self._lines: list[Line] = []
        self.numbers = itertools.count(1)

    def fresh(self) -> str:
        """Return a name that nobody has used."""
        return f"{self.number}-{next(self.numbers)}"

    async def connect(self, address: str = "", *, receive_buffer: int = 0) -> Line:
        """Open a connection."""
        if self._deeds.connections == self._orders.max_connections:
            raise Enough
        self._deeds.connections += 1
        unconnected = socket.socket()
        try:
            unconnected.settimeout(0)
            if receive_buffer:
                unconnected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            unconnected.bind((address or self._address, 0))
            async with asyncio.timeout(ANSWER_SECONDS):
                await asyncio.get_running_loop().sock_connect(unconnected, (HOST, self._orders.port))
        except BaseException:
            unconnected.close()
            raise
        line = Line(unconnected, self._orders, self._deeds)
        self._lines.append(line)
        return line

    async def websocket(self, *offers: str, receive_buffer: int = 0) -> Line:
        """Open a WebSocket, with the account's token unless other subprotocols are offered."""
        line = await self.connect(receive_buffer=receive_buffer)
        await line.send(upgrade(self.host, offers or token_offers(self.token)))
        if b" 101 " not in await line.head():
            raise ConnectionRefusedError
        return line

    async def go_on(self, act: Act) -> None:
        """Attack, again and again."""
        while True:
            try:
                await act(self)
            except (OSError, TimeoutError):
                self._deeds.refusals += 1
            finally:
                for line in self._lines:
                    line.close()
                self._lines.clear()
            await asyncio.sleep(AGAIN_SECONDS)


Act = Callable[[Abuser], Awaitable[None]]
"""What an abuser does once."""


async def attack(acts: Sequence[Act], abusers: int, orders: Orders) -> Deeds:
    """Have a number of abusers attack, each in one of the ways, until the time is up."""
    deeds = Deeds()
    ways = itertools.cycle(acts)
    every = [
        asyncio.create_task(Abuser(number, number / abusers, orders, deeds).go_on(next(ways)))
        for number in range(abusers)
    ]
    done, pending = await asyncio.wait(every, timeout=orders.seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        with contextlib.suppress(Enough):
            task.result()
    return deeds
