"""The people of the tests: newcomers with a page of their own each, and regulars whose pages many tests use."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.async_api import BrowserContext, StorageState

from e2e.browsers import Browsers, Kind
from e2e.chat_page import ChatPage
from e2e.server import PASSWORD, Server


@dataclass
class Newcomers:
    """Pages that are opened for one test and closed after it."""

    browsers: Browsers
    contexts: list[BrowserContext] = field(default_factory=list)
    pages: list[ChatPage] = field(default_factory=list)

    async def open(self, kind: Kind, url: str, storage: StorageState | None = None) -> ChatPage:
        """Open an empty page in a browser of this kind, with a profile of its own, which `storage` may fill."""
        is_exempt = url.startswith("https:")  # no browser knows who signs the tests' certificates
        browser = await self.browsers.get(kind)
        context = await browser.new_context(storage_state=storage, ignore_https_errors=is_exempt)
        self.contexts.append(context)
        return await self.open_beside(context, url)

    async def open_beside(self, context: BrowserContext, url: str) -> ChatPage:
        """Open another tab of the same profile."""
        page = await ChatPage.create(context, url)
        self.pages.append(page)
        return page

    async def close(self) -> list[str]:
        """Close them all; gives what went wrong in any of them."""
        for context in self.contexts:
            await context.close()
        return [error for page in self.pages for error in page.errors]


class Regulars:
    """People whose pages are started and signed in once, and who then go from room to room: a start takes seconds."""

    def __init__(self, browsers: Browsers, server: Server) -> None:
        self._browsers = browsers
        self._server = server
        self._pages: dict[str, ChatPage] = {}

    async def get(self, username: str, kind: Kind) -> ChatPage:
        """Return a person's page, which stands in the lobby."""
        if username not in self._pages:
            self._server.register(username)
            self._pages[username] = await self._start(username, kind)
        return self._pages[username]

    async def send_home(self, *usernames: str) -> None:
        """Take people back to the lobby; a page in which something went wrong is not used again, and fails the test."""
        for username in usernames:
            page = self._pages.pop(username)
            try:
                assert page.errors == []
                if await page.handle("composer").is_visible():
                    await page.leave_room()
            except BaseException:
                await page.page.context.close()
                raise
            self._pages[username] = page

    async def close(self) -> None:
        """Close all pages."""
        for page in self._pages.values():
            await page.page.context.close()

    async def _start(self, username: str, kind: Kind) -> ChatPage:
        context = await (await self._browsers.get(kind)).new_context()
        page = await ChatPage.create(context, self._server.url)
        await page.open()
        await page.log_in(username, PASSWORD)
        await page.wait_for_start()
        return page
