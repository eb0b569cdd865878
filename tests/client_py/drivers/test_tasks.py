from __future__ import annotations

import asyncio
import sys

import pytest

from client_py.drivers.tasks import Tasks


async def test_tasks_tell_a_failure_to_their_owner() -> None:
    """A task that raises is seen, once, with its error."""
    seen: list[BaseException] = []
    failure = ValueError("broken")

    async def break_down() -> None:
        raise failure

    task = Tasks(seen.append).spawn(break_down())
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert seen == [failure]


async def test_tasks_cancel_what_runs_without_calling_it_a_failure() -> None:
    """Ending everything on purpose is no failure."""
    seen: list[BaseException] = []
    tasks = Tasks(seen.append)
    task = tasks.spawn(asyncio.sleep(3_600))
    tasks.cancel_all()
    await asyncio.wait([task])
    assert task.cancelled()
    assert seen == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python begins a task at once since 3.12")
async def test_task_begins_at_once() -> None:
    """What it asks for first is asked for before anything else happens."""
    seen: list[str] = []

    async def work() -> None:
        seen.append("begun")
        await asyncio.sleep(0)
        seen.append("ended")

    task = Tasks(lambda _error: None).begin(work())
    assert seen == ["begun"]
    await task
    assert seen == ["begun", "ended"]
