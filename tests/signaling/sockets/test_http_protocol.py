"""Requests as bytes, to a real server."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from protocol.codes import CloseCode
from protocol.http import HEALTH_PATH, LOGIN_PATH, PROBE_SUBPROTOCOL
from signaling.monitoring.logs import REPETITIONS
from signaling.sockets.http_protocol import MAX_HEAD_BYTES, MAX_PIPELINED
from tests.signaling.raw_client import KEY, RawClient, shaking_hands
from tests.signaling.running import PATIENCE, RunningServer, until_logged

FORGED = "203.0.113.77"
HEALTHY = b'{"status":"ok"}'
ROBOTS = "GET /robots.txt HTTP/1.1\r\nHost: here\r\n\r\n"
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


@asynccontextmanager
async def talking(server: RunningServer) -> AsyncIterator[RawClient]:
    """Connect, and say nothing yet."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


async def refusal(server: RunningServer, request: str) -> tuple[int, str, str]:
    """Send a request that is refused, and wait for the end; give the status, and the code and the sentence."""
    async with talking(server) as client:
        client.writer.write(request.encode("latin-1"))
        status, head = await client.response()
        assert "content-type: application/json\r\n" in head
        assert "\r\nconnection: close\r\n" in head.lower()
        error = json.loads(await client.end())["error"]
        return status, error["code"], error["message"]


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
    """What does not come to its end, and is not a body, is refused after a limit on its bytes."""
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
        "a: b\r\n\tfolded",
        ": b",
        "a",
        "a: b\nc: d",
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, gzip",
        *(f"Content-Length: {length}" for length in ("x", "", "-5", "+5", "5,5", "0x5", "9" * 30, "0" * 4_999 + "2")),
        "Authorization: Bearer a\r\nAuthorization: Bearer b",
        "Origin: http://here\r\nOrigin: http://there",
        "Host: there",
    ],
)
async def test_what_could_be_misread_is_refused(server: RunningServer, line: str) -> None:
    """Another parser on the way could take it for something else."""
    status, code, sentence = await refusal(server, f"{GET}{line}\r\n\r\n")
    assert (status, code) == (400, "malformed")
    assert sentence.startswith("The request is malformed: it")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /healthz", 505),
        ("GET /healthz HTTP/0.9", 505),
        ("GET /healthz HTTP/2.0", 505),
        ("GET /healthz HTTP/1.2", 400),
        ("PRI * HTTP/2.0", 400),
        ("GET http://there/healthz HTTP/1.1", 400),
        ("CONNECT there:443 HTTP/1.1", 400),
        ("CONNECT /healthz HTTP/1.1", 400),
        ("OPTIONS * HTTP/1.1", 400),
        ("GET /healthz#x HTTP/1.1", 400),
        ("GET healthz HTTP/1.1", 400),
        ("GET /heal\x00thz HTTP/1.1", 400),
        ("GET /heal\xffthz HTTP/1.1", 400),
        ("GET\t/healthz\tHTTP/1.1", 400),
        ("GET /heal thz HTTP/1.1", 400),
    ],
)
async def test_odd_request_line_is_refused(server: RunningServer, line: str, expected: int) -> None:
    """Another version, another host, a tunnel, and what is no line of HTTP."""
    assert (await refusal(server, f"{line}\r\nHost: here\r\n\r\n"))[:2] == (expected, "malformed")


async def test_address_in_place_of_path_is_taken(server: RunningServer) -> None:
    """RFC 9112 §3.2.2: every server has to; the WebSocket's too."""
    assert await status(server, "GET http://HERE/healthz HTTP/1.1\r\nHost: here\r\n\r\n") == 200
    assert await status(server, upgrade("GET http://here/ws HTTP/1.1")) == 101


async def test_lines_end_as_they_should(server: RunningServer) -> None:
    """A line feed alone ends none."""
    assert await status(server, GET.replace("\r\n", "\n") + "\n") == 400


async def logged_addresses(server: RunningServer, request: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Send a request to the end, and give the addresses under which requests were logged."""
    caplog.set_level("INFO", logger="p2p_chat")
    async with talking(server) as client:
        client.writer.write(request.encode())
        await client.response()
    await until_logged("event=request", caplog)
    return [message.rpartition("address=")[2] for message in caplog.messages if "event=request" in message]


CHUNKED = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"


async def test_trailer_is_no_header(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """What follows a body has been seen by no proxy, and says neither who asks nor who they are."""
    trailer = f"{POST}{CHUNKED}X-Forwarded-For: {FORGED}\r\n\r\n"
    assert await logged_addresses(server, trailer, caplog) == ["127.0.0.1"]


async def test_trailer_is_no_token(server: RunningServer) -> None:
    """Nor does it prove an account, whatever it names."""
    token = await server.register()
    request = "POST /api/refresh HTTP/1.1\r\nHost: here\r\n"
    assert await status(server, f"{request}Authorization: Bearer {token}\r\n{CHUNKED}\r\n") == 200
    assert await status(server, f"{request}{CHUNKED}Authorization: Bearer {token}\r\n\r\n") == 401


@pytest.mark.parametrize(
    "lines",
    [
        f"X-Forwarded-For: {FORGED}\r\nX-Forwarded-For: 192.0.2.9",
        f"X-Forwarded-For: {FORGED}, 192.0.2.9",
        f"X_Forwarded_For: {FORGED}\r\nX-Forwarded-For: 192.0.2.9",
        f"X-Forwarded-For: 192.0.2.9\r\nX_Forwarded_For: {FORGED}",
    ],
    ids=["HAProxy", "nginx", "before", "after"],
)
async def test_proxy_has_the_last_word(server: RunningServer, lines: str, caplog: pytest.LogCaptureFixture) -> None:
    """HAProxy adds a line to what its client has sent, and nginx an address to the line; either is the last."""
    request = f"GET /robots.txt HTTP/1.1\r\nHost: here\r\n{lines}\r\n\r\n"
    assert await logged_addresses(server, request, caplog) == ["192.0.2.9"]


async def test_pipelined_requests_are_bounded(server: RunningServer) -> None:
    """One read could hold thousands of them."""
    async with talking(server) as client:
        client.writer.write((GET + "\r\n").encode() * 1_000)
        assert (await client.end()).count(b"HTTP/1.1 200 ") < 100


async def test_requests_may_be_pipelined(server: RunningServer) -> None:
    """As long as it is a few."""
    async with talking(server) as client:
        client.writer.write((GET + "\r\n").encode() * (1 + MAX_PIPELINED))
        for _ in range(1 + MAX_PIPELINED):
            assert [(await client.response())[0], await client.body()] == [200, HEALTHY]


async def test_refusal_is_no_part_of_response(server: RunningServer) -> None:
    """After the beginning of another response, nobody could tell where it begins."""
    async with talking(server) as client:
        client.writer.write((GET + "\r\n").encode() * 2 + b"GARBAGE\r\n\r\n")
        assert b" 400 " not in await client.end()


async def test_nobody_is_told_to_go_on_who_did_not_ask(server: RunningServer) -> None:
    """HTTP/1.0 knows no `100 Continue` (RFC 9110 §10.1.1)."""
    request = f"{POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert await status(server, request) == 100
    assert await status(server, request.replace("HTTP/1.1", "HTTP/1.0") + "{}") == 400


async def test_spaces_around_value_are_not_its_own(server: RunningServer) -> None:
    """A handshake is the same with them."""
    async with shaking_hands(server, Sec_WebSocket_Key=f"  {KEY} \t ", Upgrade=" websocket ") as client:
        assert (await client.response())[0] == 101


async def test_handshake_does_not_overtake_response(server: RunningServer) -> None:
    """After a request that is not answered yet, nobody could tell the two answers apart."""
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
    """A request for one is answered without it, and so is the request that follows in the same read."""
    async with talking(server) as client:
        client.writer.write(f"{GET}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n{ROBOTS}".encode())
        assert [(await client.response())[0], await client.body()] == [200, HEALTHY]
        assert [(await client.response())[0], await client.body()] == [200, b"User-agent: *\nDisallow: /chat/\n"]


async def test_body_after_upgrade_is_no_request(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """A proxy that passes an upgrade on with a body must not have carried a request that it knows nothing of."""
    caplog.set_level("INFO", logger="p2p_chat")
    inner = f"GET /robots.txt HTTP/1.1\r\nHost: here\r\nX-Forwarded-For: {FORGED}\r\n\r\n"
    head = f"{POST}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: {len(inner)}\r\n\r\n"
    async with talking(server) as client:
        client.writer.write(head.encode())
        assert (await client.response())[0] == 400
        client.writer.write(inner.encode())
        with suppress(ConnectionResetError):  # it is closed already, with what came since unread
            await client.end()
    assert FORGED not in caplog.text


def upgrade(line: str = "GET /ws HTTP/1.1", **fields: str) -> str:
    """Return a handshake that needs no token, with some fields in place of the right ones."""
    right = {
        "Host": "here",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": PROBE_SUBPROTOCOL,
    }
    return "\r\n".join([line, *(f"{name}: {value}" for name, value in (right | fields).items()), "", ""])


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        (upgrade("GET /ws HTTP/1.0"), 400),
        (upgrade("POST /ws HTTP/1.1"), 400),
        (upgrade(Expect="100-continue"), 400),
        (upgrade(Connection="close"), 400),
        (upgrade(Upgrade="websocket, h2c"), 400),
        (upgrade(**{"Content-Length": "2"}) + "{}", 400),
        (upgrade(**{"Transfer-Encoding": "chunked"}) + "0\r\n\r\n", 400),
        (upgrade() + ROBOTS, 400),
        (upgrade(**{"Sec-WebSocket-Version": "8"}), 426),
        (upgrade(**{"Sec-WebSocket-Key": "short"}), 400),
    ],
    ids=["1.0", "POST", "expect", "connection", "h2c", "body", "chunked", "pipelined", "version", "key"],
)
async def test_odd_handshake_is_refused_with_sentence(server: RunningServer, request_text: str, expected: int) -> None:
    """Nobody on the way may take for a WebSocket what is none, or for none what is one."""
    status, code, sentence = await refusal(server, request_text)
    assert (status, code) == (expected, "malformed")
    assert "WebSocket" in sentence or "Upgrade" in sentence


async def test_refused_version_is_told_the_right_one(server: RunningServer) -> None:
    """RFC 6455 §4.4."""
    async with talking(server) as client:
        client.writer.write(upgrade(**{"Sec-WebSocket-Version": "8"}).encode())
        assert "sec-websocket-version: 13\r\n" in (await client.response())[1]


async def test_connection_header_may_stand_in_several_lines(server: RunningServer) -> None:
    """They are one list (RFC 9110 §5.3)."""
    assert await status(server, upgrade().replace("Upgrade: ", "Connection: keep-alive\r\nUpgrade: ", 1)) == 101


async def test_refusals_are_counted_and_not_logged(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """Anyone could fill the log with them."""
    await refusal(server, "nonsense\r\n\r\n")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    async with server.http() as http:
        metrics = (await http.get("/metrics")).text
    [count] = re.findall(r'^p2pchat_refusals_total\{code="malformed",worker="0"\} (\S+)$', metrics, re.MULTILINE)
    assert float(count) > 0


async def test_handshake_is_answered_once(server: RunningServer) -> None:
    """A head over the bound that came whole, in one read, is no reason to speak HTTP on what is a WebSocket by then."""
    async with shaking_hands(server, X="x" * MAX_HEAD_BYTES, Sec_WebSocket_Protocol=PROBE_SUBPROTOCOL) as client:
        assert (await client.response())[0] == 101
        assert await client.close_code() == CloseCode.NORMAL


async def test_app_is_asked_when_the_body_is_there(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """Half a body costs no more than the time for the rest to come."""
    caplog.set_level("INFO", logger="p2p_chat")
    half = f"{POST}Content-Length: 2\r\n\r\n{{".encode()
    async with talking(server) as gone:
        gone.writer.write(half)
        await gone.writer.drain()
    for _ in range(2):  # by the second answer, what has gone has been noticed
        async with talking(server) as other:
            other.writer.write(ROBOTS.encode())
            await other.response()
    assert not any(f"path={LOGIN_PATH}" in message for message in caplog.messages)
    async with talking(server) as client:
        client.writer.write(half + b"}")
        assert (await client.response())[0] == 400
        await until_logged(f"path={LOGIN_PATH}", caplog)


async def test_pipelined_request_with_body_is_whole(server: RunningServer) -> None:
    """One that came in part while the one before it was answered is asked when the rest has come."""
    async with talking(server) as client:
        client.writer.write(f"{ROBOTS}{POST}Content-Length: 2\r\n\r\n{{".encode())
        assert (await client.response())[0] == 200
        await client.body()
        client.writer.write(b"}")
        assert (await client.response())[0] == 400


async def test_rejected_request_is_logged(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """A proxy that sends what no server may take is told so, and whoever runs both finds it in the log, once."""
    caplog.set_level(logging.INFO)
    for _ in range(3):
        source = ("127.0.0.77", 0)  # nobody else's, so that nothing is left out for what others have sent
        reader, writer = await asyncio.open_connection(server.host, server.port, local_addr=source)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert b"400 Bad Request" in await asyncio.wait_for(reader.readline(), PATIENCE)
        writer.close()
    [line] = [message for message in caplog.messages if "event=request_rejected address=127.0.0.77 " in message]
    assert "it has no Host header" in line
    REPETITIONS.report()
    assert "event=request_rejected by=127.0.0.77 count=2" in caplog.messages
