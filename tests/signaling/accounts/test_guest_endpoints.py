from __future__ import annotations

from typing import Any

import httpx
import pytest

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Peer, PeerJoined, PeerLeft
from protocol.http import (
    DEVICE_MARK,
    GUEST_ACCOUNT_PATH,
    GUESTS_PATH,
    INVITATION,
    INVITATION_DETAILS,
    INVITATION_PATH,
    INVITATIONS_PATH,
    LISTED_INVITATIONS,
    LOGIN,
    REVOKE_INVITATION_PATH,
    Invitation,
    InvitationDetails,
    ListedInvitation,
    Login,
)
from protocol.requests import Join, Renew
from signaling.accounts.logins import GUEST_SECONDS
from signaling.configuration.values import read_limit
from tests.signaling.conftest import StartServer, over_both_paths
from tests.signaling.running import PASSWORD, RunningServer, bearer, drop, error_of, in_room, usernames

LIMIT = read_limit("2/hour")


async def ask(server: RunningServer, path: str, token: str | None, body: object = None) -> httpx.Response:
    """Send a request, with a token or without."""
    return await server.post(path, body, headers=bearer(token) if token else {})


async def invite(server: RunningServer, token: str, room: str = "kitchen", **more: Any) -> Invitation:
    """Make an invitation."""
    response = await ask(server, INVITATIONS_PATH, token, {"room": room, **more})
    assert (response.status_code, response.headers["cache-control"]) == (201, "no-store"), response.text
    return INVITATION.decode(response.text)


async def come(server: RunningServer, invitation: str, name: str = "Eve") -> Login:
    """Come as a guest."""
    response = await ask(server, GUESTS_PATH, None, {"invitation": invitation, "name": name})
    assert (response.status_code, response.headers["cache-control"]) == (201, "no-store"), response.text
    return LOGIN.decode(response.text)


async def listed(server: RunningServer, token: str) -> tuple[ListedInvitation, ...]:
    """Ask for the invitations of an account."""
    async with server.http() as client:
        response = await client.get(INVITATIONS_PATH, headers=bearer(token))
    assert response.status_code == 200, response.text
    return LISTED_INVITATIONS.decode(response.text).invitations


def status_and_code(response: httpx.Response) -> tuple[int, str]:
    """Return how a request was refused."""
    error = error_of(response)
    assert error["message"].endswith(".")
    return response.status_code, error["code"]


async def test_guest_comes_by_a_link(server: RunningServer) -> None:
    """Who has the invitation and a name is in: with a login for days, of one room, in whatever case it is typed."""
    token = await server.register()
    invitation = await invite(server, token, "Kitchen", places=3)
    guest = await come(server, invitation.invitation, "\uff25ve")
    assert (guest.username[:4], len(guest.username), guest.room) == ("Eve~", 10, "kitchen")
    assert (guest.expires_in, guest.device_mark) == (GUEST_SECONDS, None)
    [invited] = await listed(server, token)
    assert (invited.id, invited.room, invited.places, invited.guests) == (invitation.id, "kitchen", 3, 1)
    assert invited.expires_at == invitation.expires_at


async def test_who_has_an_invitation_is_told_of_whom_it_is(server: RunningServer) -> None:
    """Before they have said who they are; of one that was ended, they are told that."""
    username = next(usernames)
    token = await server.register(username)
    invitation = await invite(server, token)
    shown = await ask(server, INVITATION_PATH, None, {"invitation": invitation.invitation})
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert INVITATION_DETAILS.decode(shown.text) == InvitationDetails(username, "kitchen", invitation.expires_at)
    assert (await ask(server, REVOKE_INVITATION_PATH, token, {"id": invitation.id})).status_code == 204
    ended = await ask(server, INVITATION_PATH, None, {"invitation": invitation.invitation})
    assert status_and_code(ended) == (403, "invalid_invitation")


async def test_guest_uses_what_a_login_is_for(server: RunningServer) -> None:
    """A guest gets ICE servers, sees their own login, renews it, and logs out for good."""
    guest = await come(server, (await invite(server, await server.register())).invitation)
    async with server.http() as client:
        assert (await client.get("/api/ice-servers", headers=bearer(guest.token))).status_code == 200
        logins = (await client.get("/api/logins", headers=bearer(guest.token))).json()["logins"]
    assert [login["is_current"] for login in logins] == [True]
    renewed = LOGIN.decode((await ask(server, "/api/refresh", guest.token)).text)
    assert (renewed.username, renewed.room, renewed.expires_in) == (guest.username, "kitchen", GUEST_SECONDS)
    going_on = LOGIN.decode((await ask(server, "/api/logins/end-others", renewed.token)).text)
    assert (await ask(server, "/api/logout", going_on.token)).status_code == 204
    assert (await ask(server, "/api/refresh", going_on.token)).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", INVITATIONS_PATH, {"room": "kitchen"}),
        ("GET", INVITATIONS_PATH, None),
        ("POST", REVOKE_INVITATION_PATH, {"id": "0" * 32}),
        ("POST", "/api/password", {"password": "", "new_password": PASSWORD}),
        ("POST", "/api/delete-account", {"password": ""}),
    ],
)
async def test_guest_is_told_what_takes_an_account(server: RunningServer, method: str, path: str, body: object) -> None:
    """A guest invites nobody, and has no password to change or to show."""
    guest = await come(server, (await invite(server, await server.register())).invitation)
    async with server.http() as client:
        response = await client.request(method, path, json=body, headers=bearer(guest.token))
    assert status_and_code(response) == (403, "not_for_guests")
    again = await server.post("/api/login", {"username": guest.username, "password": ""})
    assert status_and_code(again) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("x", 422, "invalid_username"),
        ("x" * 26, 422, "invalid_username"),
        ("Eve~k3fq7x", 422, "invalid_username"),
        ("Eve Adams", 422, "invalid_username"),
        ("Adm1n", 409, "reserved_username"),
        ("gu.est", 409, "reserved_username"),
    ],
)
async def test_guest_has_a_name_that_people_can_read(server: RunningServer, name: str, status: int, code: str) -> None:
    """The rule of accounts holds for guests, but for what makes room for the suffix; the invitation is not used up."""
    token = await server.register()
    invitation = await invite(server, token, places=1)
    refused = await ask(server, GUESTS_PATH, None, {"invitation": invitation.invitation, "name": name})
    assert status_and_code(refused) == (status, code)
    await come(server, invitation.invitation)


async def test_invitation_that_has_ended_is_told(server: RunningServer) -> None:
    """One that is used up, was ended or is made up is refused in the same words."""
    token = await server.register()
    used, ended = await invite(server, token, places=1), await invite(server, token)
    await come(server, used.invitation)
    assert (await ask(server, REVOKE_INVITATION_PATH, token, {"id": ended.id})).status_code == 204
    for invitation in (used.invitation, ended.invitation, "A" * 22, used.invitation[:20], "", None):
        response = await ask(server, GUESTS_PATH, None, {"invitation": invitation, "name": "Eve", "room": "kitchen"})
        assert status_and_code(response) == (403, "invalid_invitation")
    again = await ask(server, REVOKE_INVITATION_PATH, token, {"id": "0" * 32})
    assert status_and_code(again) == (404, "not_found")


@pytest.mark.parametrize("body", [{"room": "kitchen", "places": 0}, {"room": "kitchen", "places": 65}, {"room": "a b"}])
async def test_invitation_is_for_a_room_and_a_few(server: RunningServer, body: object) -> None:
    """What is out of bounds is no invitation."""
    response = await ask(server, INVITATIONS_PATH, await server.register(), body)
    assert status_and_code(response) == (400, "malformed")


async def test_stranger_invites_nobody(server: RunningServer) -> None:
    """Invitations are made by accounts."""
    for path in (INVITATIONS_PATH, REVOKE_INVITATION_PATH, GUEST_ACCOUNT_PATH):
        assert status_and_code(await ask(server, path, None, {})) == (401, "unauthenticated")


@over_both_paths
async def test_guest_is_in_one_room_and_known_as_one(server: RunningServer) -> None:
    """Others see who is a guest; the guest takes a place like anybody, and finds no other room."""
    token = await server.register()
    guest = await come(server, (await invite(server, token)).invitation)
    async with in_room(server, token, "kitchen") as (host, _), server.connect(guest.token) as client:
        await client.welcome()
        await client.send(Join("cellar"))
        assert await client.refusal() is ErrorCode.WRONG_ROOM
        joined = await client.join("KITCHEN")
        assert await host.receive() == PeerJoined(Peer(joined.peer_id, guest.username, guest=True))
        async with server.connect(await server.register()) as third:
            await third.welcome()
            await third.send(Join("kitchen"))
            assert await third.refusal() is ErrorCode.ROOM_FULL


async def test_page_of_the_first_version_sees_a_guest_by_a_name_that_it_knows(server: RunningServer) -> None:
    """It would give up its WebSocket at a mark or a sign that it does not know."""
    token = await server.register()
    guest = await come(server, (await invite(server, token, "attic")).invitation)
    async with server.connect(token, version=1) as host:
        await host.welcome()
        await host.join("attic")
        async with in_room(server, guest.token, "attic") as (_, joined):
            came = await host.receive()
            assert isinstance(came, PeerJoined)
            assert came == PeerJoined(Peer(joined.peer_id, came.peer.username))
            assert came.peer.username.startswith("name-")


async def test_guest_goes_with_the_invitation(server: RunningServer) -> None:
    """Who revokes an invitation with its guests is rid of them at once; place and login are gone."""
    token = await server.register()
    invitation = await invite(server, token, "revoked")
    guest, other = await come(server, invitation.invitation), await come(server, invitation.invitation)
    async with (
        in_room(server, token, "revoked") as (host, _),
        in_room(server, guest.token, "revoked") as (lost, joined),
    ):
        assert isinstance(await host.receive(), PeerJoined)
        drop(lost)
        async with server.connect(other.token) as client:
            await client.welcome()
            body = {"id": invitation.id, "end_guests": True}
            assert (await ask(server, REVOKE_INVITATION_PATH, token, body)).status_code == 204
            assert await client.close_code() == CloseCode.UNAUTHENTICATED
        assert await host.receive() == PeerLeft(joined.peer_id, "lost")
        async with server.connect(guest.token) as back:
            assert await back.close_code() == CloseCode.UNAUTHENTICATED
    assert await listed(server, token) == ()


async def test_guest_goes_with_the_inviter(server: RunningServer) -> None:
    """An account that is deleted takes its guests along."""
    token = await server.register()
    guest = await come(server, (await invite(server, token)).invitation)
    async with server.connect(guest.token) as client:
        await client.welcome()
        assert (await ask(server, "/api/delete-account", token, {"password": PASSWORD})).status_code == 204
        assert await client.close_code() == CloseCode.UNAUTHENTICATED


@over_both_paths
async def test_guest_becomes_an_account_and_stays(server: RunningServer) -> None:
    """The person keeps their place, the others hear of the name, and in that room of the one that they had before."""
    token, name = await server.register(), next(usernames)
    guest = await come(server, (await invite(server, token, "becoming")).invitation)
    async with in_room(server, token, "becoming") as (host, _):
        async with in_room(server, guest.token, "becoming") as (client, joined):
            assert isinstance(await host.receive(), PeerJoined)
            response = await ask(server, GUEST_ACCOUNT_PATH, guest.token, {"username": name, "password": PASSWORD})
            assert response.status_code == 201, response.text
            account = LOGIN.decode(response.text)
            assert (account.username, account.room, account.formerly) == (name, "becoming", guest.username)
            assert DEVICE_MARK.admits(account.device_mark or "")
            assert await client.close_code() == CloseCode.SERVICE_RESTART
        async with server.connect(account.token) as back:
            await back.welcome()
            again = await back.join("becoming", joined.resume_token)
            assert (again.peer_id, again.resumed, len(again.peers)) == (joined.peer_id, False, 1)
            assert await host.receive() == PeerLeft(joined.peer_id, "left")
            assert await host.receive() == PeerJoined(Peer(joined.peer_id, name, formerly=guest.username))
    async with in_room(server, account.token, "elsewhere") as (_, _), server.connect(token) as host:
        await host.welcome()
        assert [(peer.username, peer.formerly) for peer in (await host.join("elsewhere")).peers] == [(name, None)]
    assert (await ask(server, "/api/refresh", guest.token)).status_code == 401
    later = LOGIN.decode((await server.post("/api/login", {"username": name, "password": PASSWORD})).text)
    assert (later.room, later.formerly) == ("becoming", guest.username)


async def test_websocket_of_a_guest_ends_when_it_is_shown_the_accounts_token(start_server: StartServer) -> None:
    """It would stay a guest's, in one room and under the name of before, where a process is told nothing by another."""
    here, there = start_server(), start_server()
    guest = await come(here, (await invite(here, await here.register())).invitation)
    async with there.connect(guest.token) as client:
        await client.welcome()
        body = {"username": next(usernames), "password": PASSWORD}
        account = LOGIN.decode((await ask(here, GUEST_ACCOUNT_PATH, guest.token, body)).text)
        await client.send(Renew(account.token))
        assert await client.close_code() == CloseCode.SERVICE_RESTART


@pytest.mark.parametrize(
    ("username", "password", "status", "code"),
    [
        ("Taken", PASSWORD, 409, "account_exists"),
        ("T\u0430ken", PASSWORD, 422, "invalid_username"),
        ("Tak3n", "short", 422, "invalid_password"),
        ("root", PASSWORD, 409, "reserved_username"),
    ],
)
async def test_guest_becomes_no_account_that_cannot_be(
    server: RunningServer, username: str, password: str, status: int, code: str
) -> None:
    """What is refused to others who register is refused to a guest, who stays one."""
    await server.post("/api/register", {"username": "Taken", "password": PASSWORD})
    guest = await come(server, (await invite(server, await server.register())).invitation)
    response = await ask(server, GUEST_ACCOUNT_PATH, guest.token, {"username": username, "password": password})
    assert status_and_code(response) == (status, code)
    assert (await ask(server, "/api/refresh", guest.token)).status_code == 200


async def test_account_is_none_already(server: RunningServer) -> None:
    """Who has an account makes no other one by being a guest."""
    body = {"username": next(usernames), "password": PASSWORD}
    response = await ask(server, GUEST_ACCOUNT_PATH, await server.register(), body)
    assert status_and_code(response) == (409, "unexpected")


async def test_open_server_takes_anyone_to_one_room(start_server: StartServer) -> None:
    """A guest names the room, and is bound to it; an invitation is good too."""
    server = start_server(guests="open")
    response = await ask(server, GUESTS_PATH, None, {"name": "Eve", "room": "Hall"})
    guest = LOGIN.decode(response.text)
    assert guest.room == "hall"
    async with server.connect(guest.token) as client:
        await client.welcome()
        await client.send(Join("kitchen"))
        assert await client.refusal() is ErrorCode.WRONG_ROOM
    assert (await come(server, (await invite(server, await server.register())).invitation)).room == "kitchen"
    nowhere = await ask(server, GUESTS_PATH, None, {"name": "Eve"})
    assert status_and_code(nowhere) == (400, "malformed")


async def test_server_without_guests(start_server: StartServer) -> None:
    """Nobody is invited and nobody comes; who was a guest before is none any more, and accounts go on."""
    server = start_server()
    token = await server.register()
    invitation = await invite(server, token)
    guest = await come(server, invitation.invitation)
    server.stop()
    server = start_server(guests="off")
    for path, asked_by, body in (
        (INVITATIONS_PATH, token, {"room": "kitchen"}),
        (REVOKE_INVITATION_PATH, token, {"id": invitation.id}),
        (GUESTS_PATH, None, {"invitation": invitation.invitation, "name": "Eve"}),
        (INVITATION_PATH, None, {"invitation": invitation.invitation}),
    ):
        assert status_and_code(await ask(server, path, asked_by, body)) == (403, "no_guests")
    assert (await ask(server, "/api/refresh", guest.token)).status_code == 401
    assert (await ask(server, "/api/refresh", token)).status_code == 200


async def test_guests_are_limited_by_address(start_server: StartServer) -> None:
    """Refused ones count too, so that nobody tries names or invitations as fast as they can."""
    server = start_server(guest_limit=LIMIT)
    invitation = (await invite(server, await server.register())).invitation
    await come(server, invitation)
    assert (await ask(server, GUESTS_PATH, None, {"invitation": "A" * 22, "name": "Eve"})).status_code == 403
    for _ in range(2):
        assert (await ask(server, INVITATION_PATH, None, {"invitation": invitation})).status_code == 200
    assert status_and_code(await ask(server, INVITATION_PATH, None, {"invitation": "A" * 22})) == (429, "rate_limited")
    refused = await ask(server, GUESTS_PATH, None, {"invitation": invitation, "name": "Eve"})
    assert status_and_code(refused) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) <= 3600


async def test_guests_are_limited_by_inviter(start_server: StartServer) -> None:
    """One account brings in no more than so many, by however many invitations; others do."""
    server = start_server(guest_by_inviter_limit=LIMIT)
    token, other = await server.register(), await server.register()
    for _ in range(2):
        await come(server, (await invite(server, token)).invitation)
    last = (await invite(server, token)).invitation
    refused = await ask(server, GUESTS_PATH, None, {"invitation": last, "name": "Eve"})
    assert status_and_code(refused) == (429, "rate_limited")
    await come(server, (await invite(server, other)).invitation)


async def test_invitations_are_limited(start_server: StartServer) -> None:
    """By account, and all accounts of one address together."""
    server = start_server(invitation_limit=LIMIT, invitation_by_address_limit=read_limit("3/hour"))
    token, other = await server.register(), await server.register()
    for each, status in ((token, 201), (token, 201), (token, 429), (other, 201), (other, 429)):
        assert (await ask(server, INVITATIONS_PATH, each, {"room": "kitchen"})).status_code == status


async def test_invitation_is_in_no_log(start_server: StartServer, caplog: pytest.LogCaptureFixture) -> None:
    """Who reads the log cannot come by what stands there."""
    caplog.set_level("DEBUG")
    server = start_server()
    invitation = await invite(server, await server.register())
    guest = await come(server, invitation.invitation)
    await ask(server, GUESTS_PATH, None, {"invitation": invitation.invitation, "name": "Eve", "rom": "kitchen"})
    assert guest.username in caplog.text
    assert invitation.invitation not in caplog.text
