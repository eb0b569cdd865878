import json

import pytest

from tests.signaling.conftest import StartServer, over_both_paths
from tests.signaling.raw_client import shaking_hands

EVIL = "rebound.example"


@pytest.mark.parametrize("path", ["/", "/chat/kitchen", "/robots.txt", "/service-worker.js", "/api/ice-servers", "/x"])
async def test_rebound_page_reads_nothing(start_server: StartServer, path: str) -> None:
    """A page that has pointed its name at this machine is told that nobody is here under it, with what to do."""
    server = start_server(allowed_hosts=())
    async with server.http() as client:
        refused = await client.get(path, headers={"Host": f"{EVIL}:{server.port}"})
        assert (await client.get(path)).status_code != 421
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (421, "forbidden_host")
    assert error["message"] == (
        f"This server does not answer as {EVIL}:{server.port}. The people who run it can allow that name with "
        "P2PCHAT_ALLOWED_HOSTS."
    )


async def test_rebound_page_does_nothing(start_server: StartServer, caplog: pytest.LogCaptureFixture) -> None:
    """Its origin would be the one that its requests name; the log has the name."""
    caplog.set_level("INFO")
    server = start_server(allowed_hosts=())
    headers = {"Host": EVIL, "Origin": f"http://{EVIL}"}
    response = await server.post("/api/login", {"username": "test", "password": "test"}, headers=headers)
    assert response.status_code == 421
    assert f"event=forbidden_host path=/api/login host={EVIL}" in caplog.messages
    assert server.app.state.counters.refusals["forbidden_host"] == 1


async def test_answer_repeats_the_beginning_of_a_name(start_server: StartServer) -> None:
    """Nobody has the server write as much as they like."""
    response = await start_server(allowed_hosts=()).post("/api/login", {}, headers={"Host": f"{'x' * 10_000}.example"})
    assert response.status_code == 421
    assert len(response.content) < 1_000


@over_both_paths
async def test_rebound_page_opens_no_websocket(start_server: StartServer) -> None:
    """The handshake is refused before a token is looked at."""
    server = start_server(allowed_hosts=())
    async with shaking_hands(server, Host=EVIL) as client:
        assert (await client.response())[0] == 421
        assert json.loads(await client.body())["error"]["code"] == "forbidden_host"


async def test_host_is_told_from_those_before(start_server: StartServer) -> None:
    """What was found out of one name holds for that name, each time."""
    server = start_server(allowed_hosts=("chat.example.org",))
    async with server.http() as client:
        for host, status in 2 * [("chat.example.org", 200), (EVIL, 421), ("CHAT.example.org:3000", 200)]:
            assert (await client.get("/robots.txt", headers={"Host": host})).status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probe_asks_by_any_name(start_server: StartServer, path: str) -> None:
    """A load balancer knows a server by its address or by a name of its own, and learns nothing but that it lives."""
    server = start_server(allowed_hosts=("chat.example.org",))
    async with server.http() as client:
        assert (await client.get(path, headers={"Host": "10.1.2.3:3000"})).is_success


async def test_metrics_are_not_for_rebound_pages(start_server: StartServer) -> None:
    """They are for this machine, asked by its own name."""
    server = start_server(allowed_hosts=())
    async with server.http() as client:
        assert (await client.get("/metrics", headers={"Host": EVIL})).status_code == 404
        assert (await client.get("/metrics")).is_success


async def test_server_answers_as_it_is_called(start_server: StartServer) -> None:
    """Where names are set, nothing else is answered, this machine's own names included."""
    server = start_server(allowed_hosts=("chat.example.org", "*.example.net"))
    statuses = {}
    async with server.http() as client:
        for host in ("chat.example.org", "a.example.net:443", "localhost", EVIL):
            statuses[host] = (await client.get("/", headers={"Host": host})).status_code
    assert statuses == {"chat.example.org": 200, "a.example.net:443": 200, "localhost": 421, EVIL: 421}


async def test_public_server_answers_to_everyone(start_server: StartServer) -> None:
    """A proxy on this machine passes on names that the server cannot know."""
    server = start_server(allowed_hosts=(), development="off", jwt_secret="a secret of the tests, 32 bytes or more")
    async with server.http() as client:
        assert (await client.get("/", headers={"Host": "chat.example.org"})).is_success
