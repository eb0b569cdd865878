"""Opens the signaling WebSocket behind a proxy, as a page does."""

from __future__ import annotations

import asyncio
import ssl

from websockets.asyncio.client import connect
from websockets.typing import Origin, Subprotocol

from protocol.http import TOKEN_SUBPROTOCOL_PREFIX
from protocol.versions import LATEST, SUBPROTOCOLS

PATIENCE = 30.0


async def open_socket(url: str, token: str, origin: str, authority: ssl.SSLContext | None = None) -> str:
    """Open it as a page of an origin, and give the first message; `authority` is who certifies an https address."""
    offered = [Subprotocol(SUBPROTOCOLS[LATEST]), Subprotocol(TOKEN_SUBPROTOCOL_PREFIX + token)]
    address = f"{url.replace('http', 'ws', 1)}/ws"
    async with connect(address, ssl=authority, subprotocols=offered, origin=Origin(origin), proxy=None) as websocket:
        return str(await asyncio.wait_for(websocket.recv(), PATIENCE))
