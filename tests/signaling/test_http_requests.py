"""Requests as bytes, to a real server."""

import asyncio

import pytest

from protocol.codes import CloseCode
from protocol.http import HEALTH_PATH, KNOCK_SUBPROTOCOL, LOGIN_PATH
from signaling.http_requests import MAX_HEAD_BYTES
from tests.signaling.raw_client import KEY, RawClient, shaking_hands
from tests.signaling.running import PATIENCE, RunningServer

GET = f"GET {HEALTH_PATH} HTTP/1.1\r\nHost: here\r\n"
POST = f"POST {LOGIN_PATH} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
PIECE = 4_096


async def status(server: RunningServer, *pieces: str) -> int:
    """Send pieces, each in a moment of its own, until there is an answer; give its status."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    answered = asyncio.create_task(RawClient(reader, writer).response())
    for piece in pieces:
        writer.write(piece.encode())
        await asyncio.wait({answered}, timeout=0.02)
        if answered.done():
            break
    try:
        return (await asyncio.wait_for(answered, PATIENCE))[0]
    finally:
        writer.close()


# Some may come in one read with what is no part of it.
ENDLESS = ["x" * PIECE] * (4 * MAX_HEAD_BYTES // PIECE)


@pytest.mark.parametrize(
    "beginning",
    [
        "GET /",
        GET + "x: ",
        GET + "x",
        POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx: ",
        POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n2;x=",
    ],
    ids=["target", "value", "name", "trailer", "extension"],
)
async def test_endless_request_is_not_kept(server: RunningServer, beginning: str) -> None:
    """What does not come to its end, and is not a body, is refused after so many bytes."""
    assert await status(server, beginning, *ENDLESS) == 400


async def test_endless_many_headers_are_not_kept(server: RunningServer) -> None:
    """Each of them may be short."""
    assert await status(server, GET, *["x: y\r\n" * (PIECE // 6)] * (MAX_HEAD_BYTES // PIECE + 2)) == 400


async def test_requests_of_one_connection_are_bounded_one_by_one(server: RunningServer) -> None:
    """A connection may be used for long, and a body is no head."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    client = RawClient(reader, writer)
    for _ in range(4):
        writer.write(f"{GET}x: {'x' * PIECE * 2}\r\n\r\n".encode())
        assert (await client.response())[0] == 200
        await reader.readexactly(len(b'{"status":"ok"}'))
    writer.write(f"{POST}Content-Length: {PIECE}\r\nx: {'x' * (MAX_HEAD_BYTES - PIECE // 2)}\r\n\r\n".encode())
    for size in (PIECE - 1, 1):
        await asyncio.sleep(0.05)
        writer.write(b" " * size)
    # A bound that is broken is answered in plain text.
    assert "application/json" in (await client.response())[1]
    writer.close()


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("GET {} HTTP/1.1\r\n\r\n", 400),
        ("GET {} HTTP/1.1\r\nHost: here\r\nHost: there\r\n\r\n", 400),
        ("GET {} HTTP/1.0\r\nHost: here\r\nHost: there\r\n\r\n", 400),
        ("GET {} HTTP/1.0\r\n\r\n", 200),
        ("GET {} HTTP/1.1\r\nHost: here\r\n\r\n", 200),
    ],
)
async def test_request_says_whom_it_is_for(server: RunningServer, head: str, expected: int) -> None:
    """Once, and only HTTP/1.0 need not."""
    assert await status(server, head.format(HEALTH_PATH)) == expected


@pytest.mark.parametrize(
    "line",
    [
        "a b: c",
        "a : b",
        "a: b\x00",
        "a: b\rc",
        " folded",
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: x",
    ],
)
async def test_what_could_be_misread_is_refused(server: RunningServer, line: str) -> None:
    """Another parser on the way could take it for something else."""
    assert await status(server, f"{GET}{line}\r\n\r\n") == 400


async def test_spaces_around_value_are_not_its_own(server: RunningServer) -> None:
    """A handshake is the same with them."""
    async with shaking_hands(server, Sec_WebSocket_Key=f"  {KEY} \t ", Upgrade=" websocket ") as client:
        assert (await client.response())[0] == 101


async def test_handshake_does_not_overtake_response(server: RunningServer) -> None:
    """Behind a request that is not answered yet, nobody could tell the two answers apart."""
    handshake = (
        f"GET /ws HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: {KEY}\r\n"
    )
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(f"{GET}\r\n{handshake}Sec-WebSocket-Version: 13\r\n\r\n".encode())
    answer = await RawClient(reader, writer).end()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b" 101 " not in answer
    writer.close()


async def test_another_upgrade_is_not_offered(server: RunningServer) -> None:
    """Whoever asks for one is answered without it."""
    assert await status(server, f"{GET}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n") == 200


async def test_handshake_is_answered_once(server: RunningServer) -> None:
    """A head over the bound that came whole, in one read, is no reason to speak HTTP on what is a WebSocket by then."""
    async with shaking_hands(server, X="x" * MAX_HEAD_BYTES, Sec_WebSocket_Protocol=KNOCK_SUBPROTOCOL) as client:
        assert (await client.response())[0] == 101
        assert await client.close_code() == CloseCode.NORMAL
