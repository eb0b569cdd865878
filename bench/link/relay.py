"""Serves the pages that we are measured against, and relays their signaling: what one says, the others hear.

Run as a process of its own, as our server is: `python -m bench.link.relay PORT PACKAGES`.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

PAGES = Path(__file__).parent / "pages"


class Relay:
    """The rooms, each with the sockets in it."""

    def __init__(self) -> None:
        self._rooms: dict[str, list[WebSocket]] = defaultdict(list)

    async def serve(self, socket: WebSocket) -> None:
        """Tell a newcomer how many others there are, and these whatever it says."""
        members = self._rooms[socket.path_params["room"]]
        await socket.accept()
        await socket.send_json({"others": len(members)})
        members.append(socket)
        try:
            while True:
                text = await socket.receive_text()
                for other in members:
                    if other is not socket:
                        await other.send_text(text)
        except WebSocketDisconnect:
            members.remove(socket)


def application(packages: Path) -> Starlette:
    """Put it together."""
    return Starlette(
        routes=[
            WebSocketRoute("/relay/{room}", Relay().serve),
            Mount("/packages", StaticFiles(directory=packages)),
            Mount("/", StaticFiles(directory=PAGES)),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(application(Path(sys.argv[2])), port=int(sys.argv[1]), log_level="warning")
