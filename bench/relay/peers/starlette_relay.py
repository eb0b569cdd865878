"""The bare relay as a plain Starlette endpoint, on uvicorn with its own WebSockets."""

import os

import uvicorn
from bare_room import Member
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


async def serve(socket: WebSocket) -> None:
    """Stay with a WebSocket to its end."""
    await socket.accept()
    member = Member(socket.query_params["id"], socket.send_text)
    try:
        while True:
            await member.receive(await socket.receive_text())
    except WebSocketDisconnect:
        member.leave()


if __name__ == "__main__":
    app = Starlette(routes=[WebSocketRoute("/", serve)])
    uvicorn.run(
        app,
        port=int(os.environ["PORT"]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="error",
        access_log=False,
    )
