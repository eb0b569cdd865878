"""Awaits what is needed before a room can be kept: the database, this tab's device, and the person's wish.

Where the person wants nothing kept, or the browser cannot, the same storage stands on the page's memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from client_py.core.conversation.database_rows import Place
from client_py.core.conversation.history_records import Snapshot
from client_py.core.retention import Retention, RetentionFault
from client_py.drivers.former_guest import move_rows
from client_py.drivers.history_storage import MAX_TOGETHER, HistoryStorage
from client_py.drivers.memory_database import MemoryDatabase
from client_py.drivers.own_device import OwnDevice, OwnDevices
from client_py.drivers.tasks import Tasks
from client_py.ports.storage import Database, Databases, Key, Locks, Put, RemoveAll, StorageFailed, StorageSpace, Store
from client_py.ports.time import Clock, Random
from protocol.room_names import canonical_room

WISH_KEY = "p2pchat.keep:"
"""Where the wish of a person stands in localStorage, with whose it is after it."""
NOT_KEPT = "no"
STILL_KEPT = "no, but not removed yet"
"""What stands for a wish that is not carried out to its end."""


@dataclass(frozen=True, slots=True)
class LeftRoom:
    """What the page alone has of a room that it has left, for when it is entered again."""

    place: Place
    """Where its rows stand."""
    device: str
    hold: OwnDevice | None
    """Held as long as the page has what is to be sent under that name."""
    database: Database


@dataclass(frozen=True, slots=True)
class StoragePorts:
    """What keeping stands on."""

    databases: Databases
    locks: Locks
    store: Store
    """Where the person's wish stands, for every tab (localStorage)."""
    tab: Store
    """Where the device's name stands, for this tab (sessionStorage)."""
    clock: Clock
    random: Random
    max_together: int = MAX_TOGETHER
    """How many entries go into one transaction."""
    left_rooms: dict[Place, LeftRoom] = field(default_factory=dict[Place, LeftRoom])
    """What is kept in the page's memory alone is gone when the page is closed, and no sooner."""
    space: StorageSpace | None = None
    """None where nobody says how much room there is."""


def wishes_to_keep(store: Store, account: str) -> bool:
    """Tell whether this person wants anything kept in this browser."""
    return store.get(_wish_of(account)) not in (NOT_KEPT, STILL_KEPT)


def _wish_of(account: str) -> str:
    return WISH_KEY + account


class RetentionDriver:
    """What is kept of one room, from its opening to its end; `changed` is told what to show of it."""

    def __init__(
        self,
        place: Place,
        ports: StoragePorts,
        tasks: Tasks,
        changed: Callable[[Retention], None],
        formerly: str = "",
    ) -> None:
        """Begin; `formerly` is the name under which the same person has been here as a guest."""
        self._ports = ports
        self._tasks = tasks
        self._changed = changed
        self._wish = _wish_of(place.account)
        self._entered = place
        self._formerly = Place(formerly, place.room) if formerly else None
        self._go_to(place)
        self._database: Database = MemoryDatabase()
        self._device: OwnDevice | None = None
        """Held to the end, even when nothing is kept under its name any more: to the others, this page is it."""
        self._storage: HistoryStorage | None = None
        self._is_kept = False
        self._is_closed = False
        self._turn = asyncio.Lock()
        """One wish is carried out at a time: localStorage tells of every change, and each of them is looked at."""

    @property
    def storage(self) -> HistoryStorage:
        """The history, once it is open."""
        assert self._storage is not None  # noqa: S101 - `open` comes first
        return self._storage

    async def open(self) -> Snapshot:
        """Open the history, and give what was kept."""
        left = self._ports.left_rooms.pop(self._entered, None)
        if left is None and self._formerly is not None:
            left = self._ports.left_rooms.pop(self._formerly, None)
        if not self._is_wished:
            return await self._open_memory(await self._carry_on_removing(), left)
        if not self._ports.locks.supported:
            return await self._open_memory(_impossible(RetentionFault.INSECURE), left)
        try:
            self._database = await self._ports.databases.open(self._taken_away)
            self._go_to(await self._kept_place(self._database))
            if left is not None:
                left = await self._keep_left(left, self._database)
            if self._formerly is not None:
                ports = self._ports
                await move_rows(self._database, ports.locks, ports.tab, self._formerly, self._place)
            self._device = await self._devices.take_up(self._database)
            snapshot = await self._open_archive(self._device.name, self._device.resume_token)
        except StorageFailed as error:
            self._database.close()
            self._release()
            return await self._open_memory(_failure(error), left)
        self._is_kept = True
        self._changed(Retention(kept=True))
        return snapshot

    async def set_keeping(self, *, kept: bool) -> None:
        """Keep what is said from now on, with what the page has of it; or keep nothing, and forget all rooms."""
        if kept:
            self._ports.store.remove(self._wish)
        else:
            self._ports.store.put(self._wish, STILL_KEPT)
        await self.look_at_wish()

    async def look_at_wish(self) -> None:
        """Do as the person wishes now, which they may have said in another tab."""
        async with self._turn:
            if self._is_closed:
                return
            try:
                if self._is_wished and not self._is_kept:
                    await self._begin()
                elif self._is_kept and not self._is_wished:
                    await self._end()
            except StorageFailed as error:
                if self._is_kept:
                    await self.storage.fall_back()
                self._failed(error)

    async def close(self) -> None:
        """End: what has to be kept is still kept, and the device is free for the next page."""
        async with self._turn:
            self._is_closed = True
            if self._storage is not None:
                await self._storage.close()
                if not self._is_kept:
                    self._leave(self._storage)
            self._database.close()
            self._release()

    def _leave(self, storage: HistoryStorage) -> None:
        """Leave to the next visit what the page alone has of this one."""
        left = LeftRoom(self._place, storage.device, self._device, storage.database)
        self._ports.left_rooms[self._entered] = left
        self._device = None

    async def _keep_left(self, left: LeftRoom, database: Database) -> LeftRoom:
        """Keep what the page alone had of the room, where that is possible again, and let its device be taken up."""
        # What a guest has left goes where the guest's rows are, and with them to their account's.
        old = left.place.prefix
        new = old if left.place.account != self._place.account else self._place.prefix
        rows = await left.database.read(old)
        await database.write([Put((*new, *key[len(old) :]), row) for key, row in rows])
        if left.hold is not None:
            left.hold.release()
        self._devices.remember(left.device)
        return replace(left, hold=None)

    def _go_to(self, place: Place) -> None:
        self._place = place
        ports = self._ports
        self._devices = OwnDevices(place, ports.locks, ports.tab, ports.clock, ports.random)

    async def _kept_place(self, database: Database) -> Place:
        """Return where the room is kept: an earlier release told apart names that differ in case, and kept them so."""
        account, room = self._place.account, self._place.room
        if await database.read(self._place.prefix, oldest=1):
            return self._place
        rows = await database.read((account,), oldest=1)
        while rows:
            match rows[0][0]:
                case (_, str(name), *_) if canonical_room(name) == room:
                    return Place(account, name)
                case (_, str(name), *_):
                    after: Key = (account, name + "\0")
                case other:
                    after = other  # it is no room's
            rows = await database.read((account,), after=after, oldest=1)
        return self._place

    @property
    def _is_wished(self) -> bool:
        return wishes_to_keep(self._ports.store, self._entered.account)

    async def _open_memory(self, keeping: Retention, left: LeftRoom | None) -> Snapshot:
        self._devices.forget()
        if left is None:
            self._database, device = MemoryDatabase(), self._ports.random.token()
        else:
            self._go_to(left.place)
            self._database, self._device, device = left.database, left.hold, left.device
        snapshot = await self._open_archive(device, None)
        self._changed(keeping)
        return snapshot

    async def _open_archive(self, device: str, resume_token: str | None) -> Snapshot:
        ports = self._ports
        self._storage = HistoryStorage(self._place, device, self._database, ports.clock, self._tasks, self._failed)
        self._storage.max_together = ports.max_together
        return await self._storage.load(resume_token)

    async def _begin(self) -> None:
        if not self._ports.locks.supported:
            self._changed(_impossible(RetentionFault.INSECURE))
            return
        database = await self._ports.databases.open(self._taken_away)
        try:
            if self._device is None:
                self._device = await self._devices.claim(self.storage.device)
            await self.storage.move_to(database)
        except StorageFailed:
            database.close()
            raise
        self._devices.remember(self.storage.device)
        self._database, self._is_kept = database, True
        self._changed(Retention(kept=True))

    async def _end(self) -> None:
        await self.storage.move_to(MemoryDatabase())
        self._devices.forget()
        try:
            await self._remove_all(self._database)
        except StorageFailed:
            self._lose(_impossible(RetentionFault.NOT_REMOVED))
        else:
            self._lose(Retention(kept=False))

    async def _remove_all(self, database: Database) -> None:
        """Remove what is kept of all rooms of this account; a write that comes later goes into the page's memory."""
        await database.write([RemoveAll((self._place.account,))])
        self._ports.store.put(self._wish, NOT_KEPT)

    async def _carry_on_removing(self) -> Retention:
        """Finish the removal that an earlier page could not, where nothing may be kept; return what to show."""
        if self._ports.store.get(self._wish) == STILL_KEPT:
            try:
                database = await self._ports.databases.open(_nothing)
                try:
                    await self._remove_all(database)
                finally:
                    database.close()
            except StorageFailed:
                return _impossible(RetentionFault.NOT_REMOVED)
        return Retention(kept=False)

    def _taken_away(self) -> None:
        if self._is_kept:
            self.storage.abandon()
            self._lose(_impossible(RetentionFault.TAKEN_AWAY))

    def _failed(self, error: StorageFailed) -> None:
        self._lose(_failure(error))

    def _lose(self, keeping: Retention) -> None:
        if self._is_kept:
            self._is_kept = False
            self._database.close()
        self._changed(keeping)

    def _release(self) -> None:
        if self._device is not None:
            self._device.release()
            self._device = None


def _nothing() -> None:
    pass


def _failure(error: StorageFailed) -> Retention:
    # Whatever the storage cannot do keeps messages from being kept, under the same name.
    return _impossible(RetentionFault(error.fault), error.reason)


def _impossible(fault: RetentionFault, reason: str = "") -> Retention:
    return Retention(kept=False, changeable=False, fault=fault, reason=reason)
