"""What the bare relays in Python share: rooms of members, and messages from one to another. Nothing is checked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

Send = Callable[[str], Awaitable[None]]
ROOMS: dict[str, dict[str, Send]] = {}


class Member:
    """One connection."""

    def __init__(self, name: str, send: Send) -> None:
        self._name = name
        self._send = send
        self._room_name = ""
        self._room: dict[str, Send] = {}

    async def receive(self, text: str) -> None:
        """Do what a message asks for."""
        message = json.loads(text)
        if message["type"] == "join":
            await self._join(message["room"])
        elif message["type"] == "signal" and (send := self._room.get(message.pop("to"))):
            message["from"] = self._name
            await send(json.dumps(message))

    def leave(self) -> None:
        """Be gone."""
        self._room.pop(self._name, None)
        if not self._room:
            ROOMS.pop(self._room_name, None)

    async def _join(self, room_name: str) -> None:
        self._room_name, self._room = room_name, ROOMS.setdefault(room_name, {})
        for send in self._room.values():
            await send(json.dumps({"type": "peer_joined", "peer": self._name}))
        self._room[self._name] = self._send
        await self._send(json.dumps({"type": "joined", "room": room_name, "peers": list(self._room)}))
