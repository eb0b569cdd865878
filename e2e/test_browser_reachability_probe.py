from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import Page

from e2e.python_page import PythonPage

if TYPE_CHECKING:
    from e2e.in_page import CALLBACKS, SERVER, BrowserReachabilityProbe, ask_by_request, ask_by_socket, asyncio

# The functions that a test defines run in the page (see PythonPage).

BROWSER_NOTE = re.compile("Failed to load resource|WebSocket connection to .* failed|can’t establish a connection")
"""What browsers write into the console themselves, no matter who asked for what they could not get."""

REFUSED_SOCKET = """
class extends window.before { constructor(_url, protocols) { super(`ws://${location.host}/nothing`, protocols); } }
"""
SILENT_SOCKET = "class extends EventTarget { close() { window.ended += 1; } }"
SILENT_FETCH = """
(_url, { signal }) => new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => { window.ended += 1; reject(signal.reason); });
})
"""


@asynccontextmanager
async def replaced(page: Page, name: str, script: str) -> AsyncIterator[None]:
    """Have something else in the place of what a browser gives, for some time; it may count in `window.ended`."""
    await page.evaluate(f"() => {{ window.ended = 0; window.before = {name}; window.{name} = {script}; }}")
    try:
        yield
    finally:
        await page.evaluate(f"() => {{ window.{name} = window.before; }}")


async def test_server_that_is_there_answers(python: PythonPage) -> None:
    """By the way of this browser, and by both ways in any."""

    async def answers() -> object:
        ways = (
            BrowserReachabilityProbe(SERVER, CALLBACKS).ask(),
            ask_by_request(SERVER),
            ask_by_socket(SERVER, CALLBACKS),
        )
        return [await answer for answer in ways]

    assert await python.run(answers) == [True] * 3


async def test_request_that_fails_is_no_answer(python: PythonPage) -> None:
    """What a proxy says in the place of a dead server is none, and neither is a connection that fails."""

    async def answers() -> object:
        return await ask_by_request(SERVER)

    for refuse in (lambda route: route.fulfill(status=502, body="Bad gateway"), lambda route: route.abort()):
        await python.page.route("**/healthz", refuse)
        assert await python.run(answers) is False
        await python.page.unroute("**/healthz")
    python.errors[:] = [error for error in python.errors if not BROWSER_NOTE.search(error)]


async def test_request_that_is_called_off_is_ended(python: PythonPage) -> None:
    """Cancelling the task that waits for the answer ends the request, and nothing is told of it afterwards."""

    async def cancelled() -> object:
        asking = asyncio.ensure_future(ask_by_request(SERVER))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        return asking.cancelled()

    async with replaced(python.page, "fetch", SILENT_FETCH):
        assert await python.run(cancelled) is True
        assert await python.page.evaluate("() => window.ended") == 1


async def test_socket_that_cannot_be_opened_is_no_answer(python: PythonPage) -> None:
    """A proxy that has no server behind it refuses like this."""

    async def answers() -> object:
        return await ask_by_socket(SERVER, CALLBACKS)

    async with replaced(python.page, "WebSocket", REFUSED_SOCKET):
        assert await python.run(answers) is False
    python.errors[:] = [error for error in python.errors if not BROWSER_NOTE.search(error)]


async def test_socket_that_is_called_off_is_closed(python: PythonPage) -> None:
    """Cancelling the task that waits for the answer closes it, and nothing is told of it afterwards."""

    async def cancelled() -> object:
        asking = asyncio.ensure_future(ask_by_socket(SERVER, CALLBACKS))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        return asking.cancelled()

    async with replaced(python.page, "WebSocket", SILENT_SOCKET):
        assert await python.run(cancelled) is True
        assert await python.page.evaluate("() => window.ended") == 1
