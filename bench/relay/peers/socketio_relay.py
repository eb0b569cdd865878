"""The same relay in python-socketio's words, on uvicorn."""

import os

import socketio
import uvicorn

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[], http_compression=False)
names: dict[str, str] = {}
members: dict[str, str] = {}


@server.event
async def connect(sid: str, _environ: object, auth: dict[str, str]) -> None:
    """Someone is there."""
    names[sid] = auth["id"]
    members[auth["id"]] = sid


@server.event
async def disconnect(sid: str, *_reason: object) -> None:
    """Someone is gone."""
    members.pop(names.pop(sid), None)


@server.event
async def join(sid: str, message: dict[str, str]) -> None:
    """Enter a room, which has the others told."""
    await server.emit("peer_joined", {"peer": names[sid]}, room=message["room"])
    await server.enter_room(sid, message["room"])
    await server.emit("joined", {"room": message["room"]}, to=sid)


@server.event
async def signal(sid: str, message: dict[str, object]) -> None:
    """Hand something to another."""
    message["from"] = names[sid]
    await server.emit("signal", message, to=members.get(str(message.pop("to"))))


if __name__ == "__main__":
    app = socketio.ASGIApp(server)
    uvicorn.run(
        app, port=int(os.environ["PORT"]), ws="websockets-sansio", ws_per_message_deflate=False, log_level="error"
    )
