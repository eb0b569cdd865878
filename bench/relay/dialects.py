"""How one comes in, joins and signals at each server: the same work, in the words of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.relay.client import Client, frame


@dataclass
class Member:
    """A client and what it knows: who it is, and whom it talks to."""

    name: str
    room: str
    partner_name: str
    token: str = ""
    client: Client | None = None
    peer_id: str = ""
    partner_id: str = ""
    is_joined: bool = False
    changed: Callable[[], None] = field(default=lambda: None)

    def send(self, text: str) -> None:
        """Send a message."""
        if self.client is not None:
            self.client.send(frame(text))

    def join_done(self) -> None:
        """Be in the room."""
        self.is_joined = True
        self.changed()


class Dialect:
    """The bare relays': rooms by name, members by the id that they give themselves."""

    def target(self, member: Member) -> tuple[str, tuple[str, ...]]:
        """Return the address to connect to, and headers."""
        return f"/?id={member.name}", ()

    def opened(self, member: Member) -> None:
        """The WebSocket stands."""
        member.peer_id, member.partner_id = member.name, member.partner_name
        member.send(json.dumps({"type": "join", "room": member.room}))

    def told(self, member: Member, text: str) -> None:
        """A message came that is no signal."""
        if not member.is_joined and '"joined"' in text:
            member.join_done()

    def signal(self, member: Member, kind: str, payload: object) -> str:
        """Return the message that hands something to the partner; `kind` is `description` or `candidate`."""
        return _json({"type": "signal", "to": member.partner_id, kind: payload})


class OurDialect(Dialect):
    """docs/protocol.md."""

    def target(self, member: Member) -> tuple[str, tuple[str, ...]]:
        """Hand the token over as the page does."""
        return "/ws", (f"Sec-WebSocket-Protocol: p2p-chat.v2, p2p-chat.v1, token.{member.token}",)

    def opened(self, member: Member) -> None:
        """Wait for the welcome."""

    def told(self, member: Member, text: str) -> None:
        """Learn who one is and who else is there."""
        event = json.loads(text)
        match event["type"]:
            case "welcome":
                member.send(_json({"type": "join", "room": member.room}))
            case "joined":
                member.peer_id = event["peer_id"]
                member.partner_id = event["peers"][0]["peer_id"] if event["peers"] else ""
                member.join_done()
            case "peer_joined":
                member.partner_id = event["peer"]["peer_id"]
                member.changed()
            case "error":
                raise RuntimeError(text)


class PeerjsDialect(Dialect):
    """peerjs-server has no rooms: every client can be reached under its id."""

    def target(self, member: Member) -> tuple[str, tuple[str, ...]]:
        """Return key, id and token, which it checks."""
        return f"/peerjs?key=peerjs&id={member.name}&token={member.name}-token", ()

    def opened(self, member: Member) -> None:
        """Wait for OPEN."""

    def told(self, member: Member, text: str) -> None:
        """Be there."""
        if '"OPEN"' in text:
            member.peer_id, member.partner_id = member.name, member.partner_name
            member.join_done()

    def signal(self, member: Member, kind: str, payload: object) -> str:
        """Return an OFFER or a CANDIDATE."""
        name = "OFFER" if kind == "description" else "CANDIDATE"
        return _json({"type": name, "dst": member.partner_id, "payload": payload})


class YWebrtcDialect(Dialect):
    """y-webrtc's server has topics: each member listens to its own, so that nobody hears what they say."""

    def target(self, member: Member) -> tuple[str, tuple[str, ...]]:  # noqa: ARG002 - nobody has to say who they are
        """Connect."""
        return "/", ()

    def opened(self, member: Member) -> None:
        """Subscribe, which is not answered, and ask for a pong, which comes after that."""
        member.peer_id, member.partner_id = member.name, member.partner_name
        member.send(_json({"type": "subscribe", "topics": [member.name]}))
        member.send(_json({"type": "ping"}))

    def told(self, member: Member, text: str) -> None:
        """Be subscribed."""
        if '"pong"' in text and not member.is_joined:
            member.join_done()

    def signal(self, member: Member, kind: str, payload: object) -> str:
        """Publish to the partner's topic."""
        return _json({"type": "publish", "topic": member.partner_id, "from": member.peer_id, kind: payload})


class SocketIoDialect(Dialect):
    """Socket.IO over Engine.IO, without long polling."""

    def target(self, member: Member) -> tuple[str, tuple[str, ...]]:  # noqa: ARG002 - it says so when it connects
        """Connect by WebSocket at once."""
        return "/socket.io/?EIO=4&transport=websocket", ()

    def opened(self, member: Member) -> None:
        """Wait for Engine.IO's greeting."""

    def told(self, member: Member, text: str) -> None:
        """Connect, join, and answer heartbeats."""
        if text.startswith("0"):
            member.send("40" + _json({"id": member.name}))
        elif text.startswith("40"):
            member.peer_id, member.partner_id = member.name, member.partner_name
            member.send("42" + _json(["join", {"room": member.room}]))
        elif text == "2":
            member.send("3")
        elif not member.is_joined and "joined" in text:
            member.join_done()

    def signal(self, member: Member, kind: str, payload: object) -> str:
        """Emit a signal."""
        return "42" + _json(["signal", {"to": member.partner_id, kind: payload}])


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
