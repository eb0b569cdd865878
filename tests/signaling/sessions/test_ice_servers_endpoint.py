import asyncio
import time

import httpx

from protocol.codes import ErrorCode
from protocol.http import ICE_SERVERS, ICE_SERVERS_PATH
from protocol.webrtc import IceServer
from signaling.configuration.values import read_limit
from signaling.sessions.ice_servers import turn_server
from tests.signaling.conftest import StartServer
from tests.signaling.running import RunningServer

TURN_URLS = ("turn:turn.example.org?transport=udp", "turns:turn.example.org:443?transport=tcp")


async def ask(server: RunningServer, token: str | None) -> httpx.Response:
    """Ask for ICE servers, with a token or without one."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with server.http(headers=headers) as client:
        return await client.get(ICE_SERVERS_PATH)


async def test_page_renews_its_credentials(start_server: StartServer) -> None:
    """Anyone with a good token gets credentials of their own from now on, which nobody on the way may keep."""
    server = start_server(turn_urls=TURN_URLS, turn_secret="shared", turn_life=600)
    token, other = await server.register(), await server.register()
    response = await ask(server, token)
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    given = ICE_SERVERS.decode(response.text)
    assert given.expires_at is not None
    assert 595 <= given.expires_at - time.time() <= 600
    stun, turn = given.ice_servers
    account_id = (turn.username or "").partition(":")[2]
    assert stun == IceServer(server.settings.stun_urls)
    assert turn == turn_server(TURN_URLS, "shared", account_id, given.expires_at)
    async with server.connect(token) as client:
        welcomed = (await client.welcome()).ice_servers[1]
    assert (welcomed.username or "").partition(":")[2] == account_id
    foreign = ICE_SERVERS.decode((await ask(server, other)).text).ice_servers[1]
    assert (foreign.username or "").partition(":")[2] != account_id


async def test_server_without_turn_says_so(server: RunningServer) -> None:
    """Without TURN servers there is nothing that ends."""
    response = await ask(server, await server.register())
    assert response.json() == {"ice_servers": [{"urls": ["stun:stun.l.google.com:19302"]}], "expires_at": None}


async def test_stranger_gets_no_credentials(start_server: StartServer) -> None:
    """Without a good token nobody learns of a TURN server."""
    server = start_server(turn_urls=TURN_URLS, turn_secret="shared")
    for token in (None, "nonsense"):
        response = await ask(server, token)
        assert (response.status_code, response.json()["error"]["code"]) == (401, ErrorCode.UNAUTHENTICATED)
        assert "turn" not in response.text


async def test_renewals_are_limited_by_account(start_server: StartServer) -> None:
    """An account may ask so often, in all its tabs together; another one is not concerned."""
    server = start_server(ice_servers_limit=read_limit("3/minute"))
    token, other = await server.register(), await server.register()
    responses = await asyncio.gather(*(ask(server, token) for _ in range(4)))
    assert sorted(response.status_code for response in responses) == [200, 200, 200, 429]
    refused = next(response for response in responses if response.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert (await ask(server, other)).status_code == 200
