"""A page of the server with Python in it and nothing of the application: for the tests of what touches the browser."""

from __future__ import annotations

import asyncio
import inspect
import json
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Page

from e2e.browsers import Kind
from e2e.server import Server

IN_PAGE = Path(__file__).parent / "in_page.py"

RUN_SECONDS = 30
"""What a future that nobody resolves would take for ever."""

BOOT = """
async () => {
    const html = await (await fetch("/")).text();
    const [archive, runtime, intake] = ["program", "runtime", "intake"].map(
        (name) => html.match(`data-${name}="(.*?)"`)[1]
    );
    window.Intake = (await import(intake)).Intake;
    const program = fetch(archive).then((response) => response.arrayBuffer());
    const { loadPyodide } = await import(`${runtime}pyodide.mjs`);
    window.python = await loadPyodide({ indexURL: runtime });
    window.python.FS.writeFile("/app.zip", new Uint8Array(await program));
    window.python.runPython("import sys; sys.path.insert(0, '/app.zip')");
    window.python._module.enable_pyproxy_allocation_tracing();
}
"""
RUN = "code => window.python.runPythonAsync(code)"
CLEAR = """
() => new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase("p2pchat");
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("A database is still open."));
})
"""
COUNT_PROXIES = """
() => {
    window.python.runPython("import gc; gc.collect()");
    return window.python._module.pyproxy_alloc_map.size;
}
"""


class PythonPage:
    """A page that runs the functions of tests. They see the names of `e2e/in_page.py`, and nothing else."""

    def __init__(self, page: Page, kind: Kind) -> None:
        self.page = page
        self.kind = kind
        self.errors: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @classmethod
    async def open(cls, context: BrowserContext, server: Server, kind: Kind) -> PythonPage:
        """Open an empty page of the server's origin, and start Python there."""
        page = cls(await context.new_page(), kind)
        await page.page.goto(f"{server.url}/robots.txt")
        await page.page.evaluate(BOOT)
        await page.page.evaluate(RUN, IN_PAGE.read_text(encoding="utf-8"))
        return page

    async def begin(self) -> None:
        """Forget what a test before has left."""
        self.errors.clear()
        await self.page.evaluate(RUN, "forget()")
        await self.page.evaluate(CLEAR)

    async def run(self, function: Callable[[], Awaitable[object]]) -> Any:
        """Run a function in the page; gives what it returns, by way of JSON: tuples come back as lists."""
        source = textwrap.dedent(inspect.getsource(function))
        code = f"{source}\nimport json\njson.dumps(await {function.__name__}())"
        return json.loads(await asyncio.wait_for(self.page.evaluate(RUN, code), RUN_SECONDS))

    async def count_proxies(self) -> int:
        """Tell how many Python objects JavaScript holds, each of which somebody has to let go of."""
        return int(await self.page.evaluate(COUNT_PROXIES))

    async def until_proxies_are(self, expected: int) -> None:
        """Wait until JavaScript holds so many Python objects; the last may be let go of in a callback to come."""
        async with asyncio.timeout(RUN_SECONDS):
            while await self.count_proxies() != expected:  # noqa: ASYNC110 - the page cannot tell us
                await asyncio.sleep(0.05)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)
