"""Awaits what concerns all that a browser keeps, of every room: how much it is, a copy of it, its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from client_py.core.conversation.database_rows import Place
from client_py.core.conversation.items import Item
from client_py.core.storage_report import StorageReport
from client_py.drivers.account import LOGIN_KEY, LOGOUT_KEY
from client_py.drivers.history_storage import HistoryStorage
from client_py.drivers.retention import StoragePorts, wishes_to_keep
from client_py.drivers.room import RoomDriver
from client_py.drivers.tasks import Tasks
from client_py.ports.storage import Database, Key, RemoveAll, Space, StorageFailed, StorageFault

FORGOTTEN_KEY = "p2pchat.forgotten"
"""Where it stands when everything was forgotten last; by that, other tabs hear that they are to forget it too."""
KEPT_ALWAYS = frozenset({FORGOTTEN_KEY, LOGOUT_KEY})
"""Without a name in them; other tabs have to hear of them."""
JUST_NOW_SECONDS = 60.0
"""A tab that slept for longer finds what was kept since, which nobody has wanted forgotten."""
NOTHING_THERE = (StorageFault.FORBIDDEN, StorageFault.NO_LOCKS)
"""Where a browser keeps nothing for this page, there is nothing to delete."""


@dataclass(frozen=True, slots=True)
class BrowserStorage:
    """All that stands in this browser, on behalf of whoever is signed in."""

    ports: StoragePorts
    tasks: Tasks

    async def report(self, account: str) -> StorageReport:
        """Tell how much is kept of a person, as far as that can be found out."""
        space = await self.ports.space.look() if self.ports.space else Space()
        return StorageReport(await self._count(account), space.used, space.quota, space.is_persisted)

    async def persist(self) -> None:
        """Ask the browser to delete nothing by itself."""
        if self.ports.space:
            await self.ports.space.persist()

    async def histories(self, account: str, open_rooms: Mapping[str, RoomDriver]) -> dict[str, list[Item]]:
        """Return all that was said in every room, as far as this browser or this page has it.

        StorageFailed where some of it cannot be read.
        """
        found = {room: await driver.history() for room, driver in open_rooms.items()}
        for place, left in tuple(self.ports.left_rooms.items()):
            if place.account == account and place.room not in found:
                found[place.room] = await self._history(left.place, left.database)
        if wishes_to_keep(self.ports.store, account) and self.ports.locks.supported:
            database = await self.ports.databases.open(_nothing)
            try:
                async for room in _rooms(database, account):
                    if room not in found:
                        found[room] = await self._history(Place(account, room), database)
            finally:
                database.close()
        return dict(sorted(found.items()))

    async def look_for_faults(self) -> None:
        """Raise StorageFailed where what is kept could not be deleted."""
        try:
            (await self.ports.databases.open(_nothing)).close()
        except StorageFailed as error:
            if error.fault not in NOTHING_THERE:
                raise

    @property
    def was_just_forgotten(self) -> bool:
        """Whether everything was forgotten in another tab a moment ago, and nobody has logged in since."""
        try:
            moment = float(self.ports.store.get(FORGOTTEN_KEY) or "nan")
        except ValueError:
            return False
        is_recent = abs(self.ports.clock.now() - moment) < JUST_NOW_SECONDS
        return is_recent and self.ports.store.get(LOGIN_KEY) is None

    def forget_tab(self) -> None:
        """Delete what is kept for this tab alone."""
        for key in tuple(self.ports.tab.keys()):
            self.ports.tab.remove(key)
        self._let_go_of_left_rooms()

    async def forget_everything(self) -> None:
        """Delete what this browser keeps, of everybody, once nobody is signed in and no room is open any more."""
        await self._remove(())
        for key in tuple(self.ports.store.keys()):
            if key not in KEPT_ALWAYS:
                self.ports.store.remove(key)
        self.forget_tab()

    async def forget_person(self, account: str) -> None:
        """Delete what this browser keeps of one person, once their rooms are not open any more."""
        await self._remove((account,))
        for store in (self.ports.store, self.ports.tab):
            for key in tuple(store.keys()):
                if key.partition(":")[2].partition("/")[0] == account:
                    store.remove(key)
        self._let_go_of_left_rooms()

    async def _count(self, account: str) -> int | None:
        if not (wishes_to_keep(self.ports.store, account) and self.ports.locks.supported):
            return 0
        try:
            database = await self.ports.databases.open(_nothing)
        except StorageFailed:
            return None
        try:
            return len([room async for room in _rooms(database, account)])
        except StorageFailed:
            return None
        finally:
            database.close()

    async def _history(self, place: Place, database: Database) -> list[Item]:
        storage = HistoryStorage(place, "", database, self.ports.clock, self.tasks, _raise)
        return await storage.everything()

    async def _remove(self, prefix: Key) -> None:
        try:
            database = await self.ports.databases.open(_nothing)
        except StorageFailed as error:
            if error.fault in NOTHING_THERE:
                return
            raise
        try:
            await database.write([RemoveAll(prefix)])
        finally:
            database.close()

    def _let_go_of_left_rooms(self) -> None:
        for left in self.ports.left_rooms.values():
            if left.hold is not None:
                left.hold.release()
        self.ports.left_rooms.clear()


async def _rooms(database: Database, account: str) -> AsyncIterator[str]:
    """Yield the rooms of which anything is kept of a person that was said."""
    rows = await database.read((account,), oldest=1)
    while rows:
        match rows[0][0]:
            case (_, str(room), *_):
                if await database.read(Place(account, room).messages, oldest=1):
                    yield room
                after: Key = (account, room + "\0")
            case other:
                after = other  # it is no room's
        rows = await database.read((account,), after=after, oldest=1)


def _raise(error: StorageFailed) -> None:
    raise error


def _nothing() -> None:
    pass
