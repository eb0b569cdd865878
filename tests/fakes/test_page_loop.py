from __future__ import annotations

import asyncio
import gc

import pytest

from client_py.drivers.tasks import Tasks
from tests.fakes import page_loop
from tests.fakes.agenda import Agenda
from tests.fakes.page_loop import PageLoop


@pytest.fixture
def agenda() -> Agenda:
    """An agenda with nothing on it."""
    return Agenda(1)


@pytest.fixture
def loop(agenda: Agenda) -> PageLoop:
    """The loop of a page."""
    return PageLoop(agenda)  # type: ignore[abstract]  # what nobody calls is not there


async def _note(seen: list[str], *names: str) -> None:
    for name in names:
        seen.append(name)
        await asyncio.sleep(0)


def test_callbacks_run_in_the_order_of_call_soon(loop: PageLoop) -> None:
    """Also those that come up on the way, and all of them before the world goes on."""
    seen: list[str] = []

    def first() -> None:
        seen.append("first")
        loop.call_soon(seen.append, "third")

    def begin() -> None:
        loop.call_soon(first)
        loop.call_soon(seen.append, "second")
        assert not seen

    loop.enter(begin)
    assert seen == ["first", "second", "third"]


def test_tasks_take_turns(loop: PageLoop) -> None:
    """As on any loop of asyncio."""
    seen: list[str] = []
    loop.enter(lambda: [asyncio.ensure_future(_note(seen, f"{name}1", f"{name}2")) for name in "ab"])
    assert seen == ["a1", "b1", "a2", "b2"]


def test_cancelled_callback_is_not_called(loop: PageLoop, agenda: Agenda) -> None:
    """Whether it was to be called soon or later."""
    seen: list[str] = []
    loop.enter(lambda: loop.call_soon(seen.append, "soon").cancel())
    loop.enter(lambda: loop.call_later(1.0, seen.append, "later").cancel())
    agenda.run(2.0)
    assert not seen


def test_cancelled_task_ends_where_it_waits(loop: PageLoop) -> None:
    """And says so to the task that waits for it."""
    seen: list[str] = []

    async def wait_for_ever() -> None:
        try:
            await loop.create_future()
        finally:
            seen.append("ended")

    async def cancel() -> None:
        task = asyncio.ensure_future(wait_for_ever())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        seen.append("cancelled")

    loop.enter(lambda: asyncio.ensure_future(cancel()))
    assert seen == ["ended", "cancelled"]


def test_time_is_that_of_the_world(loop: PageLoop, agenda: Agenda) -> None:
    """Hours of sleep and of waiting take no time at all, and come out to the moment."""
    seen: list[float] = []

    async def wait() -> None:
        await asyncio.sleep(3_600)
        seen.append(loop.time())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await loop.create_future()
        seen.append(loop.time())

    loop.enter(lambda: asyncio.ensure_future(wait()))
    agenda.run(10_000)
    assert seen == [3_600, 3_660]


def test_failure_of_a_task_reaches_the_one_who_runs_the_world(loop: PageLoop, agenda: Agenda) -> None:
    """By way of its owner, as in the page."""

    async def fail() -> None:
        await asyncio.sleep(1)
        raise KeyError("planted")

    def raise_again(error: BaseException) -> None:
        raise error

    tasks = Tasks(raise_again)
    loop.enter(lambda: tasks.spawn(fail()))
    with pytest.raises(KeyError, match="planted"):
        agenda.run(2.0)


def test_failure_that_nobody_asks_for_reaches_the_one_who_runs_the_world(loop: PageLoop) -> None:
    """A task without an owner cannot fail in silence."""

    async def fail() -> None:
        raise KeyError("planted")

    def forget() -> None:
        asyncio.ensure_future(fail())  # noqa: RUF006 - nobody keeps it, on purpose

    def go_on() -> None:
        loop.enter(forget)
        gc.collect()
        loop.enter(lambda: None)

    with pytest.raises(KeyError, match="planted"):
        go_on()


def test_frozen_page_hears_afterwards_what_has_happened(loop: PageLoop, agenda: Agenda) -> None:
    """In the order in which it happened, and nothing runs before."""
    seen: list[str] = []
    loop.enter(lambda: asyncio.ensure_future(_sleep_and_note(seen, "task")))
    loop.freeze()
    loop.enter(lambda: seen.append("event"))
    agenda.run(10.0)
    assert not seen
    loop.thaw()
    assert seen == ["event", "task"]


async def _sleep_and_note(seen: list[str], name: str) -> None:
    await asyncio.sleep(1.0)
    seen.append(name)


def test_nothing_runs_after_the_end(loop: PageLoop, agenda: Agenda) -> None:
    """Neither what was ready, nor what waits, nor what has not begun; and nobody is warned of that."""
    seen: list[str] = []

    def begin() -> None:
        asyncio.ensure_future(_sleep_and_note(seen, "task"))  # noqa: RUF006 - it ends with the page
        loop.call_later(1.0, seen.append, "timer")

    loop.enter(begin)
    not_begun = loop.create_task(_note(seen, "not begun"))
    loop.end()
    loop.enter(lambda: seen.append("event"))
    agenda.run(10.0)
    assert not_begun.get_coro().cr_frame is None  # type: ignore[union-attr]
    del not_begun
    gc.collect()
    assert not seen


def test_result_for_a_task_that_waits_no_longer_is_dropped(loop: PageLoop) -> None:
    """A browser's answer may come after the task was cancelled."""
    future: asyncio.Future[int] = loop.create_future()
    future.cancel()
    loop.arrive(future, 1)
    loop.fail(future, KeyError())
    assert future.cancelled()


def test_busy_page_takes_events_between_its_tasks(loop: PageLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is ready waits a moment; an event that comes meanwhile is heard first."""
    monkeypatch.setattr(page_loop, "BUSY", 1.0)
    seen: list[str] = []
    loop.enter(lambda: loop.call_soon(seen.append, "ready"))
    assert not seen
    monkeypatch.setattr(page_loop, "BUSY", 0.0)
    loop.enter(lambda: seen.append("event"))
    assert seen == ["event", "ready"]


def test_pages_do_not_run_within_one_another(loop: PageLoop, agenda: Agenda) -> None:
    """What one page does to another takes its time."""
    other = PageLoop(agenda)  # type: ignore[abstract]  # what nobody calls is not there
    with pytest.raises(AssertionError, match="within another"):
        loop.enter(lambda: other.enter(lambda: None))
