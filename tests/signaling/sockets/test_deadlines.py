import asyncio

from signaling.sockets.deadlines import Deadlines

PATIENCE = 5.0


class Late:
    """Something that notes among the others that it was late."""

    def __init__(self, told: list["Late"]) -> None:
        self._told = told
        self.has_passed = asyncio.Event()

    def deadline_passed(self) -> None:
        """Note it."""
        self._told.append(self)
        self.has_passed.set()


async def test_late_ones_are_told_in_their_order() -> None:
    """Everyone is told, the first one first, and by a timer that is set again for those who began later."""
    told: list[Late] = []
    deadlines, first, second = Deadlines(0.02), Late(told), Late(told)
    deadlines.start(first)
    await asyncio.sleep(0.01)
    deadlines.start(second)
    await asyncio.wait_for(second.has_passed.wait(), PATIENCE)
    assert told == [first, second]


async def test_who_is_done_is_not_told() -> None:
    """What was stopped is forgotten, and no timer goes on for nobody."""
    told: list[Late] = []
    deadlines, done, late = Deadlines(0.01), Late(told), Late(told)
    deadlines.start(done)
    deadlines.stop(done)
    deadlines.stop(done)
    deadlines.start(late)
    await asyncio.wait_for(late.has_passed.wait(), PATIENCE)
    assert told == [late]
    assert deadlines._timer is None


async def test_starting_again_gives_the_full_time() -> None:
    """Who begins something else is due after those who began before."""
    told: list[Late] = []
    deadlines, first, second = Deadlines(0.02), Late(told), Late(told)
    deadlines.start(first)
    deadlines.start(second)
    deadlines.start(first)
    await asyncio.wait_for(first.has_passed.wait(), PATIENCE)
    assert told == [second, first]
    assert list(deadlines._due_at) == []
