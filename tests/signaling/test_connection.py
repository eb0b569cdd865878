import asyncio
import contextlib
import json
import socket
import time
from typing import Any

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Error, Limits, Peer, PeerJoined, PeerLeft, Signal
from protocol.http import SUBPROTOCOL
from protocol.requests import Join, Leave
from protocol.requests import Signal as SignalRequest
from protocol.webrtc import Candidate, Description, IceServer
from signaling.access_tokens import CLOCK_SKEW
from signaling.serving import WEBSOCKET_MAX_BYTES
from signaling.setting_values import read_limit
from tests.signaling.conftest import StartServer
from tests.signaling.running import RunningServer, SignalingClient, in_room, until_logged

SECRET = "0123456789abcdef0123456789abcdef"
OFFER = Description("offer", "v=0\r\n")
ICE_END = Candidate("")


def drop(client: SignalingClient) -> None:
    """Cut a connection as a dead network does, without a close frame."""
    client.socket.transport.abort()


async def lose(client: SignalingClient, caplog: pytest.LogCaptureFixture) -> None:
    """Cut a connection, and wait until the server has noticed."""
    caplog.set_level("INFO", logger="p2p_chat")
    drop(client)
    await until_logged("event=closed", caplog)


def bad_token(kind: str, good: str) -> str:
    """Give a token that is nearly good."""
    claims = jwt.decode(good, SECRET, ["HS256"], audience="p2p-chat")
    changes: dict[str, dict[str, Any]] = {
        "expired": {"exp": int(time.time()) - 60},
        "wrong audience": {"aud": "another-app"},
        "vanished account": {"sub": "nobody"},
    }
    if kind == "unsigned":
        return jwt.encode(claims, "", algorithm="none")
    return jwt.encode(claims | changes[kind], SECRET) if kind in changes else kind


# Coming in


async def test_client_is_welcomed(server: RunningServer) -> None:
    """The first event tells a client who it is, by which ICE servers it connects, and what it may send."""
    async with server.connect(await server.register()) as client:
        welcome = await client.welcome()
        assert client.socket.subprotocol == SUBPROTOCOL
        assert client.socket.protocol.extensions == []
    assert welcome.ice_servers == (IceServer(("stun:stun.l.google.com:19302",)),)
    assert welcome.limits == Limits(message_bytes=65_536, messages_per_second=20)
    assert welcome.resume_token.startswith(f"{welcome.peer_id}.")


async def test_client_may_authenticate_by_query(server: RunningServer) -> None:
    """A client that is no page puts its token into the address, and needs no subprotocol."""
    async with server.connect_by_query(await server.register()) as client:
        await client.welcome()
        assert client.socket.subprotocol is None


async def test_welcome_can_have_no_ice_servers(start_server: StartServer) -> None:
    """A network without internet has no STUN server either."""
    server = start_server(stun_urls=())
    async with server.connect(await server.register()) as client:
        assert (await client.welcome()).ice_servers == ()


async def test_every_connection_is_another_peer(server: RunningServer) -> None:
    """Two connections of one account have two ids."""
    token = await server.register()
    async with server.connect(token) as first, server.connect(token) as second:
        assert (await first.welcome()).peer_id != (await second.welcome()).peer_id


@pytest.mark.parametrize("kind", ["", "nonsense", "expired", "wrong audience", "vanished account", "unsigned"])
async def test_bad_token_is_answered_with_close_code(start_server: StartServer, kind: str) -> None:
    """A token that proves nothing opens the WebSocket for as long as it takes to say so."""
    server = start_server(jwt_secret=SECRET)
    token = bad_token(kind, await server.register())
    for client in (server.connect(token), server.connect_by_query(token)):
        async with client:
            assert await client.close_code() == CloseCode.UNAUTHENTICATED


async def test_missing_token_is_answered_with_close_code(server: RunningServer) -> None:
    """Without a token there is no telling who asks."""
    subprotocols = [Subprotocol(SUBPROTOCOL)]
    async with SignalingClient(f"ws://{server.host}:{server.port}/ws", subprotocols=subprotocols) as client:
        assert await client.close_code() == CloseCode.UNAUTHENTICATED


async def test_token_may_expire_during_connection(start_server: StartServer) -> None:
    """A connection that stands outlives its token; the next one needs a good one."""
    server = start_server(jwt_secret=SECRET)
    claims = jwt.decode(await server.register(), SECRET, ["HS256"], audience="p2p-chat")
    # The server allows some seconds of skew: this token is good for the last one or two of them.
    token = jwt.encode(claims | {"exp": int(time.time()) - CLOCK_SKEW + 2}, SECRET)
    async with server.connect(token) as client:
        await client.welcome()
        while (await server.post("/api/refresh", headers={"Authorization": f"Bearer {token}"})).is_success:
            pass
        async with server.connect(token) as late:
            assert await late.close_code() == CloseCode.UNAUTHENTICATED
        await client.join("kitchen")


async def test_other_address_takes_no_websocket(server: RunningServer) -> None:
    """There is one WebSocket, and pages are none."""
    for path in ("/", "/ws/", "/chat/kitchen"):
        with pytest.raises(InvalidStatus):
            async with SignalingClient(f"ws://{server.host}:{server.port}{path}"):
                raise AssertionError


# Being in a room


async def test_two_peers_meet_and_signal(server: RunningServer) -> None:
    """Two accounts find each other in a room, exchange an offer and candidates, and part."""
    ann, ben = await server.register("Anna"), await server.register("Benno")
    async with in_room(server, ann, "meet") as (first, alone), in_room(server, ben, "meet") as (second, met):
        assert (alone.peers, alone.resumed, alone.capacity) == ((), False, 2)
        assert met.peers == (Peer(alone.peer_id, "Anna"),)
        assert await first.receive() == PeerJoined(Peer(met.peer_id, "Benno"))
        await second.send(SignalRequest(alone.peer_id, description=OFFER))
        await second.send(SignalRequest(alone.peer_id, candidate=ICE_END))
        assert await first.receive() == Signal(met.peer_id, description=OFFER)
        assert await first.receive() == Signal(met.peer_id, candidate=ICE_END)
        await first.send(Leave())
        assert await second.receive() == PeerLeft(alone.peer_id, "left")


async def test_same_account_meets_itself(server: RunningServer) -> None:
    """Two tabs of one account are two peers of one name."""
    token = await server.register("Carla")
    async with in_room(server, token, "tabs") as (_, first), in_room(server, token, "tabs") as (_, second):
        assert second.peers == (Peer(first.peer_id, "Carla"),)


async def test_third_peer_waits_for_place(server: RunningServer) -> None:
    """A full room is refused without closing, and entered as soon as somebody has left."""
    token = await server.register()
    async with in_room(server, token, "full") as (first, _), in_room(server, token, "full") as (second, _):
        await first.receive()
        async with server.connect(token) as third:
            await third.welcome()
            await third.send(Join("full"))
            assert await third.refusal() == ErrorCode.ROOM_FULL
            await first.send(Leave())
            assert isinstance(await second.receive(), PeerLeft)
            assert len((await third.join("full")).peers) == 1


async def test_room_has_as_many_places_as_are_set(start_server: StartServer) -> None:
    """The capacity is a setting, and everyone is told it."""
    server = start_server(room_capacity=3)
    token = await server.register()
    async with in_room(server, token, "a"), in_room(server, token, "a"), in_room(server, token, "a") as (_, joined):
        assert (len(joined.peers), joined.capacity) == (2, 3)
        async with server.connect(token) as fourth:
            await fourth.welcome()
            await fourth.send(Join("a"))
            assert await fourth.refusal() == ErrorCode.ROOM_FULL


async def test_rooms_are_apart(server: RunningServer) -> None:
    """Peers of other rooms can be neither seen nor signalled."""
    token = await server.register()
    async with in_room(server, token, "east") as (_, east), in_room(server, token, "west") as (client, west):
        assert west.peers == ()
        await client.send(SignalRequest(east.peer_id, description=OFFER))
        assert await client.refusal() == ErrorCode.UNKNOWN_PEER


async def test_peer_joins_one_room_at_a_time(server: RunningServer) -> None:
    """A second join is not expected before a leave, nor a leave before a join."""
    async with server.connect(await server.register()) as client:
        await client.welcome()
        await client.send(Leave())
        assert await client.refusal() == ErrorCode.NOT_IN_ROOM
        await client.join("here")
        await client.send(Join("there"))
        assert await client.refusal() == ErrorCode.UNEXPECTED
        await client.send(Leave())
        assert (await client.join("there")).room == "there"


@pytest.mark.parametrize("code", [1000, 1001])
async def test_closing_is_leaving(server: RunningServer, code: int) -> None:
    """Whoever closes the tab or the connection is gone for the others at once."""
    token = await server.register()
    async with in_room(server, token, f"close-{code}") as (first, _):
        async with in_room(server, token, f"close-{code}") as (second, joined):
            await first.receive()
            await second.socket.close(code)
        assert await first.receive() == PeerLeft(joined.peer_id, "left")


# Getting lost and coming back


async def test_lost_peer_is_announced_after_grace(start_server: StartServer) -> None:
    """A connection that breaks is a departure when its grace time is over."""
    server = start_server(resume_grace=0)
    token = await server.register()
    async with in_room(server, token, "lost") as (first, _), in_room(server, token, "lost") as (second, joined):
        await first.receive()
        drop(second)
        assert await first.receive() == PeerLeft(joined.peer_id, "lost")


async def test_lost_peer_resumes_unnoticed(server: RunningServer) -> None:
    """A connection that is back in time is the same peer, finds what it missed, and nobody saw it gone."""
    token = await server.register()
    async with in_room(server, token, "resume") as (first, here), in_room(server, token, "resume") as (second, there):
        await first.receive()
        drop(second)
        await first.send(SignalRequest(there.peer_id, description=OFFER))
        async with server.connect(token) as again:
            await again.welcome()
            resumed = await again.join("resume", there.resume_token)
            assert (resumed.peer_id, resumed.resumed, resumed.peers) == (there.peer_id, True, there.peers)
            assert resumed.resume_token == there.resume_token
            await again.send(SignalRequest(here.peer_id, candidate=ICE_END))
            assert await first.receive() == Signal(there.peer_id, candidate=ICE_END)


async def test_resumed_peer_finds_what_it_missed(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """What was sent to a peer after the server had noticed its loss is there when it is back."""
    token = await server.register()
    async with in_room(server, token, "missed") as (first, _), in_room(server, token, "missed") as (second, there):
        await first.receive()
        await lose(second, caplog)
        await first.send(SignalRequest(there.peer_id, description=OFFER))
        async with server.connect(token) as again:
            sender = there.peers[0].peer_id
            await again.welcome()
            assert (await again.join("missed", there.resume_token)).resumed
            assert await again.receive() == Signal(sender, description=OFFER)


async def test_peer_replaces_its_own_ghost(server: RunningServer) -> None:
    """A peer that is back before its old connection was found dead takes over from it."""
    token = await server.register()
    async with in_room(server, token, "ghost") as (first, here), in_room(server, token, "ghost") as (ghost, there):
        await first.receive()
        async with server.connect(token) as again:
            await again.welcome()
            assert (await again.join("ghost", there.resume_token)).resumed
            assert await ghost.close_code() == CloseCode.REPLACED
            await first.send(SignalRequest(there.peer_id, description=OFFER))
            assert await again.receive() == Signal(here.peer_id, description=OFFER)


async def test_peer_keeps_its_id_across_restart(start_server: StartServer) -> None:
    """After a restart of the server a resume token still makes the same peer, as a new member of the room."""
    first = start_server()
    token = await first.register()
    async with in_room(first, token, "restart") as (client, before):
        first.stop()
        assert await client.close_code() == CloseCode.SERVICE_RESTART
    second = start_server()
    async with second.connect(token) as client:
        await client.welcome()
        after = await client.join("restart", before.resume_token)
    assert (after.peer_id, after.resumed) == (before.peer_id, False)


async def test_resume_token_of_other_account_is_ignored(server: RunningServer) -> None:
    """Nobody becomes someone else's peer."""
    mine, theirs = await server.register(), await server.register()
    async with in_room(server, mine, "mine") as (_, joined), server.connect(theirs) as thief:
        welcome = await thief.welcome()
        stolen = await thief.join("mine", joined.resume_token)
        assert (stolen.peer_id, stolen.resumed) == (welcome.peer_id, False)


async def test_crashed_browser_gets_back_into_full_room(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A browser that lost everything takes the place that is held for it, also in a full room."""
    token, other = await server.register(), await server.register()
    async with in_room(server, other, "crash") as (first, _), in_room(server, token, "crash") as (second, before):
        await first.receive()
        await lose(second, caplog)
        async with server.connect(other) as stranger:
            await stranger.welcome()
            await stranger.send(Join("crash"))
            assert await stranger.refusal() == ErrorCode.ROOM_FULL
        async with in_room(server, token, "crash") as (_, after):
            assert await first.receive() == PeerLeft(before.peer_id, "lost")
            assert isinstance(await first.receive(), PeerJoined)
            assert not after.resumed


# Saying what may not be said


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


# Saying too much, and listening too little


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
        assert heard.result() == PeerLeft(there.peer_id, "lost")
        assert await deaf.close_code() == CloseCode.SLOW_CONSUMER
        drop(loud)  # it has left answers unread, and a close frame would wait behind them


async def test_stopping_server_says_that_it_will_be_back(start_server: StartServer) -> None:
    """A server that is stopped closes every connection with a code that asks clients to come back."""
    server = start_server()
    token = await server.register()
    async with in_room(server, token, "stop") as (first, _), in_room(server, token, "stop") as (second, _):
        server.stop()
        assert [await first.close_code(), await second.close_code()] == [CloseCode.SERVICE_RESTART] * 2
