"""A peer that floods, in plain JavaScript (`flooding_peer.js`), driven from a test."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import BrowserContext, Page

from e2e.server import Server

SCRIPT = Path(__file__).with_name("flooding_peer.js")
JOIN = "([token, room]) => window.flooding.join(token, room)"
POUR = "([kind, seconds]) => window.flooding.pour(kind, seconds)"


class FloodingPeer:
    """One member of a room; it talks to the first other member that it meets, and comes back when it is sent away."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @classmethod
    async def open(cls, context: BrowserContext, server: Server) -> FloodingPeer:
        """Open an empty page of the server's origin, and have it begin to flood."""
        page = await context.new_page()
        await page.goto(f"{server.url}/robots.txt")
        await page.evaluate(SCRIPT.read_text(encoding="utf-8"))
        return cls(page)

    async def join(self, token: str, room: str) -> None:
        """Enter a room."""
        await self._page.evaluate(JOIN, [token, room])

    async def pour(self, kind: str, seconds: float) -> int:
        """Send frames of one kind as fast as can be; gives how many they were."""
        return int(await self._page.evaluate(POUR, [kind, seconds]))

    async def say(self, text: str) -> int:
        """Send one message, as soon as there is a channel; gives how many frames that took."""
        return int(await self._page.evaluate("text => window.flooding.say(text)", text))

    async def opened(self) -> list[float]:
        """Tell at which moments it had a channel, in seconds."""
        return [moment / 1000 for moment in await self._page.evaluate("window.flooding.opened")]

    async def leave(self) -> None:
        """Leave the room."""
        await self._page.evaluate("window.flooding.leave()")
