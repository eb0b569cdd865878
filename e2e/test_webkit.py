from __future__ import annotations

from e2e.chat_page import PASSWORD, USERNAME
from e2e.server import Server
from e2e.webkit import open_webkit


def handle(name: str) -> str:
    """Return the selector of an element by its handle."""
    return f'[data-testid="{name}"]'


async def test_browser_without_webrtc_says_so(server: Server, room: str) -> None:
    """WebKit's engine shows the page, runs its Python and logs in; without WebRTC, the room says what to do."""
    async with open_webkit() as page:
        await page.open(f"{server.url}/chat/{room}")
        await page.wait_for('html[data-app="ready"]')
        await page.fill(handle("username"), USERNAME)
        await page.fill(handle("password"), PASSWORD)
        await page.click(handle("login"))
        await page.wait_for(handle("composer"))
        await page.wait_for(f'{handle("status")}[data-state="unsupported"]')
        assert await page.text_of(handle("status")) == "Not supported"
        assert "current Chrome, Edge, Firefox or Safari" in await page.text_of(handle("status-detail"))
