import asyncio
import sys
from pathlib import Path

import pytest

from signaling.heap import WORTH_RELEASING, keep_small, release_free_memory, resident_bytes

PATIENCE = 5.0
PIECE, PIECES = 30_000, 3_000
STATUS = Path("/proc/self/statm")


def resident_pages() -> int:
    """Give how many pages of memory this process holds."""
    return int(STATUS.read_text("ascii").split()[1])


@pytest.mark.skipif(not STATUS.exists(), reason="there is no /proc")
def test_freed_memory_goes_back_to_the_system() -> None:
    """Pieces that are free between others which are not, as connections leave them, are released."""
    release_free_memory()  # what others have left
    pieces = [(b"x" * PIECE, b"x" * (PIECE // 40)) for _ in range(PIECES)]
    kept = [small for _, small in pieces]
    del pieces
    before = resident_pages()
    release_free_memory()
    assert len(kept) == PIECES
    assert resident_pages() < before - PIECES * PIECE // 4096 // 2


async def test_memory_is_released_while_there_is_more_than_before() -> None:
    """It is looked at again and again, and released as long as the process is larger than it was at its smallest."""
    sizes = iter([10, 9, 9, 9 + WORTH_RELEASING - 1, 9 + WORTH_RELEASING - 1, 9 + WORTH_RELEASING, 9])
    looked = asyncio.Event()
    released: list[int] = []
    size = 0

    def resident() -> int:
        nonlocal size
        size = next(sizes, -1)
        if size < 0:
            looked.set()
            return 9
        return size

    task = asyncio.create_task(keep_small(resident, lambda: released.append(size), 0.001))
    await asyncio.wait_for(looked.wait(), PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert released == [9 + WORTH_RELEASING]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_size_of_process_is_known() -> None:
    """It is what the system says."""
    assert resident_bytes() > 2**20
