"""A peer that shares no code with the application: aiortc for WebRTC, and the two protocols written by hand as JSON."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from types import TracebackType
from typing import Any

from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

Json = dict[str, Any]

TIMEOUT_SECONDS = 30

NAME = re.compile(r" \S+\.local ")
"""A candidate with a name in place of its address: only multicast DNS resolves it, and not every network carries that.
It is not needed: the page's own checks show the address (RFC 8445 §7.3.1.3, peer-reflexive candidates)."""
END_OF_CANDIDATES = "a=end-of-candidates"


class ForeignPeer:
    """One member of a room, from joining to leaving; it talks to the first other member that it meets."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.replace("http", "ws", 1) + "/ws"
        self._subprotocols = [Subprotocol("p2p-chat.v1"), Subprotocol(f"token.{token}")]
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._channel: RTCDataChannel = self._connection.createDataChannel("chat", negotiated=True, id=0)
        self._channel.on("open", self._greet)
        self._channel.on("message", self._take_frame)
        self._frames: list[Json] = []
        self._came = asyncio.Event()
        self._sent = 0

    async def __aenter__(self) -> ForeignPeer:
        self._socket: ClientConnection = await connect(self._url, subprotocols=self._subprotocols, proxy=None)
        self._signaling = asyncio.create_task(self._follow_signaling())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.close()
        await self._socket.close()
        await self._signaling

    async def join(self, room: str) -> None:
        """Enter a room; those who are there get an offer, and who comes later gets an answer."""
        await self._ask({"type": "join", "room": room})

    def send(self, text: str) -> None:
        """Send a message in one frame."""
        self._sent += 1
        message = {"seq": self._sent, "id": secrets.token_urlsafe(16), "sent_at": time.time(), "text": text}
        self._send_frame({"type": "message", "part": 1, "parts": 1, **message})

    async def receive_message(self) -> tuple[int, str]:
        """Wait for the next message, put together if it came in parts; gives its number and its text."""
        part = await self.receive("message")
        text = part["text"]
        while part["part"] < part["parts"]:
            part = await self.receive("message")
            text += part["text"]
        return part["seq"], text

    def acknowledge(self, seq: int) -> None:
        """Say that all messages up to this one are safe."""
        self._send_frame({"type": "ack", "received": seq})

    def mark_read(self, seq: int) -> None:
        """Say that all messages up to this one were read."""
        self._send_frame({"type": "read", "read": seq})

    async def receive(self, kind: str) -> Json:
        """Wait for the next frame of a type, and take it out of what has come."""
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while True:
                for frame in self._frames:
                    if frame["type"] == kind:
                        self._frames.remove(frame)
                        return frame
                self._came.clear()
                await self._came.wait()

    # Signaling

    async def _follow_signaling(self) -> None:
        try:
            async for text in self._socket:
                await self._take_event(json.loads(text))
        except ConnectionClosed:
            return

    async def _take_event(self, event: Json) -> None:
        match event:
            case {"type": "joined", "peers": [{"peer_id": peer}, *_]}:
                await self._connection.setLocalDescription(await self._connection.createOffer())
                await self._send_description(peer)
            case {"type": "signal", "from": peer, "description": {"type": kind, "sdp": sdp}}:
                await self._connection.setRemoteDescription(RTCSessionDescription(_without_names(sdp), kind))
                if kind == "offer":
                    await self._connection.setLocalDescription(await self._connection.createAnswer())
                    await self._send_description(peer)
            case {"type": "signal", "candidate": {"candidate": line} as candidate} if line and not NAME.search(line):
                parsed = candidate_from_sdp(line.removeprefix("candidate:"))
                parsed.sdpMid, parsed.sdpMLineIndex = candidate.get("sdpMid"), candidate.get("sdpMLineIndex")
                await self._connection.addIceCandidate(parsed)
            case {"type": "error"}:
                raise AssertionError(event)

    async def _send_description(self, peer: str) -> None:
        # All candidates stand in the description, since aiortc gathers them before; none is sent by itself.
        local = self._connection.localDescription
        await self._ask({"type": "signal", "to": peer, "description": {"type": local.type, "sdp": local.sdp}})

    async def _ask(self, request: Json) -> None:
        await self._socket.send(json.dumps(request))

    # The channel

    def _greet(self) -> None:
        self._send_frame({"type": "hello", "version": 1, "device": secrets.token_urlsafe(16)})

    def _take_frame(self, data: str | bytes) -> None:
        frame: Json = json.loads(data)
        if frame["type"] == "hello":
            self._send_frame({"type": "resume", "received": 0, "read": 0})
        self._frames.append(frame)
        self._came.set()

    def _send_frame(self, frame: Json) -> None:
        self._channel.send(json.dumps(frame))


def _without_names(sdp: str) -> str:
    """Take out candidates that cannot be resolved, and the claim that these are all that there will be."""
    lines = [line for line in sdp.splitlines() if not NAME.search(line) and line != END_OF_CANDIDATES]
    return "\r\n".join([*lines, ""])
