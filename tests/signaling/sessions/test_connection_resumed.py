import pytest

from protocol.codes import CloseCode, ErrorCode
from protocol.events import PeerJoined, PeerLeft, Signal
from protocol.requests import Join
from protocol.requests import Signal as SignalRequest
from protocol.webrtc import Candidate, Description
from tests.signaling.conftest import StartServer, over_both_paths
from tests.signaling.running import RunningServer, drop, in_room, lose

pytestmark = over_both_paths

OFFER = Description("offer", "v=0\r\n")
ICE_END = Candidate("")


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
    """A browser that lost everything comes in as a new device, also in a full room: the place is its person's."""
    token, other = await server.register(), await server.register()
    async with in_room(server, other, "crash") as (first, _), in_room(server, token, "crash") as (second, before):
        await first.receive()
        await lose(second, caplog)
        async with server.connect(await server.register()) as stranger:
            await stranger.welcome()
            await stranger.send(Join("crash"))
            assert await stranger.refusal() == ErrorCode.ROOM_FULL
        async with in_room(server, token, "crash") as (_, after):
            assert isinstance(await first.receive(), PeerJoined)
            assert not after.resumed
            assert before.peer_id in {peer.peer_id for peer in after.peers}
