"""Shows in the words of Prometheus what this process holds and has counted, when it is asked."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TypeVar

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from signaling.monitoring.counters import Counters, Durations

PREFIX = "p2pchat_"
PACKAGE = "p2p-chat"

_Labels = TypeVar("_Labels", bound=tuple[str, ...])


@dataclass(frozen=True, slots=True)
class Gauges:
    """What this process holds at the moment, by whom it is asked: this module knows no rooms."""

    connections: Callable[[], int]
    rooms: Callable[[], int]
    peers: Callable[[], int]
    peers_awaited: Callable[[], int]


def registry(counters: Counters, gauges: Gauges) -> CollectorRegistry:
    """Return everything that can be told of this process. It belongs to one app: another has another."""
    made = CollectorRegistry()
    made.register(ServerCollector(counters, gauges))
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    return made


@dataclass(frozen=True, slots=True, eq=False)  # the registry keeps collectors by their identity
class ServerCollector(Collector):
    """What this process holds and has counted, told from numbers that are there: no room or peer is looked at."""

    counters: Counters
    gauges: Gauges

    def collect(self) -> Iterator[Metric]:
        """Yield every metric of ours."""
        yield from self._gauges()
        yield from _counters(self.counters)
        yield from _histograms(self.counters)

    def _gauges(self) -> Iterator[Metric]:
        build = GaugeMetricFamily(
            PREFIX + "build_info", "What runs here; the value is 1.", labels=("version", "python")
        )
        build.add_metric((_version(), platform.python_version()), 1)
        yield build
        yield _gauge("connections", "WebSockets that are open.", self.gauges.connections())
        yield _gauge("rooms", "Rooms that someone is in.", self.gauges.rooms())
        yield _gauge("peers", "Peers that are in a room and connected.", self.gauges.peers())
        yield _gauge(
            "peers_awaited", "Peers that have lost their connection and may resume.", self.gauges.peers_awaited()
        )


def _counters(counters: Counters) -> Iterator[Metric]:
    yield _counter("connections_opened", "WebSockets that were let in.", {(): counters.opened})
    yield _counter("signals_relayed", "Signals that were handed to a peer.", {(): counters.relayed})
    joins = {("no",): counters.joined, ("yes",): counters.resumed}
    yield _counter("joins", "Joins, by whether they resumed a peer.", joins, "resumed")
    refusals = {(code,): count for code, count in counters.refusals.items()}
    yield _counter("refusals", "Requests that were refused, over HTTP and WebSockets, by error code.", refusals, "code")
    closes = {(code,): count for code, count in counters.closes.items()}
    yield _counter("closes", "WebSockets that ended, by close code.", closes, "code")
    shed = {(reason,): count for reason, count in counters.shed.items()}
    yield _counter("connections_shed", "Connections that had to make way for others, by reason.", shed, "reason")
    sentence = "Moments at which no more files could be opened, and connections were dropped unheard."
    yield _counter("files_exhausted", sentence, {(): counters.files_exhausted})
    yield _counter("http_requests", "Requests that were answered.", counters.requests, "method", "route", "status")


def _histograms(counters: Counters) -> Iterator[Metric]:
    sentence = "From a request to the beginning of its response."
    yield _histogram("http_request_duration_seconds", sentence, counters.request_seconds, "method", "route")
    sentence = "From what the network brought to the last write that came of it, of at most 100 reads a second."
    yield _histogram("relay_duration_seconds", sentence, {(): counters.relay_seconds})


def _gauge(name: str, sentence: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, sentence, value)


def _counter(name: str, sentence: str, counts: Mapping[_Labels, int], *labels: str) -> Metric:
    family = CounterMetricFamily(PREFIX + name, sentence, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family


def _histogram(name: str, sentence: str, durations: Mapping[_Labels, Durations], *labels: str) -> Metric:
    family = HistogramMetricFamily(PREFIX + name, sentence, labels=labels)
    for values, each in durations.items():
        family.add_metric(values, list(each.buckets()), each.seconds)
    return family


@cache
def _version() -> str:
    return version(PACKAGE)
