"""Deletes from this browser all that it has of one room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container

from client_py.core.conversation.database_rows import Place
from client_py.core.drafts import format_drafts, parse_drafts, with_draft
from client_py.core.room_links import format_links, parse_links
from client_py.drivers.conversation_list import ConversationList
from client_py.drivers.draft_storage import DRAFTS_KEY
from client_py.drivers.own_device import device_key
from client_py.drivers.retention import StoragePorts
from client_py.drivers.room import Ending
from client_py.drivers.room_links import LINKS_KEY
from client_py.drivers.tasks import Tasks
from client_py.ports.storage import Database, Key, RemoveAll, StorageFailed
from protocol.room_names import canonical_room

FORGETTING_SECONDS = 11.0
"""For how long what is to be deleted is still there: a little longer than the page offers to take it back."""


class RoomDeletion:
    """A room that is being deleted, as the next visit to it has to wait for it: like the end of a visit."""

    def __init__(self, work: asyncio.Task[None]) -> None:
        self._work = work

    async def closed(self) -> None:
        """Wait until it is done, or could not be."""
        await asyncio.wait({self._work})


class Forgetting:
    """Deletes the rooms of a list that are to be forgotten, each once its last visit is over.

    `left_rooms` are those visits, by username and room; the next one waits for what takes their place there.
    """

    def __init__(
        self,
        conversations: ConversationList,
        keeping: StoragePorts,
        left_rooms: dict[tuple[str, str], Ending],
        tasks: Tasks,
        warn: Callable[[str], None],
        deleted: Callable[[str, str], None],
    ) -> None:
        self._conversations = conversations
        self._keeping = keeping
        self._left_rooms = left_rooms
        self._tasks = tasks
        self._warn = warn
        self._deleted = deleted
        self._at_work: set[tuple[str, str]] = set()
        self._has_warned = False

    def look(self, username: str, open_rooms: Container[str]) -> None:
        """Delete what is to be, which a page before this one may not have come to; no room in which somebody is."""
        for room in self._conversations.to_delete(FORGETTING_SECONDS):
            key = (username, room)
            if room not in open_rooms and key not in self._at_work:
                before = self._left_rooms.get(key)
                self._at_work.add(key)
                self._left_rooms[key] = RoomDeletion(self._tasks.spawn(self._delete(*key, before)))

    async def _delete(self, username: str, room: str, before: Ending | None) -> None:
        if before is not None:
            await before.closed()
        try:
            await forget_room(Place(username, room), self._keeping)
        except StorageFailed as error:
            if not self._has_warned:  # it is tried again every few seconds, where the browser has no database too
                self._has_warned = True
                self._warn(f"A room could not be deleted, which is tried again: {error}")
            return
        finally:
            self._at_work.discard((username, room))
        self._deleted(username, room)
        self._conversations.deleted(username, room)


async def forget_room(place: Place, ports: StoragePorts) -> None:
    """Delete what was said, begun and owed in a room in which nobody is, and its link; StorageFailed if that fails."""
    left = ports.left_rooms.pop(place, None)
    if left is not None and left.hold is not None:
        left.hold.release()
    ports.tab.remove(device_key(place))
    for store in (ports.tab, ports.store):
        drafts = parse_drafts(store.get(DRAFTS_KEY + place.account))
        if place.room in drafts:
            store.put(DRAFTS_KEY + place.account, format_drafts(with_draft(drafts, place.room, "")))
    links = parse_links(ports.store.get(LINKS_KEY + place.account))
    if links.pop(place.room, None) is not None:
        ports.store.put(LINKS_KEY + place.account, format_links(links))
    database = await ports.databases.open(_nothing)
    try:
        await database.write([RemoveAll((place.account, name)) for name in await _kept_names(database, place)])
    finally:
        database.close()


async def _kept_names(database: Database, place: Place) -> list[str]:
    """Return the names under which a room is kept: releases before 0.2 told apart names that differ in case."""
    names = [place.room]
    rows = await database.read((place.account,), oldest=1)
    while rows:
        after: Key = rows[0][0]
        match after:
            case (_, str(name), *_):
                if canonical_room(name) == place.room and name not in names:
                    names.append(name)
                after = (place.account, name + "\0")
            case _:
                pass  # it is no room's
        rows = await database.read((place.account,), after=after, oldest=1)
    return names


def _nothing() -> None:
    pass
