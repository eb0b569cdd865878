from __future__ import annotations

import pytest

from client_py.core.conversation.item_order import MAX_POSITION, MAX_POSITION_BY_CLOCK, positions_to_come


@pytest.mark.parametrize(
    ("now", "last", "first"),
    [
        (1_700_000_000.25, 0, 1_700_000_000_250),
        (1_700_000_000.25, 1_700_000_000_300, 1_700_000_000_301),
        (-5.0, 0, 1),
        (-5.0, -1, 0),
        (1e300, 0, MAX_POSITION_BY_CLOCK),
        (0.0, MAX_POSITION, MAX_POSITION),
    ],
)
def test_next_item_stands_after_all_that_is_known(now: float, last: int, first: int) -> None:
    """Its position is of the clock, or follows the last one where the clock is behind; there always is one."""
    assert positions_to_come(now, last) == range(first, MAX_POSITION + 1)
