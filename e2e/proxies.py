"""Counts what JavaScript holds of a page's Python, and breaks the page's connections for it."""

from __future__ import annotations

import asyncio
import time

from playwright.async_api import BrowserContext, Page, Route

from e2e.peer_connections import RECORD
from e2e.python_page import COUNT_PROXIES

RUNTIME = """
export * from "./pyodide.mjs?own";
import { loadPyodide as load } from "./pyodide.mjs?own";
export async function loadPyodide(options) {
    window.python = await load(options);
    window.python._module.enable_pyproxy_allocation_tracing();
    return window.python;
}
"""
"""Stands in for the runtime's module, and leaves the interpreter where it can be found."""
COUNT_CHANNELS = "window.opened"
RECORD_CHANNELS = """
window.opened = 0;
const createDataChannel = RTCPeerConnection.prototype.createDataChannel;
RTCPeerConnection.prototype.createDataChannel = function (...options) {
    const channel = createDataChannel.apply(this, options);
    channel.addEventListener("open", () => { window.opened += 1; });
    return channel;
};
"""
RESTART = """
() => new Promise((resolve, reject) => {
    const connection = window.connections.at(-1);
    const begun = connection.localDescription.sdp.match(/a=ice-ufrag:(.*)/)[1];
    setTimeout(() => reject(new Error("ICE did not restart.")), 20_000);
    const look = () => {
        const now = connection.localDescription.sdp.match(/a=ice-ufrag:(.*)/)[1];
        const isThere = connection.signalingState === "stable" && connection.connectionState === "connected";
        if (now !== begun && isThere) resolve();
        else setTimeout(look, 10);
    };
    connection.restartIce();
    look();
})
"""
RECONNECT_SECONDS = 30.0
LOOKS = 30
LOOK_SECONDS = 0.1


async def trace_proxies(context: BrowserContext) -> None:
    """Have the pages of a profile count their proxies, and keep their connections; before they are opened."""
    await context.add_init_script(RECORD)
    await context.add_init_script(RECORD_CHANNELS)

    async def stand_in(route: Route) -> None:
        await route.fulfill(body=RUNTIME, content_type="text/javascript")

    await context.route(lambda url: url.endswith("/pyodide.mjs"), stand_in)


async def count_proxies(*pages: Page) -> int:
    """Tell how many Python objects JavaScript holds in these pages, as soon as they have come to rest.

    What is on its way is held by a few, and a timer by one until it has rung: the fewest of some looks count.
    """
    counts = []
    for _ in range(LOOKS):
        counts.append(sum([int(await page.evaluate(COUNT_PROXIES)) for page in pages]))
        await asyncio.sleep(LOOK_SECONDS)
    return min(counts)


async def reconnect(first: Page, second: Page, *, restart: bool) -> None:
    """Restart ICE, or close the connection on one side, and wait until the two are connected again."""
    if restart:
        await first.evaluate(RESTART)
        return
    before = [await page.evaluate(COUNT_CHANNELS) for page in (first, second)]
    await second.evaluate("window.connections.at(-1).close()")
    deadline = time.monotonic() + RECONNECT_SECONDS
    while [await page.evaluate(COUNT_CHANNELS) for page in (first, second)] != [count + 1 for count in before]:
        assert time.monotonic() < deadline, "the two did not come together again"
        await asyncio.sleep(0.02)
