import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import jwt
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Limits, Peer, PeerJoined, PeerLeft, Signal
from protocol.http import PROBE_SUBPROTOCOL
from protocol.requests import REQUESTS, Join, Leave, Ping
from protocol.requests import Signal as SignalRequest
from protocol.versions import LATEST, SUBPROTOCOLS
from protocol.webrtc import Candidate, Description, IceServer
from signaling.accounts.access_tokens import CLOCK_SKEW
from signaling.rooms.registry import MAX_DEVICES
from signaling.sessions.ice_servers import turn_server
from tests.protocol.events_v1 import EVENTS_V1
from tests.signaling.conftest import StartServer, over_both_paths
from tests.signaling.running import PATIENCE, RunningServer, SignalingClient, in_room

pytestmark = over_both_paths

SECRET = "0123456789abcdef0123456789abcdef"
OFFER = Description("offer", "v=0\r\n")
ICE_END = Candidate("")


def bad_token(kind: str, good: str) -> str:
    """Return a token that is nearly good."""
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
        assert client.socket.subprotocol == SUBPROTOCOLS[LATEST]
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
        welcome = await client.welcome()
        assert (welcome.ice_servers, welcome.ice_servers_expire_at) == ((), None)


async def test_client_is_told_turn_servers(start_server: StartServer) -> None:
    """TURN servers come beside the STUN servers, with credentials that are the account's own and run out."""
    server = start_server(turn_urls=("turn:turn.example.org",), turn_secret="shared")
    async with server.connect(await server.register()) as client, server.connect(await server.register()) as other:
        welcome = await client.welcome()
        stun, turn = welcome.ice_servers
        foreign = (await other.welcome()).ice_servers[1]
    assert stun == IceServer(("stun:stun.l.google.com:19302",))
    expiry, _, account_id = (turn.username or "").partition(":")
    assert 86_390 <= int(expiry) - time.time() <= 86_400
    assert int(expiry) == welcome.ice_servers_expire_at
    assert turn == turn_server(("turn:turn.example.org",), "shared", account_id, int(expiry))
    assert (foreign.username or "").partition(":")[2] != account_id


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
    subprotocols = [Subprotocol(SUBPROTOCOLS[LATEST])]
    async with SignalingClient(f"ws://{server.host}:{server.port}/ws", subprotocols=subprotocols) as client:
        assert await client.close_code() == CloseCode.UNAUTHENTICATED


async def test_probe_is_answered_and_ended(server: RunningServer) -> None:
    """Who only wants to know whether the server is there needs no token, and takes no place."""
    subprotocols = [Subprotocol(PROBE_SUBPROTOCOL)]
    async with SignalingClient(f"ws://{server.host}:{server.port}/ws", subprotocols=subprotocols) as client:
        assert client.socket.subprotocol == PROBE_SUBPROTOCOL
        assert await client.close_code() == CloseCode.NORMAL


async def test_token_may_expire_during_connection(start_server: StartServer) -> None:
    """A connection that stands outlives its token; the next one needs a good one."""
    server = start_server(jwt_secret=SECRET)
    claims = jwt.decode(await server.register(), SECRET, ["HS256"], audience="p2p-chat")
    # The server allows some seconds of skew: this token is good for the last one or two of them.
    token = jwt.encode(claims | {"exp": int(time.time()) - CLOCK_SKEW + 2}, SECRET)
    async with server.connect(token) as client:
        await client.welcome()
        # A quick machine comes to the limit of renewals first, which says nothing of the token.
        while (await server.post("/api/refresh", headers={"Authorization": f"Bearer {token}"})).status_code != 401:
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


async def test_third_person_waits_for_place(server: RunningServer) -> None:
    """A full room is refused without closing, and entered as soon as somebody has left."""
    ann, ben, cat = await server.register(), await server.register(), await server.register()
    async with in_room(server, ann, "full") as (first, _), in_room(server, ben, "full") as (second, _):
        await first.receive()
        async with server.connect(cat) as third:
            await third.welcome()
            await third.send(Join("full"))
            assert await third.refusal() == ErrorCode.ROOM_FULL
            await first.send(Leave())
            assert isinstance(await second.receive(), PeerLeft)
            assert len((await third.join("full")).peers) == 1


async def test_room_has_places_for_as_many_persons_as_are_set(start_server: StartServer) -> None:
    """The capacity is a setting, and everyone is told it; further devices of one person take no place."""
    server = start_server(room_capacity=3)
    ann, ben, cat, dan = [await server.register() for _ in range(4)]
    async with AsyncExitStack() as stack:
        for token in (ann, ann, ben):
            await stack.enter_async_context(in_room(server, token, "a"))
        _, joined = await stack.enter_async_context(in_room(server, cat, "a"))
        assert (len(joined.peers), joined.capacity) == (3, 3)
        fourth = await stack.enter_async_context(server.connect(dan))
        await fourth.welcome()
        await fourth.send(Join("a"))
        assert await fourth.refusal() == ErrorCode.ROOM_FULL


@pytest.mark.parametrize(("version", "code"), [(1, ErrorCode.ROOM_FULL), (2, ErrorCode.TOO_MANY_DEVICES)])
async def test_devices_of_one_person_are_bounded(server: RunningServer, version: int, code: ErrorCode) -> None:
    """One device too many is refused, in the words of the version that it speaks."""
    token = await server.register()
    async with AsyncExitStack() as stack:
        for _ in range(MAX_DEVICES):
            await stack.enter_async_context(in_room(server, token, f"tabs-{version}"))
        async with server.connect(token, version) as client:
            assert client.socket.subprotocol == SUBPROTOCOLS[version]
            await client.welcome()
            await client.send(Join(f"tabs-{version}"))
            assert await client.refusal() == code


async def test_client_of_the_first_version_can_read_all_that_it_is_told(server: RunningServer) -> None:
    """From its welcome on, a page of the release before meets nothing that it would refuse."""
    ann, ben = await server.register(), await server.register()
    async with server.connect(ann, version=1) as old, server.connect_by_query(ben) as program:
        for client, room in ((old, "old"), (program, "older")):
            for text in (REQUESTS.encode(Join(room)), "nonsense", REQUESTS.encode(Ping()), REQUESTS.encode(Leave())):
                await client.socket.send(text)
            await client.send(Leave())
            told = [str(await asyncio.wait_for(client.socket.recv(), PATIENCE)) for _ in range(5)]
            kinds = [type(EVENTS_V1.decode(text)).__name__ for text in told]
            assert kinds == ["Welcome", "Joined", "Error", "Pong", "Error"]


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
    """Somebody who closes the tab or the connection is gone for the others at once."""
    token = await server.register()
    async with in_room(server, token, f"close-{code}") as (first, _):
        async with in_room(server, token, f"close-{code}") as (second, joined):
            await first.receive()
            await second.socket.close(code)
        assert await first.receive() == PeerLeft(joined.peer_id, "left")


async def test_stopping_server_says_that_it_will_be_back(start_server: StartServer) -> None:
    """A server that is stopped closes every connection with a code that asks clients to come back."""
    server = start_server()
    token = await server.register()
    async with in_room(server, token, "stop") as (first, _), in_room(server, token, "stop") as (second, _):
        server.stop()
        assert [await first.close_code(), await second.close_code()] == [CloseCode.SERVICE_RESTART] * 2
