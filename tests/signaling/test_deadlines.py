import asyncio

from signaling.deadlines import Deadlines

PATIENCE = 5.0


class Late:
    """Something that remembers whether it was late."""

    def __init__(self) -> None:
        self.has_passed = asyncio.Event()

    def deadline_passed(self) -> None:
        """Remember."""
        self.has_passed.set()


async def test_late_ones_are_told_in_their_order() -> None:
    """Everyone is told, the first one first, by one timer after the other."""
    deadlines, first, second = Deadlines(0.02), Late(), Late()
    deadlines.start(first)
    await asyncio.sleep(0.01)
    deadlines.start(second)
    await asyncio.wait_for(first.has_passed.wait(), PATIENCE)
    assert not second.has_passed.is_set()
    await asyncio.wait_for(second.has_passed.wait(), PATIENCE)


async def test_who_is_done_is_not_told() -> None:
    """What was stopped is forgotten, and no timer goes on for nobody."""
    deadlines, done, late = Deadlines(0.01), Late(), Late()
    deadlines.start(done)
    deadlines.stop(done)
    deadlines.stop(done)
    deadlines.start(late)
    await asyncio.wait_for(late.has_passed.wait(), PATIENCE)
    assert not done.has_passed.is_set()
    assert deadlines._timer is None


async def test_starting_again_gives_the_full_time() -> None:
    """Who begins something else is due after those who began before."""
    deadlines, first, second = Deadlines(0.02), Late(), Late()
    deadlines.start(first)
    deadlines.start(second)
    deadlines.start(first)
    await asyncio.wait_for(second.has_passed.wait(), PATIENCE)
    await asyncio.wait_for(first.has_passed.wait(), PATIENCE)
    assert list(deadlines._due_at) == []
