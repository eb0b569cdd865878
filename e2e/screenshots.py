"""Takes a picture of every state of the page, narrow and wide, light and dark, for a person to look at.

Run as `make screenshots`; the pictures come to lie in build/screenshots/.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright

from e2e.browsers import Browsers
from e2e.chat_page import ChatPage, connect
from e2e.server import Server

FOLDER = Path(__file__).parent.parent / "build" / "screenshots"
SIZES = {"narrow": (360, 740), "wide": (1440, 900)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

WITHOUT_WEBRTC = "delete window.RTCPeerConnection"
WITHOUT_STORAGE = (
    "IDBFactory.prototype.open = () => { throw new DOMException('forbidden on purpose', 'SecurityError'); };"
)
WITHOUT_PATH = """
const Real = RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(configuration) { super({ ...configuration, iceServers: [], iceTransportPolicy: "relay" }); }
};
"""
"""Without a TURN server there is no relayed candidate, so that no path is ever found."""
BREAKABLE = """
const Real = RTCPeerConnection;
window.connections = [];
window.RTCPeerConnection = class extends Real {
  constructor(configuration) {
    if (window.broken) throw new Error("broken on purpose");
    super(configuration);
    window.connections.push(this);
  }
};
window.breakConnections = () => { window.broken = true; for (const each of window.connections) each.close(); };
"""

ADA_SAYS = ["Good morning! Are you still coming on Sunday?", "The tomatoes are ripe: https://example.org/tomatoes"]
BEN_SAYS = ["Of course 🍅", "I bring bread, and the book that I told you about.\nShall we say eleven?"]
LONG = "A long line of text that does not want to end, " * 12


@dataclass
class Studio:
    """A server and a browser, in front of which the states are set up."""

    server: Server
    browser: Browser

    async def page(self, script: str = "") -> ChatPage:
        """Open an empty page with a profile of its own."""
        context = await self.browser.new_context(locale="en-GB")
        if script:
            await context.add_init_script(script)
        return await ChatPage.create(context, self.server.url)

    async def visitor(self, room: str, username: str, script: str = "") -> ChatPage:
        """Open a page and log in to a room."""
        page = await self.page(script)
        await page.enter(room, username, "a password of 8 or more")
        return page


@asynccontextmanager
async def studio() -> AsyncIterator[Studio]:
    """Set up server, browser and accounts."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        for username in ("Ada", "Ben", "Cleo"):
            server.register(username)
        async with async_playwright() as playwright:
            browsers = Browsers(playwright)
            try:
                yield Studio(server, await browsers.get("chromium"))
            finally:
                await browsers.close()
                server.stop()


async def shoot(page: Page, name: str) -> None:
    """Take a state in every size and scheme."""
    for (size, (width, height)), scheme in product(SIZES.items(), SCHEMES):
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png")


async def shoot_sign_in(stage: Studio) -> None:
    """Take the form: while Python starts, ready, and after a wrong password."""
    page = await stage.page()
    gate = asyncio.Event()

    async def hold(route: object) -> None:
        await gate.wait()
        await route.continue_()  # type: ignore[attr-defined]  # Playwright's Route

    await page.page.route("**/pyodide.asm.wasm", hold)
    await page.page.goto(page.url)
    await page.page.get_by_text("Starting Python").wait_for(timeout=60_000)
    await shoot(page.page, "starting")
    gate.set()
    await page.wait_until_ready()
    await shoot(page.page, "sign-in")
    await page.log_in("Ada", "not her password")
    await page.page.locator('[data-testid="auth-error"]:not(:empty)').wait_for()
    await shoot(page.page, "sign-in-failed")
    await page.log_in("Ada", "a password of 8 or more")
    await page.handle("room-name").wait_for()
    await shoot(page.page, "lobby")
    await page.open("/chat/no%20such%20room")
    await shoot(page.page, "room-fault")


async def shoot_conversation(stage: Studio) -> None:
    """Take the room: alone, inviting, its connection, talking, scrolled up, full for a third, and interrupted."""
    ada = await stage.visitor("garden", "Ada")
    await ada.wait_for_status("waiting")
    await shoot(ada.page, "alone")
    await ada.handle("invite").click()
    await shoot(ada.page, "invite")
    await ada.page.keyboard.press("Escape")
    await ada.handle("connection").click()
    await shoot(ada.page, "connection")
    await ada.page.keyboard.press("Escape")
    await ada.send("Nobody here yet?")
    await shoot(ada.page, "queued")
    ben = await stage.visitor("garden", "Ben", BREAKABLE)
    await connect(ada, ben)
    for text in ADA_SAYS:
        await ada.send(text)
    await ben.messages("incoming").nth(2).wait_for()
    for text in BEN_SAYS:
        await ben.send(text)
    await ada.messages("incoming").nth(1).wait_for()
    await ben.handle("composer").press_sequentially("And")
    await ada.page.get_by_text("is typing").wait_for()
    await shoot(ada.page, "conversation")
    await shoot_history(ada)
    cleo = await stage.visitor("garden", "Cleo")
    await cleo.wait_for_status("full")
    await shoot(cleo.page, "full")
    for _ in range(6):
        await ben.send(LONG)
    await ada.messages("incoming").nth(7).wait_for()
    await ada.handle("transcript").evaluate("(element) => { element.scrollTop = 0; }")
    await ben.send("And one more.")
    await ada.messages("incoming").nth(8).wait_for()
    await shoot(ada.page, "scrolled-up")
    await ben.page.evaluate("() => window.breakConnections()")
    await ada.wait_for_status("reconnecting")
    await shoot(ada.page, "reconnecting")


async def shoot_history(page: ChatPage) -> None:
    """Take the panel of the history: at rest, with what was found, with nothing found, and asking twice."""
    await page.handle("history").click()
    await shoot(page.page, "history")
    await page.handle("search").fill("tomatoes")
    await page.handle("search-result").first.wait_for()
    await shoot(page.page, "history-found")
    await page.handle("search").fill("potatoes")
    await page.page.get_by_text("No message found").wait_for()
    await shoot(page.page, "history-not-found")
    await page.handle("search").fill("")
    await page.handle("clear-history").click()
    await shoot(page.page, "history-clear")
    await page.page.keyboard.press("Escape")


async def shoot_troubles(stage: Studio) -> None:
    """Take what goes wrong: no WebRTC, no path, no server."""
    page = await stage.visitor("attic", "Ada", WITHOUT_WEBRTC)
    await page.wait_for_status("unsupported")
    await shoot(page.page, "unsupported")
    page = await stage.visitor("shed", "Ada", WITHOUT_STORAGE)
    await page.handle("keeping-fault").wait_for()
    await shoot(page.page, "keeping-fault")
    first, second = (
        await stage.visitor("cellar", "Ada", WITHOUT_PATH),
        await stage.visitor("cellar", "Ben", WITHOUT_PATH),
    )
    await first.page.locator('[data-testid="status"][data-state="failed"]').wait_for(timeout=120_000)
    await shoot(first.page, "failed")
    await second.page.close()
    await first.wait_for_status("waiting")
    stage.server.kill()
    await first.wait_for_status("offline")
    await shoot(first.page, "offline")


async def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with studio() as stage:
        await shoot_sign_in(stage)
        await shoot_conversation(stage)
        await shoot_troubles(stage)
    sys.stdout.write(f"The pictures are in {FOLDER}.\n")


if __name__ == "__main__":
    asyncio.run(main())
