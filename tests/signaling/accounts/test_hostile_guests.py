"""Guests who want more than they were invited to, and all who come in the moment in which they are sent away."""

from __future__ import annotations

import asyncio

from protocol.codes import CloseCode, ErrorCode
from protocol.events import PeerJoined
from protocol.http import GUEST_ACCOUNT_PATH, GUESTS_PATH, LOGIN, REVOKE_INVITATION_PATH
from protocol.requests import Join, Leave, Renew, Request, Signal
from protocol.webrtc import Candidate
from tests.signaling.accounts.test_guest_endpoints import ask, come, invite, listed
from tests.signaling.conftest import over_both_paths
from tests.signaling.running import PASSWORD, RunningServer, in_room, usernames

AT_ONCE = 12


@over_both_paths
async def test_guest_finds_no_other_room_by_any_means(server: RunningServer) -> None:
    """Not in another spelling, as another peer, after leaving, by a token of an account, nor by asking somebody."""
    member = await server.register()
    guest = await come(server, (await invite(server, member, "parlour")).invitation)
    async with in_room(server, member, "attic") as (host, there), server.connect(guest.token) as client:
        await client.welcome()
        tries: list[Request] = [
            Join("attic"),
            Join("ATTIC"),
            Join("attic", there.resume_token),
            Signal(there.peer_id, candidate=Candidate("candidate:1")),
        ]
        for request in tries:
            await client.send(request)
            assert await client.refusal() in {ErrorCode.WRONG_ROOM, ErrorCode.NOT_IN_ROOM}
        own = await client.join("parlour")
        await client.send(Signal(there.peer_id, candidate=Candidate("candidate:1")))
        assert await client.refusal() is ErrorCode.UNKNOWN_PEER
        await client.send(Leave())
        await client.send(Renew(member))
        assert await client.refusal() is ErrorCode.UNAUTHENTICATED
        for request in (*tries[:3], Join("attic", own.resume_token)):
            await client.send(request)
            assert await client.refusal() is ErrorCode.WRONG_ROOM
        assert (await client.join("parlour")).peers == ()
        async with server.connect(member, version=1) as late:
            await late.welcome()
            await late.join("attic", own.resume_token)  # of the guest: as somebody new
            came = await host.receive()
            assert isinstance(came, PeerJoined)
            assert came.peer.peer_id != own.peer_id
    for opened in (server.connect(guest.token, version=1), server.connect_by_query(guest.token)):
        async with opened as client:
            await client.welcome()
            await client.send(Join("attic"))
            assert await client.refusal() is ErrorCode.ROOM_FULL  # the first version has no other word for it


async def test_nobody_is_left_who_comes_while_all_are_sent_away(server: RunningServer) -> None:
    """However the requests fall, a guest has no login when the invitation has ended with its guests."""
    member = await server.register()
    for _ in range(3):
        invitation = await invite(server, member, "parlour", places=AT_ONCE)
        coming = [
            asyncio.create_task(ask(server, GUESTS_PATH, None, {"invitation": invitation.invitation, "name": "Eve"}))
            for _ in range(AT_ONCE)
        ]
        await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
        ending = await ask(server, REVOKE_INVITATION_PATH, member, {"id": invitation.id, "end_guests": True})
        assert ending.status_code == 204
        answers = await asyncio.gather(*coming)
        assert {answer.status_code for answer in answers} <= {201, 403}
        for answer in answers:
            if answer.status_code == 201:
                token = LOGIN.decode(answer.text).token
                assert (await ask(server, "/api/refresh", token)).status_code == 401
                async with server.connect(token) as client:
                    assert await client.close_code() == CloseCode.UNAUTHENTICATED
        assert await listed(server, member) == ()


async def test_guest_who_is_sent_away_in_this_moment_becomes_an_account_or_nobody(server: RunningServer) -> None:
    """Either the account is there, and stays, or the guest is gone, and the name is free."""
    member = await server.register()
    for _ in range(3):
        invitation, name = await invite(server, member), next(usernames)
        guest = await come(server, invitation.invitation)
        credentials = {"username": name, "password": PASSWORD}
        made, _ = await asyncio.gather(
            ask(server, GUEST_ACCOUNT_PATH, guest.token, credentials),
            ask(server, REVOKE_INVITATION_PATH, member, {"id": invitation.id, "end_guests": True}),
        )
        login = await server.post("/api/login", credentials)
        assert (made.status_code, login.status_code) in {(201, 200), (401, 401)}
        assert (await ask(server, "/api/refresh", guest.token)).status_code == 401


async def test_two_accounts_of_one_guest_are_one(server: RunningServer) -> None:
    """Of many tabs that make one at once, one does, and the other names are free."""
    guest = await come(server, (await invite(server, await server.register())).invitation)
    names = [next(usernames) for _ in range(4)]
    made = await asyncio.gather(
        *(ask(server, GUEST_ACCOUNT_PATH, guest.token, {"username": name, "password": PASSWORD}) for name in names)
    )
    assert sorted(answer.status_code for answer in made) in ([201, 401, 401, 401], [201, 401, 401, 409])
    [won] = [name for name, answer in zip(names, made, strict=True) if answer.status_code == 201]
    for name in names:
        login = await server.post("/api/login", {"username": name, "password": PASSWORD})
        assert login.status_code == (200 if name == won else 401)
