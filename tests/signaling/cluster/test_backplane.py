"""What needs no Redis; e2e/test_backplane.py has the rest."""

from __future__ import annotations

import asyncio

import pytest

from signaling.cluster.backplane import MAX_WAITING, MAX_WAITING_BYTES, Backplane
from signaling.cluster.effects import Post
from signaling.cluster.process_messages import Ask, ProcessId
from signaling.cluster.spanning_rooms import SpanningRooms
from signaling.rooms.registry import Rooms
from tests.signaling.running import PATIENCE


async def test_failure_that_nobody_has_thought_of_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server does not wait for ever for a backplane that has failed by a fault of ours."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("signaling.cluster.backplane.redis_connections", broken)
    backplane = Backplane("redis://127.0.0.1:1/0", SpanningRooms(Rooms(2)))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(backplane.open(lambda _: None, lambda _: None), 10)


@pytest.mark.parametrize(("count", "size"), [(MAX_WAITING + 9, 1), (9, MAX_WAITING_BYTES // 4)])
def test_what_waits_for_redis_is_bounded(count: int, size: int) -> None:
    """More than that is dropped, until the connection is given up, which drops all of it."""
    backplane = Backplane("redis://127.0.0.1:1/0", SpanningRooms(Rooms(2)))
    backplane._is_connected = True
    rest = "x" * size
    for number in range(count):
        backplane.post(Post(ProcessId("other"), Ask(number, "peer", rest)))
    assert len(backplane._outgoing) == min(MAX_WAITING, MAX_WAITING_BYTES // size) + 1


class Losing(Backplane):
    """A backplane that loses Redis while it is closed, by an error that takes the place of the cancellation."""

    async def _live(self, first: asyncio.Future[None]) -> None:
        first.set_result(None)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ExceptionGroup("as of a task group", [OSError("Connection refused")]) from None


async def test_backplane_ends_together_with_redis() -> None:
    """Where everything is told to stop in one moment, the server does not look for Redis for ever."""
    backplane = Losing("redis://127.0.0.1:1/0", SpanningRooms(Rooms(2)))
    await asyncio.wait_for(backplane.open(lambda _: None, lambda _: None), PATIENCE)
    await asyncio.wait_for(backplane.close(), PATIENCE)
    assert backplane._task is not None
    assert backplane._task.done()
    await asyncio.wait_for(backplane.close(), PATIENCE)
