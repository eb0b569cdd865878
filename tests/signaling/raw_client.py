"""A client that sends whatever bytes a test wants, and reads frames one by one."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.frames import Frame, Opcode

from protocol.http import TOKEN_SUBPROTOCOL_PREFIX
from protocol.versions import LATEST, SUBPROTOCOLS
from tests.signaling.running import PATIENCE, RunningServer

KEY = base64.b64encode(b"sixteen bytes ok").decode()


class RawClient:
    """One connection, after its handshake or without one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._head = ""

    def send(
        self, opcode: Opcode, data: bytes = b"", *, fin: bool = True, rsv1: bool = False, mask: bool = True
    ) -> None:
        """Send a frame."""
        first, *rest = Frame(opcode, data, fin=fin).serialize(mask=mask)
        self.writer.write(bytes([first | (0x40 if rsv1 else 0), *rest]))

    def send_together(self, *frames: Frame) -> None:
        """Send frames in one piece, as one read brings them."""
        self.writer.write(b"".join(frame.serialize(mask=True) for frame in frames))

    async def response(self) -> tuple[int, str]:
        """Wait for the answer to a handshake: its status, and its headers as they are."""
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), PATIENCE)
        self._head = head.decode()
        return int(head.split()[1]), self._head

    async def body(self) -> bytes:
        """Wait for the body of the response whose head came last."""
        length = re.search(r"^content-length: (\d+)", self._head, re.MULTILINE | re.IGNORECASE)
        assert length is not None, self._head
        return await asyncio.wait_for(self._reader.readexactly(int(length[1])), PATIENCE)

    async def frame(self) -> tuple[Opcode, bytes]:
        """Wait for a frame."""
        async with asyncio.timeout(PATIENCE):
            first, size = await self._reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self._reader.readexactly(2), "big")
            return Opcode(first & 0x0F), await self._reader.readexactly(size)

    async def close_code(self) -> int | None:
        """Wait for a close frame, whatever comes before, and give its code, if it has one."""
        while True:
            opcode, data = await self.frame()
            if opcode is Opcode.CLOSE:
                return int.from_bytes(data[:2], "big") if data else None

    async def end(self) -> bytes:
        """Wait until the server closes the connection, and give what came before."""
        return await asyncio.wait_for(self._reader.read(), PATIENCE)


@asynccontextmanager
async def shaking_hands(server: RunningServer, **headers: str) -> AsyncIterator[RawClient]:
    """Connect, and ask for the WebSocket, with some headers in place of the right ones."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    right = {
        "Host": f"{server.host}:{server.port}",
        "Connection": "keep-alive, Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    others = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in (right | others).items()]
    writer.write("\r\n".join(["GET /ws HTTP/1.1", *lines, "", ""]).encode())
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def connected(server: RunningServer, token: str) -> AsyncIterator[RawClient]:
    """Connect, and take the welcome."""
    offers = f"{SUBPROTOCOLS[LATEST]}, {TOKEN_SUBPROTOCOL_PREFIX}{token}"
    async with shaking_hands(server, **{"Sec-WebSocket-Protocol": offers}) as client:
        assert (await client.response())[0] == 101
        await client.frame()
        yield client
