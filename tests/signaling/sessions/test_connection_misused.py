import asyncio
import contextlib
import json
import socket

import pytest
from websockets.exceptions import ConnectionClosed

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Error, PeerLeft, Signal
from protocol.requests import Leave
from protocol.requests import Signal as SignalRequest
from protocol.webrtc import Description
from signaling.configuration.values import read_limit
from signaling.sockets.websocket_limits import WEBSOCKET_MAX_BYTES
from tests.signaling.conftest import StartServer, over_both_paths
from tests.signaling.running import RunningServer, drop, in_room

pytestmark = over_both_paths


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello", ErrorCode.MALFORMED),
        ('{"type":"join","room":"a room"}', ErrorCode.MALFORMED),
        ('{"type":"join","room":"%s"}' % ("x" * 65), ErrorCode.MALFORMED),
        ('{"type":"teleport"}', ErrorCode.UNKNOWN_MESSAGE),
        ("x" * 65_537, ErrorCode.TOO_BIG),
        ('{"type":"leave"}', ErrorCode.NOT_IN_ROOM),
    ],
)
async def test_wrong_message_is_answered_with_code(server: RunningServer, text: str, code: ErrorCode) -> None:
    """What is wrong gets an error, and the connection goes on."""
    async with server.connect(await server.register()) as client:
        await client.welcome()
        await client.socket.send(text)
        assert await client.refusal() == code
        await client.join("afterwards")


async def test_binary_message_is_malformed(server: RunningServer) -> None:
    """There is no binary message, not even of good JSON."""
    async with server.connect(await server.register()) as client:
        await client.welcome()
        await client.socket.send(b'{"type":"join","room":"kitchen"}')
        assert await client.refusal() == ErrorCode.MALFORMED


async def test_third_malformed_message_closes(server: RunningServer) -> None:
    """Three malformed messages in a row are three errors and the end."""
    async with server.connect(await server.register()) as client:
        await client.welcome()
        for message in ("{", b"{", '{"type":7}'):
            await client.socket.send(message)
            assert await client.refusal() == ErrorCode.MALFORMED
        assert await client.close_code() == CloseCode.PROTOCOL_VIOLATION


async def test_frame_far_over_limit_closes(server: RunningServer) -> None:
    """A frame that is not even worth reading ends the connection."""
    async with server.connect(await server.register()) as client:
        await client.welcome()
        await client.socket.send("x" * (WEBSOCKET_MAX_BYTES + 1))
        assert await client.close_code() == CloseCode.TOO_BIG


async def test_fragments_far_over_limit_close(server: RunningServer) -> None:
    """A message in many small frames is bounded too."""
    async with server.connect(await server.register()) as client:
        await client.welcome()
        with contextlib.suppress(ConnectionClosed):
            await client.socket.send(["x" * 30_000] * 5)
        assert await client.close_code() == CloseCode.TOO_BIG


async def test_invalid_utf8_closes(server: RunningServer) -> None:
    """Text that is no UTF-8 ends the connection, as the WebSocket's own rules have it."""
    async with server.connect(await server.register()) as client:
        await client.welcome()
        async with client.socket.send_context():
            client.socket.protocol.send_text(b"\xff\xfe")
        assert await client.close_code() == 1007


async def test_largest_signal_arrives(server: RunningServer) -> None:
    """A description of the largest size, all of it escaped, fits through both limits."""
    token = await server.register()
    largest = Description("offer", "\n" * 32_768)
    async with in_room(server, token, "large") as (first, _), in_room(server, token, "large") as (second, joined):
        await first.receive()
        request = SignalRequest(joined.peers[0].peer_id, description=largest)
        message = {"type": "signal", "to": request.to, "description": {"type": "offer", "sdp": largest.sdp}}
        text = json.dumps(message)
        assert len(text) > 65_536
        await second.socket.send(text)
        assert await second.refusal() == ErrorCode.TOO_BIG
        await second.send(SignalRequest(request.to, description=Description("offer", "\n" * 32_600)))
        event = await first.receive()
        assert isinstance(event, Signal)
        assert event.description == Description("offer", "\n" * 32_600)


async def test_messages_are_limited_by_connection(start_server: StartServer) -> None:
    """Who sends too much is told how long to wait, and nobody else is concerned."""
    server = start_server(message_limit=read_limit("5/minute"))
    token = await server.register()
    async with server.connect(token) as loud, server.connect(token) as quiet:
        assert (await loud.welcome()).limits.messages_per_second == 1
        await quiet.welcome()
        for _ in range(5):
            await loud.send(Leave())
            assert await loud.refusal() == ErrorCode.NOT_IN_ROOM
        await loud.send(Leave())
        event = await loud.receive()
        assert isinstance(event, Error)
        assert event.code == ErrorCode.RATE_LIMITED
        assert event.retry_after is not None
        assert 1 <= event.retry_after <= 60
        await quiet.join("quiet")


async def test_client_that_takes_no_notice_is_sent_away(start_server: StartServer) -> None:
    """Who goes on sending against the limit is closed, and may come back later."""
    server = start_server(message_limit=read_limit("1/minute"))
    async with server.connect(await server.register()) as client:
        await client.welcome()
        for _ in range(101):
            await client.send(Leave())
        assert await client.close_code() == CloseCode.RATE_LIMITED


async def test_client_that_does_not_read_is_cut_off(start_server: StartServer) -> None:
    """Events for a client that does not read pile up to a bound; then it is closed, and the others go on."""
    server = start_server(message_limit=read_limit("100000/second"))
    token = await server.register()
    deaf_socket = socket.socket()
    deaf_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    deaf_socket.connect((server.host, server.port))
    async with server.connect(token, sock=deaf_socket, max_queue=1) as deaf, server.connect(token) as loud:
        await deaf.welcome()
        await loud.welcome()
        there = await deaf.join("deaf")
        await loud.join("deaf")
        signal = SignalRequest(there.peer_id, description=Description("offer", "x" * 32_000))
        # When not even what is held for the lost peer has room for more, the sender hears of it.
        heard = asyncio.create_task(loud.receive())
        while not heard.done():
            await loud.send(signal)
            await asyncio.sleep(0)  # sending alone lets nothing be heard, and the other is closed meanwhile
        assert heard.result() == PeerLeft(there.peer_id, "lost")
        assert await deaf.close_code() == CloseCode.SLOW_CONSUMER
        drop(loud)  # it has left answers unread, and a close frame would wait for them
