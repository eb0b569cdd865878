import logging

import pytest
from websockets.exceptions import InvalidStatus

from tests.signaling.running import RunningServer, until_logged


@pytest.fixture(autouse=True)
def listen(caplog: pytest.LogCaptureFixture) -> None:
    """Write what a server writes by default."""
    caplog.set_level(logging.INFO, logger="p2p_chat")


async def test_request_is_one_line(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """A request leaves a line with what was asked and how it ended, and without its query."""
    async with server.http() as client:
        await client.get("/chat/kitchen?token=secret")
    await until_logged("event=request", caplog)
    [line] = caplog.messages
    assert line.startswith("event=request method=GET path=/chat/kitchen status=200 ms=")
    assert line.endswith(" address=127.0.0.1")


async def test_probe_is_not_worth_a_line(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """What is asked every few seconds does not fill the log."""
    async with server.http() as client:
        for probe in ("/healthz", "/readyz", "/metrics"):
            await client.get(probe)
        await client.get("/robots.txt")
    await until_logged("path=/robots.txt", caplog)
    assert len(caplog.messages) == 1


async def test_refused_handshake_is_one_line(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """A WebSocket that was refused leaves a line with its reason, and no token."""
    with pytest.raises(InvalidStatus):
        async with server.connect_by_query("secret", origin="https://evil.example"):
            raise AssertionError
    host = f"{server.host}:{server.port}"
    [line] = caplog.messages
    assert line.startswith(f"event=forbidden_origin path=/ws origin=https://evil.example host={host} hint=")
    assert "secret" not in line


async def test_path_cannot_forge_a_line(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """A line break in an address stays inside its field."""
    async with server.http() as client:
        await client.get("/x%0Aevent=joined%20room=y")
    await until_logged("event=request", caplog)
    [line] = caplog.messages
    assert 'path="/x\\nevent=joined room=y" status=404' in line


async def test_path_is_cut(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """A stranger cannot make a line as long as the head of a request."""
    caplog.set_level(logging.INFO, logger="p2p_chat")
    async with server.http() as client:
        await client.get("/" + "x" * 5_000)
    await until_logged("event=request", caplog)
    assert max(len(line) for line in caplog.messages) < 400
