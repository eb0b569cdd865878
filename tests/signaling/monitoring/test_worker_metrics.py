from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import Metric

from signaling.monitoring.worker_metrics import ANSWER_SECONDS, Worker, WorkerMetrics


@asynccontextmanager
async def telling(worker: Worker, count: float, seconds: float = ANSWER_SECONDS) -> AsyncIterator[WorkerMetrics]:
    """Run a worker that has counted `count`, and is at infinity with something else."""
    registry = CollectorRegistry()
    Counter("done", "What was done.", ["how"], registry=registry).labels("well").inc(count)
    Gauge("bound", "What there is of it.", registry=registry).set(float("inf"))
    metrics = WorkerMetrics(registry, worker, seconds)
    await metrics.open()
    try:
        yield metrics
    finally:
        await metrics.close()


def is_empty(folder: Path) -> bool:
    """Tell whether nothing was left in a folder."""
    return not any(folder.iterdir())


def values(metrics: list[Metric], name: str) -> dict[str, float]:
    """Return a sample of every worker that has it."""
    [family] = [metric for metric in metrics if name.startswith(metric.name)]
    return {sample.labels["worker"]: sample.value for sample in family.samples if sample.name == name}


async def test_only_worker_tells_of_itself(tmp_path: Path) -> None:
    """A server of one process has nobody to ask, and nothing to leave behind."""
    async with telling(Worker(), 3) as metrics:
        told = await metrics.collect()
    assert values(told, "done_total") == {"0": 3}
    assert values(told, "p2pchat_worker_up") == {"0": 1}
    assert is_empty(tmp_path)


async def test_any_worker_tells_of_all(tmp_path: Path) -> None:
    """Whichever is asked tells what each has counted, under its number; a metric stands once."""
    async with telling(Worker(0, tmp_path), 3) as first, telling(Worker(1, tmp_path), 4) as second:
        for asked in (first, second):
            told = await asked.collect()
            assert values(told, "done_total") == {"0": 3, "1": 4}
            assert values(told, "bound") == {"0": float("inf"), "1": float("inf")}
            assert values(told, "p2pchat_worker_up") == {"0": 1, "1": 1}
            assert len({metric.name for metric in told}) == len(told)


async def test_worker_that_has_stopped_is_not_asked(tmp_path: Path) -> None:
    """What is gone in order is gone."""
    async with telling(Worker(0, tmp_path), 3) as first:
        async with telling(Worker(1, tmp_path), 4):
            pass
        assert values(await first.collect(), "p2pchat_worker_up") == {"0": 1}


async def test_worker_that_was_killed_can_begin_again(tmp_path: Path) -> None:
    """What a killed worker has left does not keep the next one of its number from starting."""
    (tmp_path / "1.metrics").touch()
    async with telling(Worker(0, tmp_path), 3) as first:
        assert values(await first.collect(), "p2pchat_worker_up") == {"0": 1, "1": 0}
        async with telling(Worker(1, tmp_path), 4):
            assert values(await first.collect(), "done_total") == {"0": 3, "1": 4}


@pytest.mark.parametrize("answer", [b"nonsense", b""])
async def test_worker_that_tells_nonsense_is_left_out(tmp_path: Path, answer: bytes) -> None:
    """What cannot be read costs the others nothing."""

    async def tell(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(tell, tmp_path / "1.metrics"), telling(Worker(0, tmp_path), 3) as first:
        told = await first.collect()
    assert values(told, "done_total") == {"0": 3}
    assert values(told, "p2pchat_worker_up") == {"0": 1, "1": 0}


async def test_worker_that_is_busy_is_not_waited_for(tmp_path: Path) -> None:
    """A worker that does not come to answering is left out after a moment."""
    is_over = asyncio.Event()

    async def wait(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await is_over.wait()
        writer.close()

    async with (
        await asyncio.start_unix_server(wait, tmp_path / "1.metrics"),
        telling(Worker(0, tmp_path), 3, 0.01) as first,
    ):
        told = await first.collect()
        is_over.set()
    assert values(told, "p2pchat_worker_up") == {"0": 1, "1": 0}
