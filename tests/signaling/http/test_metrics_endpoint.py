from __future__ import annotations

from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from tests.signaling.conftest import StartServer
from tests.signaling.running import RunningServer

TOKEN = "a-token-of-32-bytes-or-even-longer"


async def test_openmetrics_is_spoken(server: RunningServer) -> None:
    """Prometheus asks for OpenMetrics, and gets it."""
    async with server.http() as client:
        response = await client.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    assert response.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert "p2pchat_signals_relayed" in {family.name for family in parse_openmetrics(response.text)}  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("version", ["x.y", "1.x", "9" * 5_000])
@pytest.mark.parametrize("kind", ["text/plain", "application/openmetrics-text"])
async def test_form_that_nobody_knows_is_the_plain_one(server: RunningServer, kind: str, version: str) -> None:
    """Whatever is asked for, nothing fails."""
    async with server.http() as client:
        response = await client.get("/metrics", headers={"Accept": f"{kind};version={version}"})
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, "text/plain")


# Who may ask


async def status(server: RunningServer, **headers: str) -> int:
    """Ask for metrics; give the status of the answer."""
    async with server.http() as client:
        response = await client.get(
            "/metrics", headers={name.replace("_", "-"): text for name, text in headers.items()}
        )
    if response.status_code == httpx.codes.NOT_FOUND:
        assert response.json()["error"]["code"] == "not_found"
        assert "p2pchat" not in response.text
    return response.status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_For": "203.0.113.5"},
        {"X_Forwarded_For": "127.0.0.1"},
        {"X_Forwarded_Proto": "https"},
        {"X_Forwarded_Host": "localhost"},
        {"X_Real_IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Host": "chat.example.org"},
        {"Host": "rebound.example:3000"},
        {"Host": "chat.example.org:99999"},
        {"Host": ""},
    ],
)
@pytest.mark.parametrize("changes", [{}, {"metrics_token": TOKEN}, {"trusted_proxies": ()}], ids=str)
async def test_stranger_is_told_nothing(
    start_server: StartServer, headers: dict[str, str], changes: dict[str, Any]
) -> None:
    """A request through a proxy, of ours or not, or by another name than this machine's, finds nothing here."""
    assert await status(start_server(**changes), **headers) == 404


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:3000", "[::1]"])
async def test_machine_itself_is_told(server: RunningServer, host: str) -> None:
    """Prometheus on the same machine needs no token."""
    assert await status(server, Host=host) == 200


async def test_token_opens_metrics(start_server: StartServer) -> None:
    """Who has the token is told from wherever they come; nearly having it does not count."""
    server = start_server(metrics_token=TOKEN)
    assert await status(server, X_Forwarded_For="203.0.113.5", Authorization=f"Bearer {TOKEN}") == 200
    for wrong in (f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer", f"Basic {TOKEN}", ""):
        assert await status(server, X_Forwarded_For="203.0.113.5", Authorization=wrong) == 404


async def test_empty_token_opens_nothing(server: RunningServer) -> None:
    """Where no token is set, having none is no right."""
    for none in ("Bearer", ""):
        assert await status(server, X_Forwarded_For="203.0.113.5", Authorization=none) == 404
