"""What a server exports, for the tests that hold documents and dashboards to it."""

from __future__ import annotations

import asyncio

from prometheus_client.core import Metric

from signaling.monitoring.metrics import registry
from signaling.monitoring.worker_metrics import Worker, WorkerMetrics
from signaling.rooms.effects_driver import Switchboard
from signaling.rooms.registry import Rooms


def exported() -> list[Metric]:
    """Give every metric of a server on which everything has happened once."""
    rooms = Rooms(2)
    switchboard = Switchboard(rooms, 0)
    switchboard.tally.answered("GET", "/", 200, 0.1)
    return asyncio.run(WorkerMetrics(registry(rooms, switchboard), Worker()).collect())
