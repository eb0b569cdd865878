from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from signaling.app import create_app
from signaling.configuration.settings import Settings
from signaling.errors import DependencyUnavailable
from signaling.http.readiness_endpoint import ReadinessEndpoint
from signaling.monitoring.readiness import Check, Readiness
from signaling.process.serving import Server, _serve, configuration, listen
from signaling.site.loading import Site
from tests.signaling.conftest import StartServer
from tests.signaling.running import PATIENCE, RunningServer

SECRET = "postgresql://chat:secret@db.internal/chat"


async def answers() -> None:
    """Be a dependency that is there."""


async def refuses() -> None:
    """Be a dependency that says more than a stranger may read."""
    raise DependencyUnavailable(SECRET)


async def breaks() -> None:
    """Be a check that is wrong itself."""
    raise ValueError(SECRET)


async def is_silent() -> None:
    """Be a dependency that never answers."""
    await asyncio.Event().wait()


async def asked(readiness: Readiness) -> tuple[int, dict[str, Any]]:
    """Return the answer to a probe: its status and its body."""
    response = await asyncio.wait_for(ReadinessEndpoint(readiness).serve(Request({"type": "http"})), PATIENCE)
    assert SECRET not in bytes(response.body).decode()
    assert response.headers["cache-control"] == "no-store"
    return response.status_code, json.loads(bytes(response.body))


async def test_ready_server_names_its_dependencies(server: RunningServer) -> None:
    """A server whose database answers is ready."""
    async with server.http() as client:
        response = await client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ready", "dependencies": {"database": "ok", "files": "ok"}}


async def test_server_without_database_is_not_ready(start_server: StartServer, tmp_path: Path) -> None:
    """A database that breaks while the server runs is named, without what it says; when it is back, all is well."""
    server = start_server()
    with closing(sqlite3.connect(tmp_path / "accounts.sqlite3", isolation_level=None)) as database:
        async with server.http() as client:
            database.execute("ALTER TABLE accounts RENAME TO elsewhere")
            response = await client.get("/readyz")
            assert (await client.get("/healthz")).status_code == 200
            database.execute("ALTER TABLE elsewhere RENAME TO accounts")
            assert (await client.get("/readyz")).status_code == 200
    assert response.status_code == 503
    assert response.json() == {"status": "unready", "dependencies": {"database": "cannot be used", "files": "ok"}}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
@pytest.mark.parametrize("successor", [None, b""], ids=["removed", "replaced"])
async def test_server_without_its_file_is_not_ready(
    start_server: StartServer, tmp_path: Path, successor: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that is deleted, or replaced, under a running server answers still, and loses what it is told."""
    server = start_server()
    (tmp_path / "accounts.sqlite3").unlink()
    if successor is not None:
        (tmp_path / "accounts.sqlite3").write_bytes(successor)
    async with server.http() as client:
        response = await client.get("/readyz")
    assert (response.status_code, response.json()["dependencies"]["database"]) == (503, "cannot be used")
    assert "was removed or replaced while it was open; restart the server" in caplog.text


@pytest.mark.parametrize(
    ("check", "phrase"),
    [(refuses, "cannot be used"), (breaks, "cannot be checked"), (is_silent, "does not answer within 0.01 s")],
)
async def test_missing_dependency_is_told_beside_others(
    check: Check, phrase: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is missing is said in a phrase that gives nothing away; the log has the reason."""
    readiness = Readiness({"database": answers, "backplane": check}, seconds=0.01)
    status, body = await asked(readiness)
    assert (status, body) == (503, {"status": "unready", "dependencies": {"database": "ok", "backplane": phrase}})
    assert "backplane" in caplog.text
    assert (check is is_silent) or SECRET in caplog.text


async def test_checks_run_side_by_side() -> None:
    """Checks that need each other to go on come to their end, as they would not one after another."""
    meeting = asyncio.Barrier(2)

    async def meets() -> None:
        await meeting.wait()

    readiness = Readiness({"database": meets, "backplane": meets}, seconds=PATIENCE)
    assert (await asked(readiness))[0] == 200


async def test_probes_share_one_look() -> None:
    """However many ask at once, a dependency is asked once; and one that gives up does not take it from the others."""
    begun, go_on, looks = asyncio.Event(), asyncio.Event(), 0

    async def slow() -> None:
        nonlocal looks
        looks += 1
        begun.set()
        await go_on.wait()

    readiness = Readiness({"database": slow}, seconds=PATIENCE)
    probes = [asyncio.create_task(asked(readiness)) for _ in range(5)]
    await begun.wait()
    probes[0].cancel()
    go_on.set()
    results = await asyncio.gather(*probes, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert [status for status, _ in results[1:]] == [200] * 4  # type: ignore[misc]  # the others were not cancelled
    assert looks == 1
    assert (await asked(readiness))[0] == 200
    assert looks == 2


async def test_stopping_server_is_not_ready() -> None:
    """A server that stops says so, without asking anyone."""
    readiness = Readiness({"database": is_silent})
    readiness.stop()
    assert await asked(readiness) == (503, {"status": "stopping"})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signal_makes_server_unready(settings: Settings, site: Site, number: int) -> None:
    """A signal that tells the process to stop has the probes told as well."""
    app, ready = create_app(settings, site), asyncio.Event()
    server = Server(configuration(app, settings), ready.set, app.state.drain)
    running = asyncio.create_task(_serve(app, server, listen(settings.host, settings.port), None))
    await asyncio.wait_for(ready.wait(), PATIENCE)
    assert not app.state.readiness.is_stopping
    os.kill(os.getpid(), number)
    await asyncio.wait_for(running, PATIENCE)
    assert app.state.readiness.is_stopping
