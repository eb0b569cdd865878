"""What needs no Redis; e2e/test_backplane.py has the rest."""

from __future__ import annotations

import asyncio

import pytest

from signaling.cluster.backplane import Backplane
from signaling.cluster.spanning_rooms import SpanningRooms
from signaling.rooms.registry import Rooms


async def test_failure_that_nobody_has_thought_of_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server does not wait for ever for a backplane that has failed by a fault of ours."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("signaling.cluster.backplane.redis_connections", broken)
    backplane = Backplane("redis://127.0.0.1:1/0", SpanningRooms(Rooms(2)))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(backplane.open(lambda _: None), 10)
