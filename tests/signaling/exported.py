"""What a server exports, for the tests that hold documents and dashboards to it."""

from __future__ import annotations

import asyncio

from prometheus_client.core import Metric

from signaling.monitoring.counters import Counters
from signaling.monitoring.metrics import Gauges, registry
from signaling.monitoring.worker_metrics import Worker, WorkerMetrics


def exported() -> list[Metric]:
    """Return every metric of a server on which everything has happened once."""
    counters = Counters()
    counters.answered("GET", "/", 200, 0.1)
    nothing = Gauges(*4 * [lambda: 0])
    return asyncio.run(WorkerMetrics(registry(counters, nothing), Worker()).collect())
