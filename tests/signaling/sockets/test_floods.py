"""Strangers and people with a login who send more than they may, against a real server."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from protocol.codes import CloseCode, ErrorCode
from protocol.events import EVENTS, Joined, Pong
from protocol.http import PROBE_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX
from protocol.requests import Ping
from protocol.versions import LATEST, SUBPROTOCOLS
from signaling.configuration.settings import Settings
from signaling.sockets.deadlines import Deadlines
from signaling.sockets.picows_websocket import PicowsServerState
from tests.signaling.conftest import StartServer, over_both_paths
from tests.signaling.raw_client import RawClient, connected, shaking_hands
from tests.signaling.running import PATIENCE, RunningServer, in_room

PING = b'{"type":"ping"}'
FLOOD = 20_000
EMPTY_FRAMES = {"ping": Opcode.PING, "pong": Opcode.PONG, "piece": Opcode.CONT}
MORE_THAN_THE_KERNEL_TAKES = 24_000_000
"""Bytes: more than the buffers of both ends hold."""
STOP = 100
"""Attempts after which a test gives up on being refused."""


def wire_settings(server: RunningServer) -> PicowsServerState | Deadlines:
    """Return the part of a running server in which the limits of its WebSockets can be changed."""
    shared: PicowsServerState | Deadlines = server.server.config.ws.args[0]  # type: ignore[union-attr]  # a partial
    return shared


def deadlines_of(server: RunningServer) -> Deadlines:
    """Return what times the messages of a server, over either path."""
    shared = wire_settings(server)
    return shared if isinstance(shared, Deadlines) else shared.deadlines


@pytest.fixture
def patient(start_server: StartServer) -> RunningServer:
    """A server that waits for clients to close their side; uvicorn's own does so for 10 s."""
    server = start_server()
    if isinstance(shared := wire_settings(server), PicowsServerState):
        shared.patience = 3600.0
    return server


@asynccontextmanager
async def coming_from(server: RunningServer, address: str, token: str) -> AsyncIterator[RawClient]:
    """Shake hands by way of a trusted proxy that names an address."""
    offers = f"{SUBPROTOCOLS[LATEST]}, {TOKEN_SUBPROTOCOL_PREFIX}{token}"
    async with shaking_hands(server, **{"Sec-WebSocket-Protocol": offers, "X-Forwarded-For": address}) as client:
        yield client


def empty_frames(opcode: Opcode, count: int) -> bytes:
    """Return frames without content; pieces are those of a message that has begun."""
    return Frame(opcode, b"", fin=opcode is not Opcode.CONT).serialize(mask=True) * count


async def flooded(client: RawClient, data: bytes) -> int | None:
    """Send as much as is taken, and give the close code."""

    async def send() -> None:
        client.writer.write(data)
        with contextlib.suppress(ConnectionError):
            await client.writer.drain()

    sending = asyncio.create_task(send())
    try:
        return await client.close_code()
    finally:
        sending.cancel()


@over_both_paths
@pytest.mark.parametrize("kind", EMPTY_FRAMES)
async def test_flood_of_frames_closes(server: RunningServer, kind: str) -> None:
    """Frames that are no messages count too: pings, pongs, and empty pieces of a message."""
    opcode = EMPTY_FRAMES[kind]
    async with connected(server, await server.register()) as client:
        if opcode is Opcode.CONT:
            client.send(Opcode.TEXT, b"", fin=False)
        assert await flooded(client, empty_frames(opcode, FLOOD)) == CloseCode.RATE_LIMITED


@over_both_paths
async def test_pings_within_the_limit_are_all_answered(server: RunningServer) -> None:
    """A burst that is within the limit is answered, frame by frame."""
    async with connected(server, await server.register()) as client:
        client.writer.write(empty_frames(Opcode.PING, 500))
        assert [await client.frame() for _ in range(500)] == [(Opcode.PONG, b"")] * 500


@over_both_paths
@pytest.mark.parametrize(
    ("offers", "code"),
    [
        (PROBE_SUBPROTOCOL, CloseCode.NORMAL),
        (f"{SUBPROTOCOLS[LATEST]}, {TOKEN_SUBPROTOCOL_PREFIX}nobody", CloseCode.UNAUTHENTICATED),
    ],
)
async def test_nothing_is_read_after_close(patient: RunningServer, offers: str, code: CloseCode) -> None:
    """A stranger who was closed, and goes on, is not even read: what is sent stays with who sends it."""
    async with shaking_hands(patient, **{"Sec-WebSocket-Protocol": offers}) as client:
        assert (await client.response())[0] == 101
        assert await client.close_code() == code
        largest = Frame(Opcode.PING, bytes(125)).serialize(mask=True)
        client.writer.write(largest * (MORE_THAN_THE_KERNEL_TAKES // len(largest)))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.writer.drain(), 1.0)
        client.writer.transport.abort()


@over_both_paths
async def test_close_is_still_answered(patient: RunningServer) -> None:
    """An honest client had something under way when it was closed, and its close frame ends the connection at once."""
    async with shaking_hands(patient, **{"Sec-WebSocket-Protocol": PROBE_SUBPROTOCOL}) as client:
        await client.response()
        for _ in range(30):
            client.send(Opcode.TEXT, PING)
        assert await client.close_code() == CloseCode.NORMAL
        client.send(Opcode.CLOSE, (1000).to_bytes(2, "big"))
        assert await client.end() == b""


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["message", "ping", "pong", "pieces"]), max_size=60).map(lambda kinds: kinds * 3))
def test_everything_of_an_honest_client_passes(server: RunningServer, kinds: list[str]) -> None:
    """Up to 200 messages at once, whole or in pieces, with pings and pongs between them, are all answered in order."""

    async def run() -> None:
        async with connected(server, await server.register()) as client:
            for kind in kinds:
                match kind:
                    case "message":
                        client.send(Opcode.TEXT, PING)
                    case "ping":
                        client.send(Opcode.PING, b"x")
                    case "pong":
                        client.send(Opcode.PONG)
                    case _:
                        client.send(Opcode.TEXT, PING[:5], fin=False)
                        client.send(Opcode.CONT, PING[5:])
            answers = [await client.frame() for kind in kinds if kind != "pong"]
            assert [opcode is Opcode.PONG for opcode, _ in answers] == [
                kind == "ping" for kind in kinds if kind != "pong"
            ]
            assert all(
                isinstance(EVENTS.decode(data.decode()), Pong) for opcode, data in answers if opcode is Opcode.TEXT
            )

    asyncio.run(run())


# An address that goes on


async def refused_after_floods(server: RunningServer, address: str, token: str) -> tuple[int, str]:
    """Flood from an address until its handshakes are refused; give how often that took, and the answer."""
    for count in range(STOP):
        async with coming_from(server, address, token) as client:
            status, head = await client.response()
            if status == 429:
                return count, head
            await flooded(client, empty_frames(Opcode.PING, FLOOD))
    raise AssertionError("it was never refused")


@over_both_paths
async def test_address_that_goes_on_is_refused_at_the_handshake(start_server: StartServer) -> None:
    """The third flood is one too many for an address, and for that one alone."""
    server = start_server()
    token = await server.register()
    count, head = await refused_after_floods(server, "2001:db8::1", token)
    assert count == 3
    assert "retry-after: 10" in head.lower()
    for address, status in (("2001:db8::ffff", 429), ("2001:db8:0:1::1", 101), ("203.0.113.9", 101)):
        async with coming_from(server, address, token) as client:
            assert (await client.response())[0] == status


@over_both_paths
async def test_flood_of_messages_is_held_against_its_address(start_server: StartServer) -> None:
    """Refused messages that keep coming are a flood too."""
    server = start_server()
    token = await server.register()
    messages = Frame(Opcode.TEXT, PING).serialize(mask=True) * 400
    statuses = []
    for _ in range(4):
        async with coming_from(server, "203.0.113.1", token) as client:
            statuses.append((await client.response())[0])
            if statuses[-1] == 101:
                assert await flooded(client, messages) == CloseCode.RATE_LIMITED
    assert statuses == [101, 101, 101, 429]


@over_both_paths
async def test_proxy_that_names_nobody_is_not_refused(start_server: StartServer) -> None:
    """One who floods through it would have everyone refused."""
    server = start_server()
    token = await server.register()
    for _ in range(5):
        async with connected(server, token) as client:
            assert await flooded(client, empty_frames(Opcode.PING, FLOOD)) == CloseCode.RATE_LIMITED
    async with in_room(server, token, "kitchen"):
        pass


@over_both_paths
async def test_bad_tokens_are_counted_by_address(start_server: StartServer) -> None:
    """Trying tokens at full speed is refused; a few, from people whose login has ended, are not."""
    server = start_server()
    statuses = []
    for _ in range(62):
        async with coming_from(server, "203.0.113.1", "nobody") as client:
            statuses.append((await client.response())[0])
    assert statuses == [101] * 61 + [429]


async def test_probes_are_counted_by_address(start_server: StartServer) -> None:
    """Probes at full speed are refused, with the time to wait."""
    server = start_server(
        connect_by_address_limit=Settings.read({"P2PCHAT_CONNECT_BY_ADDRESS_LIMIT": "5/hour"}).connect_by_address_limit
    )
    headers = {"Sec-WebSocket-Protocol": PROBE_SUBPROTOCOL, "X-Forwarded-For": "203.0.113.1"}
    statuses = []
    for _ in range(7):
        async with shaking_hands(server, **headers) as client:
            status, head = await client.response()
            statuses.append(status)
    assert statuses == [101] * 5 + [429] * 2
    assert re.search(r"retry-after: 7[12]\d\r", head.lower())
    async with server.http() as http:
        metrics = (await http.get("/metrics", headers={"Host": "localhost"})).text
    assert f'p2pchat_refusals_total{{code="{ErrorCode.RATE_LIMITED}",worker="0"}} 2.0' in metrics


# Messages that do not end


@pytest.fixture
def impatient(start_server: StartServer) -> RunningServer:
    """A server on which a message has to be complete in a moment."""
    server = start_server()
    deadlines_of(server).seconds = 0.2
    return server


@over_both_paths
@pytest.mark.parametrize("begun", ["frame", "head", "message", "empty message"])
async def test_message_has_to_be_complete_in_time(impatient: RunningServer, begun: str) -> None:
    """What has begun and does not end is given up, whatever else comes meanwhile."""
    whole = Frame(Opcode.TEXT, b"x" * 3000).serialize(mask=True)
    part = {
        "frame": whole[:2900],
        "head": whole[:1],
        "message": Frame(Opcode.TEXT, b"x", fin=False).serialize(mask=True),
        "empty message": Frame(Opcode.TEXT, b"", fin=False).serialize(mask=True),
    }[begun]
    async with connected(impatient, await impatient.register()) as client:
        client.writer.write(part)
        if begun.endswith("message"):
            for _ in range(5):  # what is between the pieces does not give it more time
                await asyncio.sleep(0.02)
                client.send(Opcode.PING)
        assert await client.close_code() == CloseCode.RATE_LIMITED


@over_both_paths
async def test_each_message_has_its_own_time(impatient: RunningServer) -> None:
    """A client that always has a message under way, and ends each, is not closed."""
    halves = Frame(Opcode.TEXT, PING).serialize(mask=True)
    deadlines_of(impatient).seconds = 1.0  # a busy machine may take long for one of them, and not for all
    async with connected(impatient, await impatient.register()) as client:
        client.writer.write(halves[:4])
        for _ in range(20):
            await asyncio.sleep(0.1)
            client.writer.write(halves[4:] + halves[:4])
            assert (await client.frame())[0] is Opcode.TEXT


@over_both_paths
@pytest.mark.parametrize("is_message", [True, False])
async def test_unfinished_messages_fill_a_part_of_the_buffers(start_server: StartServer, *, is_message: bool) -> None:
    """What waits for its end is bounded for an address, over all its connections: the last one is closed."""
    server = start_server(buffer_mib=16)
    tokens = [await server.register() for _ in range(4)]
    unfinished = Frame(Opcode.TEXT, b"x" * 120_000, fin=False).serialize(mask=True)
    data = unfinished if is_message else unfinished[:-1]
    async with contextlib.AsyncExitStack() as stack:
        for number in range(STOP):
            client = await stack.enter_async_context(coming_from(server, "203.0.113.1", tokens[number % 4]))
            await client.response()
            await client.frame()
            client.writer.write(data)
            client.send(Opcode.PING) if is_message else None
            with contextlib.suppress(TimeoutError):
                if await asyncio.wait_for(client.close_code(), 0.1) == CloseCode.RATE_LIMITED:
                    break
    assert 4 <= number <= 2**21 // 120_000  # an eighth of all
    async with coming_from(server, "203.0.113.2", tokens[0]) as client:
        await client.response()
        await client.frame()
        client.writer.write(unfinished)
        client.send(Opcode.PING)
        assert (await client.frame())[0] is Opcode.PONG


# Connections


@over_both_paths
async def test_connections_of_an_account_are_limited(start_server: StartServer) -> None:
    """The newest is closed with a code that brings it back later; those before it stay."""
    server = start_server(connections_per_account=2)
    token = await server.register()
    async with in_room(server, token, "kitchen") as (first, _), in_room(server, token, "hall"):
        async with server.connect(token) as third:
            assert await third.close_code() == CloseCode.RATE_LIMITED
        async with server.connect(await server.register()) as other:
            await other.welcome()
        await first.send(Ping())
        assert await first.receive() == Pong()


async def test_connections_of_an_address_are_limited(start_server: StartServer) -> None:
    """Connections of one address count together, no matter whose they are."""
    server = start_server(connections_per_address=2, trusted_proxies=())
    tokens = [await server.register() for _ in range(3)]
    async with server.connect(tokens[0]) as first, server.connect(tokens[1]) as second:
        await first.welcome()
        await second.welcome()
        async with server.connect(tokens[2]) as third:
            assert await third.close_code() == CloseCode.RATE_LIMITED


@over_both_paths
async def test_connections_of_a_process_are_limited(start_server: StartServer) -> None:
    """What comes through a proxy that names nobody is bounded in all."""
    server = start_server(connections=1)
    token = await server.register()
    async with server.connect(token) as first:
        await first.welcome()
        async with server.connect(token) as second:
            assert await second.close_code() == CloseCode.RATE_LIMITED


@over_both_paths
async def test_openings_of_an_account_are_limited(start_server: StartServer) -> None:
    """An account that joins and drops without end is refused for a while."""
    limit = Settings.read({"P2PCHAT_CONNECT_LIMIT": "3/hour"}).connect_limit
    server = start_server(connect_limit=limit)
    token = await server.register()
    for number in range(3):
        async with in_room(server, token, f"room-{number}"):
            pass
    async with server.connect(token) as fourth:
        assert await fourth.close_code() == CloseCode.RATE_LIMITED


async def test_client_that_is_gone_is_not_counted(start_server: StartServer) -> None:
    """A client that is gone makes room, in whatever way it went."""
    server = start_server(connections_per_account=1, connections=2)
    token = await server.register()
    for number in range(5):
        async with connected(server, token) as client:
            if number % 2:
                client.writer.transport.abort()
            else:
                client.send(Opcode.CLOSE)
                assert await client.end()
        async with asyncio.timeout(PATIENCE):
            while any(wire_settings(server).keepalive._groups):  # type: ignore[union-attr]  # over this path  # noqa: ASYNC110 - nothing tells that one is gone
                await asyncio.sleep(0.005)
    async with server.connect(token) as client:
        await client.welcome()
        assert isinstance(await client.join("hall"), Joined)
