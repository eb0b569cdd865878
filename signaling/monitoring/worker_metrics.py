"""Awaits what the other workers have counted, so that whichever process is asked for metrics answers for all of them.

Workers share their listening sockets, and a scrape reaches any one. So each also listens on a Unix socket in a folder
that they have in common, and tells there what it has; nothing is written to a disk, and nothing outlives its process.
Every number says by the label `worker` whose it is: a worker that is started again begins at nothing, which Prometheus
sees for that worker, and the sum of all would hide.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric, Sample

ANSWER_SECONDS = 1.0
"""For a worker to tell what it has. One that is too busy for that is left out, and `p2pchat_worker_up` says so."""
SUFFIX = ".metrics"
LABEL = "worker"


@dataclass(frozen=True, slots=True)
class Worker:
    """Which process of a server this is: its number, the same when it is started again, and the folder of all."""

    number: int = 0
    folder: Path | None = None
    """Open to nobody else; None where there is one process only."""

    @property
    def path(self) -> Path | None:
        """Where it tells the others what it has counted."""
        return None if self.folder is None else self.folder / f"{self.number}{SUFFIX}"


class Family(msgspec.Struct, frozen=True):
    """A metric on its way between two workers."""

    name: str
    documentation: str
    kind: str
    samples: list[tuple[str, dict[str, str], float]]


class WorkerMetrics:
    """What this worker and the others have counted."""

    def __init__(self, registry: CollectorRegistry, worker: Worker, seconds: float = ANSWER_SECONDS) -> None:
        self._registry = registry
        self._worker = worker
        self._seconds = seconds
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Tell the others from now on, if there can be any."""
        path = self._worker.path
        if path is not None:
            path.unlink(missing_ok=True)  # of a worker of this number that was killed
            self._server = await asyncio.start_unix_server(self._tell, path)

    async def close(self) -> None:
        """Tell nobody any more."""
        if self._server is not None and self._worker.path is not None:
            self._server.close()
            self._worker.path.unlink(missing_ok=True)

    async def collect(self) -> list[Metric]:
        """Return the metrics of every worker, those of one name together."""
        numbers = self._others()
        answers = await asyncio.gather(*(self._ask(number) for number in numbers))
        told = {self._worker.number: self._own(), **dict(zip(numbers, answers, strict=True))}
        up = GaugeMetricFamily("p2pchat_worker_up", "Whether a worker told what it has counted.", labels=(LABEL,))
        merged: dict[str, Metric] = {}
        for number, families in sorted(told.items()):
            up.add_metric((str(number),), families is not None)
            _merge(merged, str(number), families or ())
        return [up, *merged.values()]

    def _own(self) -> list[Family]:
        return [
            Family(
                metric.name,
                metric.documentation,
                metric.type,
                [(sample.name, dict(sample.labels), sample.value) for sample in metric.samples],
            )
            for metric in self._registry.collect()
        ]

    def _others(self) -> list[int]:
        folder = self._worker.folder
        found = [] if folder is None else [int(path.stem) for path in folder.glob(f"*{SUFFIX}")]
        return [number for number in sorted(found) if number != self._worker.number]

    async def _ask(self, number: int) -> list[Family] | None:
        path = Worker(number, self._worker.folder).path
        try:
            async with asyncio.timeout(self._seconds):
                reader, writer = await asyncio.open_unix_connection(path)
                with contextlib.closing(writer):
                    told = await reader.read()
            return msgspec.msgpack.decode(told, type=list[Family])
        except (OSError, TimeoutError, msgspec.DecodeError):
            return None

    async def _tell(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            writer.write(msgspec.msgpack.encode(self._own()))
            await writer.drain()


def _merge(merged: dict[str, Metric], number: str, families: Iterable[Family]) -> None:
    for family in families:
        metric = merged.setdefault(family.name, Metric(family.name, family.documentation, family.kind))
        metric.samples += [Sample(name, {LABEL: number, **labels}, value) for name, labels, value in family.samples]
