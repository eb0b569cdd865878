"""Awaits what a person asks of a room's history: earlier messages, a search, a file, or that it be forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from client_py.core.conversation.faults import HistoryFault
from client_py.core.conversation.history_export import MEDIA_TYPES, ExportFormat, ExportWords, export, file_name
from client_py.core.conversation.items import Item
from client_py.core.conversation.notices import (
    HistoryCleared,
    HistoryFailed,
    HistoryLoaded,
    HistoryNotLoaded,
    HistoryPart,
    LaterLoaded,
    MessagesFound,
    NewestLoaded,
)
from client_py.core.notices import Notice
from client_py.drivers.history_storage import HistoryStorage
from client_py.drivers.tasks import Tasks
from client_py.ports.page import Downloads
from client_py.ports.storage import StorageFailed


class HistoryRequests:
    """The history of one room; `opened` gives the history as soon as it is open, which the page does not wait for."""

    def __init__(
        self,
        room: str,
        opened: Callable[[], Awaitable[HistoryStorage]],
        downloads: Downloads,
        show: Callable[[Notice], None],
        warn: Callable[[str], None],
        tasks: Tasks,
    ) -> None:
        self._room = room
        self._opened = opened
        self._downloads = downloads
        self._show = show
        self._warn = warn
        self._tasks = tasks
        self._searching: asyncio.Task[None] | None = None

    async def load_earlier(self, oldest: str) -> None:
        """Show messages from before the one with this id; always answered, since a button waits for it."""
        if page := await self._page(HistoryPart.EARLIER, lambda storage: storage.earlier(oldest)):
            self._show(HistoryLoaded(*page, oldest))

    async def load_later(self, newest: str) -> None:
        """Show the messages after the one with this id; always answered, since the page waits for it."""
        if page := await self._page(HistoryPart.LATER, lambda storage: storage.later(newest)):
            self._show(LaterLoaded(*page, newest))

    async def load_newest(self) -> None:
        """Show the end of the conversation; always answered, like the others."""
        if page := await self._page(HistoryPart.NEWEST, lambda storage: storage.newest()):
            self._show(NewestLoaded(*page))

    def search(self, query: str) -> None:
        """Look for messages, and no longer for what was looked for before."""
        self.end_search()
        self._searching = self._tasks.spawn(self._search(query))

    def end_search(self) -> None:
        """Look for nothing any more: a long history takes a while, and holds up what else is asked of it."""
        if self._searching is not None:
            self._searching.cancel()

    async def _search(self, query: str) -> None:
        try:
            matches, complete = await (await self._opened()).search(query)
        except StorageFailed as error:
            self._warn(f"The history could not be searched: {error}")
            matches, complete = (), False
        self._show(MessagesFound(query, matches, complete))

    async def export(self, form: ExportFormat, words: ExportWords) -> None:
        """Save the whole history as a file."""
        try:
            messages = await (await self._opened()).everything()
        except StorageFailed as error:
            self._warn(f"The history could not be exported: {error}")
            self._show(HistoryFailed(HistoryFault.NOT_EXPORTED))
            return
        self._downloads.save(file_name(self._room, form), MEDIA_TYPES[form], export(self._room, messages, form, words))

    async def clear(self) -> None:
        """Forget what was said, but for what has yet to be delivered."""
        try:
            pending = await (await self._opened()).clear()
        except StorageFailed as error:
            self._warn(f"The history could not be cleared: {error}")
            self._show(HistoryFailed(HistoryFault.NOT_CLEARED))
            return
        self._show(HistoryCleared(pending))

    async def _page(
        self, part: HistoryPart, read: Callable[[HistoryStorage], Awaitable[tuple[tuple[Item, ...], bool]]]
    ) -> tuple[tuple[Item, ...], bool] | None:
        """Read some messages, and whether there are more; None where that fails, which is told."""
        try:
            return await read(await self._opened())
        except StorageFailed as error:
            self._warn(f"The {part.name.lower()} messages could not be read: {error}")
            self._show(HistoryNotLoaded(part))
            return None
