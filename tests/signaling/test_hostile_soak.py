"""A short run of `make soak-hostile`, which takes a hundred thousand inputs, and of one that has something to find."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from protocol.http import SOCKET_PATH
from signaling.site.loading import Site
from tests.fuzz.soak import PATIENCE, out_of_reach, soak
from tests.signaling.running import running

INPUTS = 1_500
FEW_INPUTS, LOOK_EVERY = 150, 30
PATHS = [f"/!{number}" for number in range(8)]
"""Of the planted route: they are among the first that are asked, before the first look and after it."""
HANG_SECONDS = 3.0
"""After which something counts as hanging, where that is what has to be found."""
FOREVER = 3600.0
MANY_OBJECTS, MANY_BYTES = 50_000, 16 * 2**20
Endpoint = Callable[[Request], Awaitable[Response]]

kept: list[object] = []


async def fail(_request: Request) -> Response:
    """Fail as a bug does."""
    raise RuntimeError("planted")


async def hang(_request: Request) -> Response:
    """Answer when nobody waits any more."""
    await asyncio.sleep(FOREVER)
    return Response()


async def fail_unheard(_request: Request) -> Response:
    """Begin a task that fails, and keep it: the event loop tells only of those that go."""

    async def planted() -> None:
        raise RuntimeError("planted")

    kept.append(asyncio.create_task(planted()))
    return Response()


async def go_on(_request: Request) -> Response:
    """Begin a task that does not end."""
    kept.append(asyncio.create_task(asyncio.sleep(FOREVER), name="planted"))
    return Response()


async def end_another(_request: Request) -> Response:
    """End a task that should not end."""
    for task in asyncio.all_tasks():
        if "LoginWatch.run" in repr(task):
            task.cancel()
    return Response()


async def keep_objects(_request: Request) -> Response:
    """Keep what is small."""
    kept.append([[number] for number in range(MANY_OBJECTS)])
    return Response()


async def keep_bytes(_request: Request) -> Response:
    """Keep what is large."""
    kept.append(b"x" * MANY_BYTES)
    return Response()


async def say_nothing(websocket: WebSocket) -> None:
    """Take a WebSocket, and leave it at that."""
    await websocket.accept()
    await asyncio.sleep(FOREVER)


async def test_server_and_page_bear_hostile_inputs(tmp_path: Path, site: Site) -> None:
    """Nothing fails, hangs or stays of what no honest client sends."""
    with running(out_of_reach(tmp_path), site) as server:
        run = await soak(server, INPUTS, first=1)
    assert run.findings == []
    assert run.played >= INPUTS


@pytest.mark.parametrize(
    ("endpoint", "finding", "patience"),
    [
        (fail, "the server fails on", PATIENCE),
        (hang, "no end of the connection", HANG_SECONDS),
        (fail_unheard, "nobody has heard of a failure", PATIENCE),
        (go_on, "do not end", HANG_SECONDS),
        (end_another, "has ended", PATIENCE),
        (keep_objects, r"\d{6,} small objects", PATIENCE),
        (keep_bytes, "memory has grown", PATIENCE),
    ],
)
async def test_fault_of_a_route_is_found(
    tmp_path: Path, site: Site, endpoint: Endpoint, finding: str, patience: float
) -> None:
    """Wherever it is: all routes are asked, those that are added later too."""
    with running(out_of_reach(tmp_path), site) as server:
        server.app.router.routes[:0] = [Route(path, endpoint, methods=["POST"]) for path in PATHS]
        run = await soak(server, FEW_INPUTS, first=1, look_every=LOOK_EVERY, patience=patience)
    kept.clear()
    assert any(re.search(finding, each) for each in run.findings), run.findings


async def test_websocket_that_is_not_answered_is_found(tmp_path: Path, site: Site) -> None:
    """Whoever is connected would wait for ever."""
    with running(out_of_reach(tmp_path), site) as server:
        server.app.router.routes.insert(0, WebSocketRoute(SOCKET_PATH, say_nothing))
        run = await soak(server, FEW_INPUTS, first=1, look_every=LOOK_EVERY, patience=HANG_SECONDS)
    assert any("no end of the connection" in each for each in run.findings), run.findings
