import asyncio
import subprocess
import sys

import pytest

from signaling.process.heap import WORTH_RELEASING, keep_small, resident_bytes

PATIENCE = 5.0
PIECE, PIECES = 30_000, 3_000
FREE_BETWEEN_OTHERS = f"""
from signaling.process.heap import release_free_memory, resident_bytes

pieces = [(b"x" * {PIECE}, b"x" * {PIECE // 40}) for _ in range({PIECES})]
kept = [small for _, small in pieces]
del pieces
before = resident_bytes()
release_free_memory()
print(before - resident_bytes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_freed_memory_goes_back_to_the_system() -> None:
    """Pieces that are free between others which are not, as connections leave them, are released."""
    # In a process of its own: the holes that other tests have left would take the small pieces from between the large.
    command = [sys.executable, "-c", FREE_BETWEEN_OTHERS]
    finished = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - our own script
    released = int(finished.stdout)
    assert released > PIECES * PIECE // 2


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


async def test_size_that_cannot_be_told_ends_nothing() -> None:
    """As when no file is left to look with: the next look may find one."""
    sizes: list[int | None] = [9, None, 9 + WORTH_RELEASING, 9]
    released = asyncio.Event()

    def resident() -> int:
        size = sizes.pop(0) if sizes else 9
        if size is None:
            raise OSError(24, "Too many open files")
        return size

    task = asyncio.create_task(keep_small(resident, released.set, 0.001))
    await asyncio.wait_for(released.wait(), PATIENCE)
    task.cancel()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_size_of_process_is_known() -> None:
    """It is what the system says."""
    assert resident_bytes() > 2**20
