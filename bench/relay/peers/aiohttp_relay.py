"""The bare relay on aiohttp."""

import os

import uvloop
from aiohttp import web
from bare_room import Member


async def serve(request: web.Request) -> web.WebSocketResponse:
    """Stay with a WebSocket to its end."""
    socket = web.WebSocketResponse(compress=False, max_msg_size=131_072)
    await socket.prepare(request)
    member = Member(request.query["id"], socket.send_str)
    try:
        async for message in socket:
            await member.receive(message.data)
    finally:
        member.leave()
    return socket


if __name__ == "__main__":
    app = web.Application()
    app.add_routes([web.get("/", serve)])
    uvloop.install()
    web.run_app(
        app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None, loop=uvloop.new_event_loop()
    )
