"""Takes along the rows that the database has under the name of a guest who has an account by now.

What is written down in its new place leaves the old one in the same transaction. So a page may end anywhere on the way,
and the next one goes on.
"""

from __future__ import annotations

from contextlib import ExitStack

from client_py.core.conversation.database_rows import Place
from client_py.core.conversation.former_rows import device_of, moved
from client_py.drivers.own_device import device_key, lock_of
from client_py.ports.storage import Change, Database, Key, Locks, Put, Remove, Store

MOVED_AT_ONCE = 200
"""Rows in one transaction."""


async def move_rows(database: Database, locks: Locks, tab: Store, old: Place, new: Place) -> None:
    """Put the rows of a room under the new name, but for those of devices that other tabs are still.

    Those follow when the tab has ended, or has heard of the new name.
    """
    if not await database.read(old.prefix, oldest=1):
        return
    with ExitStack() as holds:
        held: set[str] = set()
        for key, _ in await database.read(old.devices):
            name = str(key[-1])
            release = await locks.claim(lock_of(old, name), 0.0)
            if release is None:
                held.add(name)
            else:
                holds.callback(release)
        after: Key | None = None
        while rows := await database.read(old.prefix, after=after, oldest=MOVED_AT_ONCE):
            after = rows[-1][0]
            changes: list[Change] = []
            for key, row in rows:
                if device_of(key) not in held:
                    target = moved(key, old, new)
                    # What stands there already is of a page that has gone on, and newer.
                    changes += [Put(target, row, unless=(target,)), Remove(key)]
            await database.write(changes)
        name_of_tab = tab.get(device_key(old))
        if name_of_tab is not None and name_of_tab not in held:
            tab.put(device_key(new), name_of_tab)
            tab.remove(device_key(old))
