"""Decides where the rows of a guest's conversation stand once the guest has an account."""

from __future__ import annotations

from client_py.core.conversation.database_rows import Key, Place
from client_py.core.conversation.item_ids import SEPARATOR

_INDEXES = frozenset({"position", "id"})
"""Rows whose key ends in the id of an item, with its author."""
_OF_DEVICES = frozenset({"id", "outbox", "receipt", "mark", "device"})


def device_of(key: Key) -> str | None:
    """Return to which device a row belongs; None if it is the room's."""
    match key:
        case (_, _, str(kind), str(device), *_) if kind in _OF_DEVICES:
            return device
    return None


def moved(key: Key, old: Place, new: Place) -> Key:
    """Return the key under which a row of the old place stands in the new one."""
    _, _, *rest = key
    match rest:
        case [str(kind), *between, str(name)] if kind in _INDEXES and name.startswith(old.account + SEPARATOR):
            rest = [kind, *between, new.account + name[len(old.account) :]]
        case ["mark", device, account, other] if account == old.account:
            rest = ["mark", device, new.account, other]
    return (*new.prefix, *rest)
