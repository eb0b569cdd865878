import asyncio
import contextlib
import re
import sqlite3
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send
from websockets.exceptions import InvalidStatus

from signaling.http.middleware.request_id import RequestId
from signaling.monitoring.request_ids import request_id
from tests.signaling.conftest import StartServer
from tests.signaling.running import PASSWORD, PATIENCE, RunningServer, until_logged

HEADER = "X-Request-ID"
MADE = re.compile(r"[0-9a-f]{16}")


async def answered(proposed: str, server: RunningServer, path: str = "/healthz") -> str:
    """Ask with an id that a proxy might have sent, and give the one in the answer."""
    async with server.http() as client:
        response = await client.get(path, headers={HEADER: proposed} if proposed else {})
    return response.headers[HEADER]


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/ws", "/assets/0/nothing"])
async def test_every_answer_has_id(server: RunningServer, path: str) -> None:
    """Whatever is asked for, the answer has an id, and no other has it."""
    first, second = await answered("", server, path), await answered("", server, path)
    assert MADE.fullmatch(first)
    assert MADE.fullmatch(second)
    assert first != second


@pytest.mark.parametrize("proposed", ["7b1e", "A.b_c-9", "x" * 64])
async def test_proxy_may_name_request(server: RunningServer, proposed: str) -> None:
    """The id of a trusted proxy is kept, so that its log and ours are about the same thing."""
    assert await answered(proposed, server) == proposed


async def test_nearest_proxy_names_request(server: RunningServer) -> None:
    """Where a proxy adds its id to one that its client has sent, the proxy's counts."""
    async with server.http() as client:
        response = await client.get("/healthz", headers=[(HEADER, "theirs"), (HEADER, "its-number")])
    assert response.headers[HEADER] == "its-number"


@pytest.mark.parametrize("proposed", ["x" * 65, "a b", "a=b", 'a"b', "a:b", "a,b", "a/b"])
async def test_odd_id_is_replaced(server: RunningServer, proposed: str) -> None:
    """What could forge a line of the log, or is beyond all measure, is no id."""
    assert MADE.fullmatch(await answered(proposed, server))


async def test_stranger_may_not_name_request(start_server: StartServer) -> None:
    """Anyone could have their requests look like another's."""
    assert MADE.fullmatch(await answered("theirs", start_server(trusted_proxies=())))


async def test_network_of_proxies_is_trusted(start_server: StartServer) -> None:
    """Who is trusted may be a network, though the client that it speaks for is none of it."""
    server = start_server(trusted_proxies=("127.0.0.0/8",))
    async with server.http() as client:
        response = await client.get("/healthz", headers={HEADER: "theirs", "X-Forwarded-For": "203.0.113.5"})
    assert response.headers[HEADER] == "theirs"


async def test_other_origin_may_read_id(start_server: StartServer) -> None:
    """A page of an allowed origin can quote the id, too."""
    server = start_server(allowed_origins=("https://pages.example",))
    async with server.http() as client:
        response = await client.get("/healthz", headers={"Origin": "https://pages.example"})
    assert HEADER in response.headers["Access-Control-Expose-Headers"].split(", ")


async def test_failure_tells_its_id(start_server: StartServer, tmp_path: Path) -> None:
    """Who sees an error of the server's is told by which number its reason is found."""
    server = start_server()
    with contextlib.closing(sqlite3.connect(tmp_path / "accounts.sqlite3")) as database:
        database.execute("DROP TABLE accounts")
    response = await server.post(
        "/api/register", {"username": "Nora", "password": PASSWORD}, headers={HEADER: "its-number"}
    )
    assert (response.status_code, response.headers[HEADER]) == (500, "its-number")
    assert response.json()["error"]["message"].endswith(": its-number")


async def test_websocket_has_id_in_its_lines(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """A WebSocket is answered with its id, and both its first line and its last have it."""
    caplog.set_level("INFO", logger="p2p_chat")
    async with server.connect(await server.register(), additional_headers={HEADER: "its-number"}) as client:
        await client.welcome()
        assert client.socket.response is not None
        assert client.socket.response.headers[HEADER] == "its-number"
    await until_logged("event=closed", caplog)
    lines = [message for message in caplog.messages if "request_id=its-number" in message]
    assert [line.partition(" ")[0] for line in lines] == ["event=opened", "event=closed"]


@pytest.mark.parametrize("path", ["/ws", "/nothing"])
async def test_refused_handshake_has_id(server: RunningServer, path: str) -> None:
    """A WebSocket that does not come about has an id nevertheless."""
    client = server.connect_by_query("", origin="https://evil.example", additional_headers={HEADER: "its-number"})
    client._connecting.uri = f"ws://{server.host}:{server.port}{path}"
    with pytest.raises(InvalidStatus) as refused:
        async with client:
            raise AssertionError
    assert refused.value.response.status_code == 403
    assert refused.value.response.headers[HEADER] == "its-number"


async def test_id_is_of_one_request_only() -> None:
    """Requests that are answered at once do not see each other's ids, and nobody does afterwards."""
    meeting, seen = asyncio.Barrier(2), {}

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        await meeting.wait()
        seen[scope["path"]] = request_id.get()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        pass

    named = RequestId(app, ["192.0.2.0/24"])
    requests = [
        named(
            {"type": "http", "path": name, "client": ("192.0.2.7", 1), "headers": [(b"x-request-id", name.encode())]},
            receive,
            send,
        )
        for name in ("one", "two")
    ]
    await asyncio.wait_for(asyncio.gather(*requests), PATIENCE)
    assert seen == {"one": "one", "two": "two"}
    assert request_id.get() is None
