"""Counts what the server does, in plain numbers, which cost the way of a message next to nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from protocol.codes import CloseCode, ErrorCode

OTHER = "other"
"""Stands for whatever a client can make up, of which there would be no end."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLOSE_CODES = tuple(str(code) for code in sorted({*map(int, CloseCode), 1002, 1005, 1006, 1007}))
"""Ours, and the ones of RFC 6455 §7.4.1 with which a lost or a broken connection ends."""
TOO_MANY_WAITING, TOO_FEW_FILES = SHED_REASONS = ("too_many_waiting", "too_few_files")
REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""From a file that is at hand to a login that waits for its turn with bcrypt."""
RELAY_SECONDS = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25)


class Durations:
    """How often something took how many seconds, by upper bounds, and how long all of it took together."""

    __slots__ = ("_bounds", "_counts", "seconds")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self.seconds += seconds

    def buckets(self) -> Iterator[tuple[str, int]]:
        """Yield each bound with how many were not above it, as Prometheus has them; `+Inf` is the last."""
        return zip((*map(str, self._bounds), "+Inf"), accumulate(self._counts), strict=True)


@dataclass(slots=True)
class Counters:
    """What has happened since the server was started."""

    opened: int = 0
    """WebSockets whose account was proven."""
    relayed: int = 0
    """Signals that were handed to a client."""
    joined: int = 0
    resumed: int = 0
    refusals: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(ErrorCode, 0)))
    """By error code, over HTTP and over WebSockets."""
    closes: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys((*CLOSE_CODES, OTHER), 0)))
    """Of WebSockets, by close code."""
    shed: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(SHED_REASONS, 0)))
    """Connections that were closed because others needed their place, by reason."""
    files_exhausted: int = 0
    """Moments at which the process could open no more files."""
    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Over HTTP, by method, route and status."""
    request_seconds: defaultdict[tuple[str, str], Durations] = field(
        default_factory=lambda: defaultdict(lambda: Durations(REQUEST_SECONDS))
    )
    """By method and route."""
    relay_seconds: Durations = field(default_factory=lambda: Durations(RELAY_SECONDS))
    """Of some of the reads: from what the network brought to the last write that came of it."""

    def closed(self, code: int) -> None:
        """A WebSocket ended. A client may choose its code (RFC 6455 §7.4.2: 4000 to 4999 are anyone's)."""
        name = str(int(code))
        self.closes[name if name in self.closes else OTHER] += 1

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """An HTTP request began to be answered after `seconds`; `route` is a template, never a path."""
        known = method if method in METHODS else OTHER
        self.requests[known, route, str(status)] += 1
        self.request_seconds[known, route].add(seconds)
