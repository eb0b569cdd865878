"""Awaits one WebSocket through ASGI, for servers that cannot hand the connection over: slower than picows, and bounded.

Such a server shows neither control frames nor messages that have not come to their end. Where it is uvicorn, a meter
below it counts and times them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import dataclass, field

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from protocol.codes import CloseCode
from signaling.monitoring.logs import WARNING, log
from signaling.rate_limits.address_and_account_quotas import Usage
from signaling.rate_limits.penalties import FLOOD
from signaling.sockets.accepted_websocket import ABNORMAL_CLOSURE, NO_CODE, TOO_BIG, Receiver
from signaling.sockets.frame_meter import METER, FrameMeter
from signaling.sockets.websocket_limits import CLOSE_SECONDS, MAX_WAITING_MESSAGES


@dataclass
class AsgiFallback:
    """What the WebSockets of one server share that go through ASGI."""

    max_bytes: int
    """Of one message: the connection of a client that sends more is closed."""
    patience: float = CLOSE_SECONDS
    _is_told: bool = field(default=False, init=False)

    def tell(self, reason: str) -> None:
        """Say in the log, once, that WebSockets go through ASGI, and why."""
        if not self._is_told:
            self._is_told = True
            log("websockets_through_asgi", level=WARNING, reason=reason)


class AsgiWebSocket:
    """One WebSocket, from its acceptance to the end of `carry`."""

    def __init__(self, websocket: WebSocket, shared: AsgiFallback) -> None:
        self._websocket = websocket
        self._shared = shared
        self._receiver: Receiver | None = None
        self._is_let_in = False
        self._usage: Usage | None = None
        self._waiting: deque[bytes] = deque()
        self._has_news = asyncio.Event()
        self._close_code: int | None = None
        self._meter: FrameMeter | None = websocket.scope.get("state", {}).get(METER)
        self._unfinished_bytes = 0
        self._deadline: asyncio.Timeout | None = None

    def count_against(self, usage: Usage) -> None:
        """Have messages and buffers admitted by a usage, which is released when the connection is gone."""
        self._usage = usage
        if self._meter is not None:
            self._meter.watch(self)

    def listen(self, receiver: Receiver) -> None:
        """Have `carry` receive."""
        self._receiver, self._is_let_in = receiver, True

    def send(self, message: bytes) -> bool:
        """Send a text message; False if too many wait already for the client to read."""
        if len(self._waiting) >= MAX_WAITING_MESSAGES:
            return False
        self._waiting.append(message)
        self._has_news.set()
        return self._count_buffers()

    def close(self, code: int) -> None:
        """Close after what was sent, or before what waits if the client does not read."""
        if self._close_code is not None:
            return
        self._close_code = code
        self._wind_up()
        if code == CloseCode.SLOW_CONSUMER:
            self._waiting.clear()
        self._has_news.set()
        loop = asyncio.get_running_loop()
        if self._deadline is not None:
            self._deadline.reschedule(loop.time() + self._shared.patience)
        loop.call_soon(self._end, code)  # who closes may be in the middle of something

    def offend(self, points: int) -> None:
        """Hold an offence against the address that the client comes from."""
        if self._usage is not None:
            self._usage.offend(time.monotonic(), points)

    # The meter, where there is one; otherwise messages are what is counted

    def admit_frames(self, count: int) -> bool:
        """Count frames; False if they are too many."""
        return self._usage is None or self._usage.admit_frames(time.monotonic(), count)

    def keep(self, unfinished_bytes: int) -> bool:
        """Count what has come of a message that is not at its end; False if that is too much."""
        if unfinished_bytes == self._unfinished_bytes:
            return True
        self._unfinished_bytes = unfinished_bytes
        return self._count_buffers()

    def give_up(self, points: int) -> None:
        """Close a client that breaks a limit, and hold it against where it comes from."""
        self.offend(points)
        self.close(CloseCode.RATE_LIMITED)

    def _wind_up(self) -> None:
        meter, self._meter = self._meter, None
        if meter is not None:
            meter.wind_up()

    # Both ways

    async def carry(self) -> None:
        """Pass messages on, both ways, until the WebSocket ends; at once if nobody has begun to listen."""
        code = ABNORMAL_CLOSURE
        try:
            if self._is_let_in:
                code = await self._pass_on()
        finally:
            self._end(self._close_code or code)
            self._waiting.clear()
            self._wind_up()
            if self._usage is not None:
                self._usage.release()

    async def _pass_on(self) -> int:
        code = ABNORMAL_CLOSURE
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if self._close_code is None else self._shared.patience) as self._deadline:
                async with asyncio.TaskGroup() as group:
                    writing = group.create_task(self._write())
                    code = await self._read()
                    if self._close_code is None:
                        writing.cancel()  # nobody is there to read it
        self._deadline = None
        return code

    async def _read(self) -> int:
        """Receive messages until the client closes, or is closed: what comes after that is not read."""
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or NO_CODE)
            if self._close_code is None:
                self._message_came(message)
            if self._close_code is not None:
                return self._close_code
            await asyncio.sleep(0)  # others have their turn, however many messages the server has read at once

    def _message_came(self, message: Message) -> None:
        text = message.get("text")
        if self._meter is None and not self.admit_frames(1):
            self.give_up(FLOOD)
        elif len(message.get("bytes") or "" if text is None else text) > self._shared.max_bytes:
            self.close(TOO_BIG)
        elif self._receiver is not None:
            self._receiver.binary_received() if text is None else self._receiver.text_received(text)

    async def _write(self) -> None:
        """Send what waits, and at last the close code; a client that does not read has it wait."""
        # Both are received as well: the client has gone, or the server has closed and takes nothing more.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while self._waiting or self._close_code is None:
                self._has_news.clear()
                while self._waiting:
                    await self._websocket.send_text(self._waiting.popleft().decode())
                    self._count_buffers()
                if self._close_code is None:
                    await self._has_news.wait()
            await self._websocket.close(self._close_code)

    def _count_buffers(self) -> bool:
        total = sum(map(len, self._waiting)) + self._unfinished_bytes
        return self._usage is None or self._usage.buffer(total)

    def _end(self, code: int) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.closed(code)
