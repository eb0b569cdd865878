import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from protocol.http import MAX_BODY_BYTES
from signaling.errors import BodyTooBig
from signaling.http.middleware.body_limit import BodyLimit
from tests.signaling.running import PATIENCE, RunningServer

JSON = {"Content-Type": "application/json"}


async def endless(pieces: int) -> AsyncIterator[bytes]:
    """Yield a body whose length is not known beforehand."""
    for _ in range(pieces):
        yield b" " * 1000


async def test_body_of_announced_length_over_limit_is_refused(server: RunningServer) -> None:
    """A body that says that it is too big is not read."""
    async with server.http() as client:
        response = await client.post("/api/login", content=b" " * (MAX_BODY_BYTES + 1), headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_big")
    assert response.headers["connection"] == "close"


async def test_body_of_announced_length_is_not_waited_for(server: RunningServer) -> None:
    """The refusal comes as soon as the length is known, whether or not the body does."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    lines = ["POST /api/login HTTP/1.1", "Host: here", "Content-Type: application/json", f"Content-Length: {10**9}"]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    status = await asyncio.wait_for(reader.readline(), PATIENCE)
    assert status.split()[1] == b"413"
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("length", ["0" * 4_999 + "2", "9" * 4_300, "+5", "-5", "٥", ""])  # noqa: RUF001 - digits too
async def test_length_that_is_none_is_not_read_as_one(length: str) -> None:
    """Under a server that lets it through, what comes is counted, and nothing fails over the number."""

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        assert (await receive())["body"] == b"{}"
        with pytest.raises(BodyTooBig):
            await receive()

    bodies = iter([b"{}", b" " * MAX_BODY_BYTES])

    async def receive() -> Message:
        return {"type": "http.request", "body": next(bodies), "more_body": True}

    async def send(_message: Message) -> None:
        raise AssertionError

    scope = {"type": "http", "headers": [(b"content-length", length.encode("utf-8"))]}
    await BodyLimit(app, MAX_BODY_BYTES)(scope, receive, send)


async def test_body_of_unknown_length_over_limit_is_refused(server: RunningServer) -> None:
    """A body in chunks is read up to the limit, and no further."""
    async with server.http() as client:
        response = await client.post("/api/login", content=endless(5), headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_big")


async def test_body_of_unknown_length_within_limit_is_read(server: RunningServer) -> None:
    """A body in chunks is fine as long as it is small."""
    async with server.http() as client:
        response = await client.post("/api/login", content=endless(4), headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "malformed")
