import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from signaling.monitoring.logs import OneLine
from tests.signaling.conftest import StartServer
from tests.signaling.running import PASSWORD, RunningServer, error_of, until_logged


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/login"), ("PUT", "/api/register"), ("POST", "/healthz")])
async def test_wrong_method_is_refused_as_json(server: RunningServer, method: str, path: str) -> None:
    """A method that an address does not take is refused, with those that it does."""
    async with server.http() as client:
        response = await client.request(method, path)
    assert (response.status_code, error_of(response)["code"]) == (405, "method_not_allowed")
    assert response.headers["allow"]


async def test_unknown_address_is_refused_as_json(server: RunningServer) -> None:
    """Where there is nothing, the answer says so in the one shape that errors have."""
    response = await server.post("/api/nothing", {"username": "Nobody", "password": PASSWORD})
    assert (response.status_code, error_of(response)["code"]) == (404, "not_found")


async def test_client_that_goes_away_is_no_failure(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that ends in the middle of a body leaves no error behind."""
    _, writer = await asyncio.open_connection(server.host, server.port)
    # What asks whether to send a body is with the app before all of it is there.
    head = "POST /api/login HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"
    writer.write(f"{head}Expect: 100-continue\r\n\r\n{{".encode())
    await writer.drain()
    caplog.set_level("INFO", logger="p2p_chat")
    writer.close()
    await writer.wait_closed()
    await until_logged("path=/api/login", caplog)
    await server.post("/api/refresh")  # a failure would be in the log by the time of the next answer
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_failure_is_not_explained_to_strangers(
    start_server: StartServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """When the server fails, the answer says only that, and the log says why without what it was told."""
    server = start_server()
    with contextlib.closing(sqlite3.connect(tmp_path / "accounts.sqlite3")) as database:
        database.execute("DROP TABLE accounts")
    response = await server.post("/api/register", {"username": "Nora", "password": PASSWORD})
    assert (response.status_code, error_of(response)["code"]) == (500, "internal")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert error_of(response)["request_id"] == response.headers["x-request-id"]
    await until_logged("Exception in ASGI application", caplog)
    [record] = [record for record in caplog.records if record.exc_info]
    line = OneLine().format(record)
    assert "no such table: accounts" in line
    assert "Nora" not in line
    assert PASSWORD not in line
