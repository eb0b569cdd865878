"""Decides whether something that a person says can be taken: by its size, and by how much waits to be delivered."""

from __future__ import annotations

from client_py.core.conversation.faults import ItemFault
from client_py.core.frames import MAX_ITEM_BYTES

MAX_PENDING_ITEMS = 1_000
MAX_PENDING_BYTES = 16_777_216
"""The most that may wait to be delivered: days of writing to someone who is away."""


def item_fault(size: int, *, waiting: int, waiting_bytes: int) -> ItemFault | None:
    """Tell why an item of this many bytes cannot be taken beside those that wait, if it cannot."""
    if size > MAX_ITEM_BYTES:
        return ItemFault.TOO_LONG
    if waiting >= MAX_PENDING_ITEMS or waiting_bytes + size > MAX_PENDING_BYTES:
        return ItemFault.TOO_MANY_WAITING
    return None
