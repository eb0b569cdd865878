"""What a benchmark of the page runs in: a server of its own, and the browsers."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import async_playwright

from e2e.browsers import Browsers
from e2e.server import Server


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Server, Browsers]]:
    """Keep both for a benchmark, and end them whatever happens."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        try:
            async with async_playwright() as playwright:
                browsers = Browsers(playwright)
                yield server, browsers
                await browsers.close()
        finally:
            server.stop()
