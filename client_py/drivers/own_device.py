"""Finds out which device this tab is: the one that it was before a reload, one that was left behind, or a new one.

A device is a name of 128 random bits with what is kept under it (`core/conversation/database_rows.py`). A living page
holds a lock of that name, so that no two pages are one device: a duplicated tab finds the name of the other in its
sessionStorage, and the lock taken. After a crash the next tab of the same account in the same room takes up what was
left behind.
"""

from __future__ import annotations

from dataclasses import dataclass

from client_py.core.conversation.database_rows import Place, device_row, read_device, read_receipt, receipt_row
from client_py.ports.disposal import Dispose
from client_py.ports.storage import Change, Database, Locks, Put, Remove, RemoveAll, Store
from client_py.ports.time import Clock, Random
from protocol.fields import PEER_ID

RELOAD_PATIENCE_SECONDS = 1.0
"""After a reload, the page before may hold its lock for a moment; a duplicated tab waits this long in vain."""


def device_key(place: Place) -> str:
    """Return where the name of this tab's device stands, in sessionStorage."""
    return f"p2pchat.device:{place.account}/{place.room}"


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """What this tab is, and what ends its hold of the name."""

    name: str
    release: Dispose
    resume_token: str | None = None


class OwnDevices:
    """The devices of one account in one room, in this browser."""

    def __init__(self, place: Place, locks: Locks, tab: Store, clock: Clock, random: Random) -> None:
        self._place = place
        self._locks = locks
        self._tab = tab
        self._clock = clock
        self._random = random
        self._key = device_key(place)

    async def take_up(self, database: Database) -> OwnDevice:
        """Become a device, and inherit what others of this account have left behind here."""
        known = {str(key[-1]): read_device(row) for key, row in await database.read(self._place.devices)}
        name, release = await self._claim_one(sorted(known, key=lambda name: known[name][0], reverse=True))
        token = known[name][1] if name in known else None
        self.remember(name)
        try:
            await database.write([Put(self._place.device(name), device_row(self._clock.now(), token))])
            for other in known:
                if other != name:
                    await self._inherit(database, other, name)
        except BaseException:
            release()
            raise
        return OwnDevice(name, release, token)

    async def claim(self, name: str) -> OwnDevice | None:
        """Hold a new name of this page's own making; None if another page holds it."""
        release = await self._locks.claim(self._lock_of(name), 0.0)
        return None if release is None else OwnDevice(name, release)

    def remember(self, name: str) -> None:
        """Let this tab be this device again when it is loaded again."""
        self._tab.put(self._key, name)

    def forget(self) -> None:
        """Let this tab be a new device when it is loaded again."""
        self._tab.remove(self._key)

    async def _claim_one(self, left_behind: list[str]) -> tuple[str, Dispose]:
        """Claim this tab's own name, or one that nobody holds, or a new one."""
        own = self._tab.get(self._key)
        candidates = [(own, RELOAD_PATIENCE_SECONDS)] if own else []
        candidates += [(name, 0.0) for name in left_behind if name != own]
        for name, patience in candidates:
            if not PEER_ID.admits(name):
                continue  # no peer would take it for one
            release = await self._locks.claim(self._lock_of(name), patience)
            if release is not None:
                return name, release
        return await self._claim_new()

    async def _claim_new(self) -> tuple[str, Dispose]:
        while True:
            name = self._random.token()
            release = await self._locks.claim(self._lock_of(name), 0.0)
            if release is not None:
                return name, release

    async def _inherit(self, database: Database, other: str, heir: str) -> None:
        """Take over what a device has left behind that nobody is any more, and leave nothing of it."""
        release = await self._locks.claim(self._lock_of(other), 0.0)
        if release is None:
            return
        try:
            place = self._place
            changes: list[Change] = []
            for key, row in await database.read(place.receipts_of(other)):
                receipt = read_receipt(str(key[-1]), row)
                # One that cannot be read says still that it is not known how far its message has come.
                inherited = row if receipt is None else receipt_row(receipt.inherited())
                changes.append(Put((*place.receipts_of(heir), key[-1]), inherited))
            for key, row in await database.read(place.ids_of(other)):
                changes.append(Put((*place.ids_of(heir), key[-1]), row))
            for key, row in await database.read(place.outbox_of(other)):
                changes.append(Put((*place.outbox_of(heir), key[-1]), row))
            prefixes = (place.receipts_of(other), place.ids_of(other), place.outbox_of(other), place.marks_of(other))
            changes += [RemoveAll(prefix) for prefix in prefixes]
            await database.write([*changes, Remove(place.device(other))])
        finally:
            release()

    def _lock_of(self, name: str) -> str:
        return lock_of(self._place, name)


def lock_of(place: Place, name: str) -> str:
    """Return what a page holds as long as it is a device."""
    return f"p2pchat:{place.account}/{place.room}/{name}"
