"""What is told of a server of several processes: real workers on one address, and a real Redis between them."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e.server import Server
from e2e.services.redis import Redis

PATIENCE = 90.0
"""Seconds. A worker is started again by a whole new process, which has to load everything on a busy machine."""
INTERVAL = 0.1
"""Seconds between two questions: who asks without a pause takes the core that the answer needs."""
REQUESTS = 40


@pytest.fixture
def server(tmp_path: Path, store: Redis) -> Iterator[Server]:
    """Run a server of two workers."""
    running = Server(tmp_path, {"P2PCHAT_BACKPLANE_URL": store.url, "P2PCHAT_WORKERS": "2"})
    running.start()
    try:
        until(lambda: scraped(running, "p2pchat_worker_up"), {"0": 1, "1": 1})
        yield running
    finally:
        running.stop()


def until(ask: Callable[[], object], answer: object) -> None:
    """Ask until the answer is the one that is waited for."""
    deadline = time.monotonic() + PATIENCE
    while (given := ask()) != answer:
        assert time.monotonic() < deadline, given
        time.sleep(INTERVAL)


def scraped(server: Server, name: str) -> dict[str, float]:
    """Scrape a server; give the sum of a metric for each of its workers."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(httpx.get(f"{server.url}/metrics", trust_env=False).text):
        for sample in family.samples:
            if sample.name == name:
                sums[sample.labels["worker"]] = sums.get(sample.labels["worker"], 0) + sample.value
    return sums


def readiness(server: Server) -> tuple[int, object]:
    """Ask whether a server is ready; give the status, and how its dependencies are."""
    answer = httpx.get(f"{server.url}/readyz", trust_env=False)
    return answer.status_code, answer.json()["dependencies"]


def test_any_worker_tells_of_all(server: Server) -> None:
    """Whichever worker a scrape reaches, it tells what each has counted."""
    before = sum(scraped(server, "p2pchat_http_requests_total").values())
    for _ in range(REQUESTS):
        httpx.get(f"{server.url}/healthz", trust_env=False)
    # The scrape before counts too.
    assert sum(scraped(server, "p2pchat_http_requests_total").values()) == before + REQUESTS + 1
    assert len(scraped(server, "process_start_time_seconds")) == 2


def test_worker_that_was_killed_begins_again(server: Server) -> None:
    """The worker that takes the place of one that was killed has its number, and counts from nothing."""
    started = scraped(server, "process_start_time_seconds")
    [first, _] = re.findall(r"event=worker_started process=(\d+)", server.log.read_text())
    os.kill(int(first), signal.SIGKILL)
    until(lambda: scraped(server, "process_start_time_seconds").get("0", 0) > started["0"], answer=True)
    assert scraped(server, "p2pchat_worker_up") == {"0": 1, "1": 1}
    assert scraped(server, "process_start_time_seconds")["1"] == started["1"]


def test_server_without_redis_is_not_ready(server: Server, store: Redis) -> None:
    """While Redis is away, the server says that it is the backplane that is missing; afterwards all is well."""
    assert readiness(server) == (200, {"database": "ok", "backplane": "ok", "files": "ok"})
    store.stop()
    until(lambda: readiness(server), (503, {"database": "ok", "backplane": "cannot be used", "files": "ok"}))
    store.start()
    until(lambda: readiness(server), (200, {"database": "ok", "backplane": "ok", "files": "ok"}))
