from __future__ import annotations

import pytest

from client_py.core.conversation.faults import ItemFault
from client_py.core.conversation.item_limits import MAX_PENDING_BYTES, MAX_PENDING_ITEMS, item_fault
from client_py.core.frames import MAX_ITEM_BYTES


@pytest.mark.parametrize(
    ("size", "waiting", "waiting_bytes", "fault"),
    [
        (0, 0, 0, None),
        (MAX_ITEM_BYTES, 0, 0, None),
        (MAX_ITEM_BYTES + 1, 0, 0, ItemFault.TOO_LONG),
        (1, MAX_PENDING_ITEMS - 1, 0, None),
        (1, MAX_PENDING_ITEMS, 0, ItemFault.TOO_MANY_WAITING),
        (1, 1, MAX_PENDING_BYTES - 1, None),
        (1, 1, MAX_PENDING_BYTES, ItemFault.TOO_MANY_WAITING),
        (MAX_ITEM_BYTES + 1, MAX_PENDING_ITEMS, 0, ItemFault.TOO_LONG),
    ],
)
def test_item_is_taken_within_limits(size: int, waiting: int, waiting_bytes: int, fault: ItemFault | None) -> None:
    """An item is taken up to its limits, the last of them included; of one that is too long, that is said first."""
    assert item_fault(size, waiting=waiting, waiting_bytes=waiting_bytes) is fault
