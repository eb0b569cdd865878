"""The fixtures of the end-to-end tests: a real server, real browsers, and people's pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, async_playwright

from e2e.browsers import Browsers, Kind
from e2e.chat_page import ChatPage
from e2e.server import Server

OpenPage = Callable[[Kind], Awaitable[ChatPage]]
"""Opens an empty page in a browser of this kind, with a profile of its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run every test in the session's event loop: that is where the browsers live."""
    for item in items:
        if pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server for all tests that do not break it; each test has rooms of its own."""
    running = Server(tmp_path_factory.mktemp("server"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """Run a server for one test alone, which may do with it as it likes."""
    running = Server(tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def room(request: pytest.FixtureRequest) -> str:
    """Name a room that no other test uses."""
    name = "".join(character if character.isalnum() else "-" for character in request.node.name)
    return name[:64]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers() -> AsyncIterator[Browsers]:
    """Keep the browsers for all tests."""
    async with async_playwright() as playwright:
        running = Browsers(playwright)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page_at(browsers: Browsers) -> AsyncIterator[Callable[[Kind, str], Awaitable[ChatPage]]]:
    """Open pages of any server; at the end, no console may hold an error."""
    contexts: list[BrowserContext] = []
    pages: list[ChatPage] = []

    async def open_page(kind: Kind, url: str) -> ChatPage:
        context = await (await browsers.get(kind)).new_context()
        contexts.append(context)
        page = await ChatPage.create(context, url)
        pages.append(page)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert [error for page in pages for error in page.errors] == []


@pytest.fixture
def open_page(open_page_at: Callable[[Kind, str], Awaitable[ChatPage]], server: Server) -> OpenPage:
    """Open pages of the common server."""
    return lambda kind: open_page_at(kind, server.url)
