import asyncio
from pathlib import Path

import pytest

from signaling.heap import release_free_memory, release_memory_after

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


async def test_memory_is_released_when_less_is_kept() -> None:
    """It is looked at again and again, for as long as the server runs."""
    looked = asyncio.Event()
    answers = iter([False, True, False])

    def has_shrunk() -> bool:
        answer = next(answers, None)
        if answer is None:
            looked.set()
        return bool(answer)

    task = asyncio.create_task(release_memory_after(has_shrunk, 0.001))
    await asyncio.wait_for(looked.wait(), PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
