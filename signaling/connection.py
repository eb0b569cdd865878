"""Awaits one WebSocket: reads its messages into the session, and writes what the switchboard sends it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from protocol.codes import CloseCode
from protocol.events import EVENTS, Event, Limits, Welcome
from protocol.http import KNOCK_SUBPROTOCOL, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX
from protocol.requests import MAX_REQUEST_BYTES
from protocol.webrtc import IceServer
from signaling.accounts import Account
from signaling.admission import Admission
from signaling.effects import ConnectionId, Effect
from signaling.errors import AuthenticationError, RateLimited
from signaling.logs import log
from signaling.rate_limits import RateLimit, message_limit
from signaling.resume_tokens import ResumeTokens
from signaling.rooms import Rooms
from signaling.session import Identity, Session
from signaling.settings import Settings
from signaling.switchboard import Switchboard
from signaling.turn_credentials import turn_server

MAX_QUEUED_EVENTS = 128
"""For a client that does not read: with descriptions of 32 KiB, some 4 MiB. One that lets more pile up is cut off."""
PEER_ID_BYTES = 16
"""128 random bits: nobody guesses a peer id, and no two are the same."""
ABNORMAL_CLOSURE = 1006
"""RFC 6455 §7.4.1: no close code came."""
CLOSE_SECONDS = 5.0
"""For a client that does not read to take the close code; then its connection is dropped."""


@dataclass(frozen=True, slots=True)
class SignalingEndpoint:
    """What every connection needs, and `serve`, the endpoint of `GET /ws`."""

    settings: Settings
    admission: Admission
    rooms: Rooms
    switchboard: Switchboard
    resume_tokens: ResumeTokens

    async def serve(self, websocket: WebSocket) -> None:
        """Accept a WebSocket and stay with it to its end."""
        offered = websocket.scope["subprotocols"]
        if offered == [KNOCK_SUBPROTOCOL]:
            log("knock", level=logging.DEBUG, address=_host(websocket))
            await websocket.accept(KNOCK_SUBPROTOCOL)
            await websocket.close(CloseCode.NORMAL)
            return
        # Accepted before its token is looked at: a page can read a close code, and not the status of a handshake.
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        try:
            account = await self.admission.account_of(_token(websocket))
        except AuthenticationError:
            log("unauthenticated", address=_host(websocket))
            await websocket.close(CloseCode.UNAUTHENTICATED)
            return
        connection = Connection(websocket, self.switchboard, message_limit(self.settings))
        session = Session(
            connection.number,
            Identity(account.id, account.username),
            self._welcome(account),
            self.rooms,
            self.resume_tokens,
        )
        await connection.converse(session, {"account": account.username, "address": _host(websocket)})

    def _welcome(self, account: Account) -> Welcome:
        peer_id = secrets.token_urlsafe(PEER_ID_BYTES)
        rate = self.settings.message_limit
        return Welcome(
            peer_id=peer_id,
            resume_token=self.resume_tokens.issue(peer_id, account.id),
            ice_servers=self._ice_servers(account),
            limits=Limits(MAX_REQUEST_BYTES, max(1, rate.amount // rate.get_expiry())),
        )

    def _ice_servers(self, account: Account) -> tuple[IceServer, ...]:
        stun, turn = self.settings.stun_urls, self.settings.turn_urls
        servers = [IceServer(stun)] if stun else []
        if turn:
            servers.append(turn_server(turn, self.settings.turn_secret, account.id, time.time()))
        return tuple(servers)


class Connection:
    """One WebSocket with its bounded queue: a `Line` of the switchboard."""

    def __init__(
        self, websocket: WebSocket, switchboard: Switchboard, limit: RateLimit, patience: float = CLOSE_SECONDS
    ) -> None:
        self._websocket = websocket
        self._patience = patience
        self._switchboard = switchboard
        self._limit = limit
        self._queue: asyncio.Queue[str | CloseCode] = asyncio.Queue()
        self._reader: asyncio.Task[int] | None = None
        self._close_code: CloseCode | None = None
        self.number: ConnectionId = switchboard.plug_in(self)

    def send(self, event: Event) -> bool:
        """Queue an event; False if the queue is full."""
        if self._queue.qsize() >= MAX_QUEUED_EVENTS:
            return False
        self._queue.put_nowait(EVENTS.encode(event))
        return True

    def close(self, code: CloseCode) -> None:
        """Close behind what is queued, or before it for a client that does not read; wait `patience` s for either."""
        self._close_code = code
        while code is CloseCode.SLOW_CONSUMER and not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(code)
        if self._reader is not None:
            asyncio.get_running_loop().call_later(self._patience, self._reader.cancel)

    async def converse(self, session: Session, about: Mapping[str, Any]) -> None:
        """Serve the connection until either side closes it; `about` stands in the log."""
        started = time.monotonic()
        log("opened", connection=self.number, peer_id=session.peer_id, **about)
        self._switchboard.carry_out(session.opened())
        self._reader = asyncio.create_task(self._read(session))
        writer = asyncio.create_task(self._write())
        code = ABNORMAL_CLOSURE
        try:
            await asyncio.wait({self._reader})
            code = self._close_code or self._reader.result()
        finally:
            self._switchboard.unplug(self.number)
            self._switchboard.carry_out(session.closed(code))
            seconds = round(time.monotonic() - started, 1)
            log("closed", connection=self.number, peer_id=session.peer_id, code=int(code), seconds=seconds, **about)
            for task in (self._reader, writer):
                task.cancel()

    async def _read(self, session: Session) -> int:
        """Hand every message to the session; give the code with which the connection is closed."""
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or ABNORMAL_CLOSURE)
            await self._receive(message, session)

    async def _receive(self, message: Message, session: Session) -> None:
        text = message.get("text")
        try:
            await self._limit.spend()
        except RateLimited as refusal:
            answer: Callable[[], list[Effect]] = partial(session.rate_exceeded, refusal.retry_after)
        else:
            answer = session.binary_received if text is None else partial(session.text_received, text)
        # What comes from a connection that is being closed has no meaning any more: its peer may be another's by now.
        if self._close_code is None:
            self._switchboard.carry_out(answer())

    async def _write(self) -> None:
        """Send what is queued, until that is a close code."""
        # Sending fails when the connection has ended meanwhile (RuntimeError: by uvicorn itself). Reading tells how.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while isinstance(item := await self._queue.get(), str):
                await self._websocket.send_text(item)
            await self._websocket.close(item)


def _host(websocket: WebSocket) -> str | None:
    return websocket.client.host if websocket.client else None


def _token(websocket: WebSocket) -> str:
    """Give the token that a handshake carries, in a subprotocol or in the query."""
    for offer in websocket.scope["subprotocols"]:
        if offer.startswith(TOKEN_SUBPROTOCOL_PREFIX):
            return str(offer.removeprefix(TOKEN_SUBPROTOCOL_PREFIX))
    return websocket.query_params.get("token", "")
