"""A page in WebKit's engine: Debian's WebKitGTK by its WebDriver and plain HTTP, elsewhere Playwright's own build."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
from playwright.async_api import Page, async_playwright

from e2e import provision
from e2e.server import free_port

WAIT_SECONDS = 60
STOP_SECONDS = 15
START_RETRIES = 6
"""Of connecting to a driver that is only starting; with the pauses of httpx, half a minute."""

ELEMENT_KEY = "element-6066-11e4-a52e-4f735466cecf"
"""W3C WebDriver §12.1: the key by which an element is known in JSON."""

WITHOUT_WEBRTC = "delete window.RTCPeerConnection"
"""Where a build of WebKit has WebRTC after all, for it to be like those that have none."""


class WebKitPage(Protocol):
    """What the tests need of a page, by whatever driver."""

    async def open(self, url: str) -> None:
        """Go to an address."""
        ...

    async def wait_for(self, selector: str) -> None:
        """Wait until an element is in the page."""
        ...

    async def fill(self, selector: str, text: str) -> None:
        """Type into an element."""
        ...

    async def click(self, selector: str) -> None:
        """Click an element."""
        ...

    async def text_of(self, selector: str) -> str:
        """Return the text of an element, also of one that is only said aloud."""
        ...


@asynccontextmanager
async def open_webkit() -> AsyncIterator[WebKitPage]:
    """Start WebKit as it was provided, with an empty page."""
    found = provision.load()["webkit"]
    if found.source == "playwright":
        async with async_playwright() as playwright:
            browser = await playwright.webkit.launch()
            page = await browser.new_page()
            await page.add_init_script(WITHOUT_WEBRTC)
            yield PlaywrightPage(page)
            await browser.close()
    else:
        with _display() as display, _driver(found.executable, display) as port:
            async with DriverPage.started(f"http://127.0.0.1:{port}") as driven:
                yield driven


class PlaywrightPage:
    """Implements WebKitPage with Playwright."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def open(self, url: str) -> None:
        """Go to an address."""
        await self._page.goto(url)

    async def wait_for(self, selector: str) -> None:
        """Wait until an element is in the page."""
        await self._page.locator(selector).wait_for(state="attached", timeout=WAIT_SECONDS * 1000)

    async def fill(self, selector: str, text: str) -> None:
        """Type into an element."""
        await self._page.locator(selector).fill(text)

    async def click(self, selector: str) -> None:
        """Click an element."""
        await self._page.locator(selector).click()

    async def text_of(self, selector: str) -> str:
        """Return the text of an element, also of one that is only said aloud."""
        return await self._page.locator(selector).text_content() or ""


class DriverPage:
    """Implements WebKitPage with the commands of W3C WebDriver."""

    def __init__(self, http: httpx.AsyncClient, session: str) -> None:
        self._http = http
        self._session = session

    @classmethod
    @asynccontextmanager
    async def started(cls, url: str) -> AsyncIterator[DriverPage]:
        """Have the driver at this address start its browser, and end it afterwards."""
        patient = httpx.AsyncHTTPTransport(retries=START_RETRIES)
        async with httpx.AsyncClient(base_url=url, transport=patient, timeout=WAIT_SECONDS + 10) as http:
            answer = await _command(http, "POST", "/session", {"capabilities": {}})
            page = cls(http, f"/session/{answer['sessionId']}")
            # Then the driver itself waits for an element that is asked for.
            await _command(http, "POST", f"{page._session}/timeouts", {"implicit": WAIT_SECONDS * 1000})
            yield page
            await _command(http, "DELETE", page._session)

    async def open(self, url: str) -> None:
        """Go to an address."""
        await _command(self._http, "POST", f"{self._session}/url", {"url": url})

    async def wait_for(self, selector: str) -> None:
        """Wait until an element is in the page."""
        await self._find(selector)

    async def fill(self, selector: str, text: str) -> None:
        """Type into an element."""
        await _command(self._http, "POST", f"{await self._find(selector)}/value", {"text": text})

    async def click(self, selector: str) -> None:
        """Click an element."""
        await _command(self._http, "POST", f"{await self._find(selector)}/click", {})

    async def text_of(self, selector: str) -> str:
        """Return the text of an element, also of one that is only said aloud."""
        return str(await _command(self._http, "GET", f"{await self._find(selector)}/property/textContent"))

    async def _find(self, selector: str) -> str:
        """Return the address of an element, once it is there."""
        search = {"using": "css selector", "value": selector}
        element = await _command(self._http, "POST", f"{self._session}/element", search)
        return f"{self._session}/element/{element[ELEMENT_KEY]}"


async def _command(http: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = await http.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json()["value"]


@contextmanager
def _display() -> Iterator[str]:
    """Run an X server that nobody looks at, since MiniBrowser has no headless mode; it chooses its own number."""
    readable, writable = os.pipe()
    command = ["Xvfb", "-displayfd", str(writable), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    with _running(command, os.environ, pass_fds=(writable,)), os.fdopen(readable, "rb") as number:
        os.close(writable)
        yield f":{number.readline().decode().strip()}"


@contextmanager
def _driver(executable: Path, display: str) -> Iterator[int]:
    port = free_port()
    with _running([str(executable), f"--port={port}"], {**os.environ, "DISPLAY": display}):
        yield port


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], pass_fds: tuple[int, ...] = ()) -> Iterator[None]:
    silent = subprocess.DEVNULL
    process = subprocess.Popen(  # noqa: S603  (our own commands, without a shell)
        command, env=environment, pass_fds=pass_fds, stdout=silent, stderr=silent
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
