"""Takes along the rows that the database has under the name of a guest who has an account by now.

What is written down in its new place leaves the old one in the same transaction. So a page may end anywhere on the way,
and the next one goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

from client_py.core.conversation.database_rows import Place
from client_py.core.conversation.former_rows import device_of, moved
from client_py.drivers.own_device import device_key, lock_of
from client_py.ports.storage import Change, Database, Key, Locks, Put, Remove, RemoveAll, Store

MOVED_AT_ONCE = 200
"""Rows in one transaction."""
MOVING_PATIENCE_SECONDS = 10.0
"""One tab moves at a time; what another has not moved by then, the next visit does."""


async def move_rows(database: Database, locks: Locks, tab: Store, old: Place, new: Place) -> None:
    """Put the rows of a room under the new name, but for those of devices that other tabs are still.

    Those follow when the tab has ended, or has heard of the new name.
    """
    if not await database.read(old.prefix, oldest=1):
        return
    with ExitStack() as holds:
        turn = await locks.claim(f"p2pchat.moving:{old.account}/{old.room}", MOVING_PATIENCE_SECONDS)
        if turn is None:
            return
        holds.callback(turn)
        held: set[str] = set()
        for key, _ in await database.read(old.devices):
            name = str(key[-1])
            release = await locks.claim(lock_of(old, name), 0.0)
            if release is None:
                held.add(name)
            else:
                holds.callback(release)
        await _move_receipts(database, held, old, new)
        after: Key | None = None
        while rows := await database.read(old.prefix, after=after, oldest=MOVED_AT_ONCE):
            after = rows[-1][0]
            await database.write(_moving((row for row in rows if device_of(row[0]) not in held), old, new))
        name_of_tab = tab.get(device_key(old))
        if name_of_tab is not None and name_of_tab not in held:
            tab.put(device_key(new), name_of_tab)
            tab.remove(device_key(old))


async def _move_receipts(database: Database, held: set[str], old: Place, new: Place) -> None:
    """Put the receipts in their new place, before what they are about: a message without one counts as read.

    Those of a device that another tab is still are copied, each time anew, since it goes on writing the old ones.
    """
    known = {str(key[-1]) for key, _ in await database.read(new.devices)}
    by_device: dict[str, list[tuple[Key, str]]] = {}
    for row in await database.read(old.receipts):
        by_device.setdefault(str(device_of(row[0])), []).append(row)
    for device in by_device.keys() | held:
        rows = by_device.get(device, [])
        if device in known and device not in held:
            await database.write(_moving(rows, old, new))
            continue
        copies: list[Change] = [Put(moved(key, old, new), row) for key, row in rows]
        leaving: list[Change] = [] if device in held else [RemoveAll(old.receipts_of(device))]
        await database.write([RemoveAll(new.receipts_of(device)), *copies, *leaving])


def _moving(rows: Iterable[tuple[Key, str]], old: Place, new: Place) -> list[Change]:
    """Return what moves rows; what stands there already is of a page that has gone on, and newer."""
    changes: list[Change] = []
    for key, row in rows:
        target = moved(key, old, new)
        changes += [Put(target, row, unless=(target,)), Remove(key)]
    return changes
