"""The WebSocket's own rules (RFC 6455), against a real server: what no well-behaved client does."""

import contextlib

import pytest
from websockets.frames import Frame, Opcode

from protocol.codes import CloseCode
from protocol.events import EVENTS, Joined, PeerLeft, Pong
from protocol.requests import Ping
from signaling.sockets.websocket_limits import WEBSOCKET_MAX_BYTES
from tests.signaling.conftest import StartServer, over_both_paths
from tests.signaling.raw_client import connected, shaking_hands
from tests.signaling.running import RunningServer, in_room

JOIN = b'{"type":"join","room":"frames"}'


@over_both_paths
async def test_ping_is_answered(server: RunningServer) -> None:
    """A ping is answered by a pong with the same content."""
    async with connected(server, await server.register()) as client:
        client.send(Opcode.PING, b"are you there?")
        assert await client.frame() == (Opcode.PONG, b"are you there?")


@over_both_paths
async def test_message_may_come_in_fragments(server: RunningServer) -> None:
    """Fragments are one message, a ping between them is none, and characters may be cut apart."""
    async with connected(server, await server.register()) as client:
        client.send(Opcode.TEXT, JOIN[:5], fin=False)
        client.send(Opcode.PING)
        client.send(Opcode.CONT, JOIN[5:9], fin=False)
        client.send(Opcode.CONT, JOIN[9:])
        assert await client.frame() == (Opcode.PONG, b"")
        assert isinstance(EVENTS.decode((await client.frame())[1].decode()), Joined)


@over_both_paths
@pytest.mark.parametrize(
    "frames",
    [
        [(Opcode.CONT, b"x", True, False, True)],
        [(Opcode.TEXT, b"x", False, False, True), (Opcode.TEXT, b"x", True, False, True)],
        [(Opcode.TEXT, b"x", True, True, True)],
        [(Opcode.TEXT, b"x", True, False, False)],
    ],
    ids=["continuation of nothing", "message within a message", "extension", "no mask"],
)
async def test_broken_rule_closes(server: RunningServer, frames: list[tuple[Opcode, bytes, bool, bool, bool]]) -> None:
    """A frame that may not come ends the connection with 1002."""
    async with connected(server, await server.register()) as client:
        for opcode, data, fin, rsv1, mask in frames:
            client.send(opcode, data, fin=fin, rsv1=rsv1, mask=mask)
        assert await client.close_code() == 1002


@over_both_paths
async def test_fragments_of_invalid_utf8_close(server: RunningServer) -> None:
    """Text has to be UTF-8 in fragments too."""
    async with connected(server, await server.register()) as client:
        client.send(Opcode.TEXT, b"\xff", fin=False)
        client.send(Opcode.CONT)
        assert await client.close_code() == 1007


@over_both_paths
async def test_binary_message_in_fragments_is_malformed(server: RunningServer) -> None:
    """A binary message is refused as a whole, and the connection goes on."""
    async with connected(server, await server.register()) as client:
        client.send(Opcode.BINARY, b"x", fin=False)
        client.send(Opcode.CONT, b"y")
        client.send(Opcode.TEXT, JOIN)
        assert b"malformed" in (await client.frame())[1]
        assert isinstance(EVENTS.decode((await client.frame())[1].decode()), Joined)


@over_both_paths
async def test_large_frame_is_refused_by_its_head(server: RunningServer) -> None:
    """A frame that announces too much is not waited for."""
    async with connected(server, await server.register()) as client:
        client.writer.write(b"\x81\xff" + (WEBSOCKET_MAX_BYTES + 1).to_bytes(8, "big") + b"mask")
        assert await client.close_code() == CloseCode.TOO_BIG
        assert await client.end() == b""


@over_both_paths
async def test_close_without_code_is_answered_so(server: RunningServer) -> None:
    """A close frame without a code is answered by one without; the peer may come back, as after a loss."""
    token = await server.register()
    async with in_room(server, token, "frames-close") as (first, _), connected(server, token) as client:
        client.send(Opcode.TEXT, b'{"type":"join","room":"frames-close"}')
        await first.receive()
        client.send(Opcode.CLOSE)
        assert await client.close_code() is None
        assert await client.end() == b""
        await first.send(Ping())
        assert await first.receive() == Pong()


@over_both_paths
async def test_close_is_answered_with_its_code(server: RunningServer) -> None:
    """A close frame is answered with the same code, and the connection is closed by the server."""
    async with connected(server, await server.register()) as client:
        client.send(Opcode.CLOSE, (4000).to_bytes(2, "big"))
        assert await client.close_code() == 4000
        assert await client.end() == b""


@over_both_paths
async def test_half_closed_connection_is_lost(start_server: StartServer) -> None:
    """A client that sends nothing any more, and has not said why, is lost."""
    server = start_server(resume_grace=0)
    token = await server.register()
    async with in_room(server, token, "half") as (first, _), connected(server, token) as client:
        client.send(Opcode.TEXT, b'{"type":"join","room":"half"}')
        await first.receive()
        client.writer.write_eof()
        left = await first.receive()
        assert isinstance(left, PeerLeft)
        assert left.reason == "lost"


# Handshakes


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-WebSocket-Version": "8"}, 426),
        ({"Sec-WebSocket-Key": "short"}, 400),
        ({"Sec-WebSocket-Key": "*" * 24}, 400),
        ({"Origin": "https://elsewhere.example"}, 403),
    ],
)
async def test_handshake_is_refused_by_status(server: RunningServer, headers: dict[str, str], status: int) -> None:
    """What is no handshake of ours is answered over HTTP, and the connection is closed."""
    async with shaking_hands(server, **headers) as client:
        found, head = await client.response()
        assert found == status
        assert ("sec-websocket-version: 13" in head) == (status == 426)
        await client.end()


@over_both_paths
async def test_handshake_chooses_subprotocol_and_no_extension(server: RunningServer) -> None:
    """The accepting response names the subprotocol, and never the token or an extension."""
    offers = f"p2p-chat.v1, token.{await server.register()}"
    headers = {"Sec-WebSocket-Protocol": offers, "Sec-WebSocket-Extensions": "permessage-deflate"}
    async with shaking_hands(server, **headers) as client:
        status, head = await client.response()
        assert status == 101
        assert "sec-websocket-protocol: p2p-chat.v1\r\n" in head.lower()
        assert "token" not in head
        assert "extensions" not in head.lower()


@over_both_paths
async def test_client_that_does_not_wait_does_no_harm(server: RunningServer) -> None:
    """Clients that are gone before they are answered leave nothing behind."""
    token = await server.register()
    for _ in range(20):
        async with shaking_hands(server, **{"Sec-WebSocket-Protocol": f"p2p-chat.v1, token.{token}"}) as client:
            client.writer.transport.abort()
    async with connected(server, token) as client:
        client.send(Opcode.TEXT, b'{"type":"join","room":"impatient"}')
        assert isinstance(EVENTS.decode((await client.frame())[1].decode()), Joined)


@over_both_paths
async def test_nothing_counts_after_a_broken_rule(server: RunningServer) -> None:
    """What comes in one read with a frame that breaks the rules, but after it, has no effect."""
    token = await server.register()
    async with in_room(server, token, "broken") as (first, _):
        async with connected(server, token) as client:
            # What came after the close would have TCP throw away the close frame with a reset.
            client.send_together(
                Frame(Opcode.TEXT, b"\xff"),
                Frame(Opcode.TEXT, b'{"type":"join","room":"broken"}'),
                Frame(Opcode.TEXT, b'{"type":"join","room":"bro', fin=False),
                Frame(Opcode.CONT, b'ken"}'),
            )
            assert await client.close_code() == 1007
            # Where some of it has come too late to be read at all, TCP ends the connection by a reset.
            with contextlib.suppress(ConnectionResetError):
                assert await client.end() == b""
        await first.send(Ping())
        assert await first.receive() == Pong()
