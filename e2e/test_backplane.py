"""Several processes are one server: a real Redis between real servers, which are killed and cut off."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosedError

from e2e.chat_page import connect
from e2e.people import Newcomers
from e2e.rolling_restart import WORKERS, live_through, server_of_workers
from e2e.server import PASSWORD, Server
from e2e.services.redis import Redis, redis
from protocol.codes import CloseCode, ErrorCode
from protocol.events import Error, Joined, PeerJoined, PeerLeft
from protocol.events import Signal as SignalEvent
from protocol.requests import Join, Leave, Signal
from protocol.webrtc import Candidate
from tests.signaling.running import PATIENCE, SignalingClient, drop

GRACE_SECONDS = 3
RETRY_SECONDS = 0.1


def process(tmp_path: Path, store: Redis, name: str, **settings: str) -> Server:
    """Return a server process that is one of several: with the accounts of all, and a log of its own."""
    folder = tmp_path / name
    folder.mkdir()
    common = {
        "P2PCHAT_DATA_DIR": str(tmp_path / "data"),
        "P2PCHAT_BACKPLANE_URL": store.url,
        "P2PCHAT_RESUME_GRACE": str(GRACE_SECONDS),
    }
    return Server(folder, common | settings)


@pytest.fixture
def own_pair(tmp_path: Path, store: Redis) -> Iterator[tuple[Server, Server]]:
    """Run two processes of one server, each at an address of its own, for one test, which may break them."""
    with two_processes(tmp_path, store) as running:
        yield running


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Run two processes for all tests that break neither; each test has rooms of its own."""
    folder = tmp_path_factory.mktemp("pair")
    with redis(folder) as store, two_processes(folder, store) as running:
        yield running


@contextmanager
def two_processes(folder: Path, store: Redis) -> Iterator[tuple[Server, Server]]:
    """Run two processes for as long as the block lasts."""
    servers = (process(folder, store, "first"), process(folder, store, "second"))
    try:
        with ThreadPoolExecutor() as threads:
            list(threads.map(Server.start, servers))
        yield servers
    finally:
        for server in servers:
            server.stop()


class Clients:
    """Opens clients that are closed with the test; those of one name are one person's."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._tokens: dict[str, str] = {}

    async def open(self, server: Server, name: str = "Clara") -> SignalingClient:
        """Connect to a process, and take its welcome."""
        if name not in self._tokens:
            self._tokens[name] = server.register(f"{name}-{secrets.token_hex(4)}")["token"]
        return await self.open_with(server, self._tokens[name])

    async def open_with(self, server: Server, token: str) -> SignalingClient:
        """Connect to a process by a token, and take its welcome."""
        address = f"{server.url.replace('http', 'ws')}/ws?token={token}"
        client = await self._stack.enter_async_context(SignalingClient(address))
        await client.welcome()
        return client


@pytest_asyncio.fixture(loop_scope="session")
async def clients() -> AsyncIterator[Clients]:
    """Open clients for one test."""
    async with AsyncExitStack() as stack:
        yield Clients(stack)


def candidate(number: int) -> Candidate:
    """Return a candidate that can be told from others."""
    return Candidate(f"candidate:{number} 1 udp 1 192.0.2.1 9 typ host", "0", 0)


async def signals(sender: SignalingClient, to: str, receiver: SignalingClient, count: int) -> None:
    """Send many candidates in a row; all of them come, in their order."""
    for number in range(count):
        await sender.send(Signal(to, candidate=candidate(number)))
    for number in range(count):
        event = await receiver.receive()
        assert isinstance(event, SignalEvent), event
        assert event.candidate == candidate(number)


async def join_when_possible(client: SignalingClient, room: str, resume: str | None = None) -> Joined:
    """Ask again and again, as the page does, for as long as the server cannot say where the room is."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await client.send(Join(room, resume))
            event = await client.receive()
            if isinstance(event, Joined):
                return event
            assert isinstance(event, Error), event
            assert event.code == ErrorCode.BACKPLANE_UNAVAILABLE, event
            await asyncio.sleep(RETRY_SECONDS)


async def test_two_processes_share_a_room(pair: tuple[Server, Server], clients: Clients, room: str) -> None:
    """Peers of two processes see each other come and go, and hand each other everything in its order."""
    ada, ben = await clients.open(pair[0]), await clients.open(pair[1])
    ada_in = await ada.join(room)
    ben_in = await ben.join(room)
    assert [peer.peer_id for peer in ben_in.peers] == [ada_in.peer_id]
    event = await ada.receive()
    assert isinstance(event, PeerJoined)
    assert event.peer.peer_id == ben_in.peer_id
    await signals(ada, ben_in.peer_id, ben, 150)
    await signals(ben, ada_in.peer_id, ada, 150)
    await ben.send(Leave())
    assert await ada.receive() == PeerLeft(ben_in.peer_id, "left")


async def test_refusals_come_from_where_the_room_is(pair: tuple[Server, Server], clients: Clients, room: str) -> None:
    """A full room, an unknown peer and a second join are refused at another process as at the room's own."""
    ada, ben = await clients.open(pair[0], "Ada"), await clients.open(pair[1], "Ben")
    eve = await clients.open(pair[1], "Eve")
    await ada.join(room)
    await ben.join(room)
    await eve.send(Join(room))
    assert await eve.refusal() is ErrorCode.ROOM_FULL
    await eve.send(Signal("x" * 22, candidate=candidate(1)))
    assert await eve.refusal() is ErrorCode.NOT_IN_ROOM
    await ben.send(Signal("x" * 22, candidate=candidate(1)))
    assert await ben.refusal() is ErrorCode.UNKNOWN_PEER
    await ben.send(Join(f"{room}-2"))
    assert await ben.refusal() is ErrorCode.UNEXPECTED


async def test_login_that_is_ended_at_one_process_ends_at_the_others(
    pair: tuple[Server, Server], clients: Clients, room: str
) -> None:
    """Its WebSockets close at once, wherever they are, and a deleted account leaves its places at every process."""
    account = pair[0].register(f"Ada-{secrets.token_hex(4)}")
    ben = await clients.open(pair[0], "Ben")
    await ben.join(room)
    ada = await clients.open_with(pair[1], account["token"])
    ada_in = await ada.join(room)
    assert isinstance(await ben.receive(), PeerJoined)
    async with httpx.AsyncClient(base_url=pair[0].url, trust_env=False) as http:
        headers = {"Authorization": f"Bearer {account['token']}"}
        credentials = {"username": account["username"], "password": PASSWORD}
        second = (await http.post("/api/login", json=credentials)).json()["token"]
        assert (await http.post("/api/logout", headers=headers)).status_code == httpx.codes.NO_CONTENT
        assert await ada.close_code() == CloseCode.UNAUTHENTICATED
        assert await ben.receive() == PeerLeft(ada_in.peer_id, "lost")
        ada = await clients.open_with(pair[1], second)
        ada_in = await ada.join(room)
        assert isinstance(await ben.receive(), PeerJoined)
        drop(ada)
        body, headers = {"password": PASSWORD}, {"Authorization": f"Bearer {second}"}
        deleted = await http.post("/api/delete-account", json=body, headers=headers)
        assert deleted.status_code == httpx.codes.NO_CONTENT
    assert await ben.receive() == PeerLeft(ada_in.peer_id, "lost")


async def test_room_moves_when_it_is_left(pair: tuple[Server, Server], clients: Clients, room: str) -> None:
    """A room that everyone has left can be made again at any process, at once."""
    ada, ben = await clients.open(pair[0]), await clients.open(pair[1])
    for _ in range(20):
        for first, second in ((ada, ben), (ben, ada)):
            await first.join(room)
            await first.send(Leave())
            joined = await second.join(room)
            assert joined.peers == ()
            await second.send(Leave())


async def test_two_guests_of_one_process_need_no_letters(
    own_pair: tuple[Server, Server], store: Redis, clients: Clients
) -> None:
    """Two of one process hand each other everything there, even if the room belongs to another."""
    ada = await clients.open(own_pair[0])
    ada_in = await ada.join("kitchen")
    ben, eve = await clients.open(own_pair[1]), await clients.open(own_pair[1])
    ben_in = await ben.join("kitchen")
    await ada.send(Leave())
    eve_in = await eve.join("kitchen")
    for event in (PeerLeft(ada_in.peer_id, "left"), PeerJoined(ben_in.peers[0])):
        assert isinstance(await ben.receive(), type(event))
    before = published(store)
    await signals(ben, eve_in.peer_id, eve, 100)
    assert published(store) - before < 20  # heartbeats


def published(store: Redis) -> int:
    """Return the number of messages that Redis was asked to publish."""
    found = re.search(r"cmdstat_publish:calls=(\d+)", store.ask("INFO commandstats"))
    assert found is not None
    return int(found[1])


async def test_peer_resumes_at_another_process(pair: tuple[Server, Server], clients: Clients, room: str) -> None:
    """A peer that loses the connection is the same again at another process, and the other sees no departure."""
    ada, ben = await clients.open(pair[0]), await clients.open(pair[0])
    ada_in = await ada.join(room)
    ben_in = await ben.join(room)
    await ada.receive()
    ben.socket.transport.abort()
    ben = await clients.open(pair[1])
    again = await ben.join(room, ben_in.resume_token)
    assert (again.peer_id, again.resumed) == (ben_in.peer_id, True)
    await signals(ada, ben_in.peer_id, ben, 3)
    await signals(ben, ada_in.peer_id, ada, 3)


async def test_newer_connection_replaces_older_at_another_process(
    pair: tuple[Server, Server], clients: Clients, room: str
) -> None:
    """A connection that resumes a peer whose old one still stands takes its place, wherever that is."""
    ada, ben = await clients.open(pair[0]), await clients.open(pair[1])
    await ada.join(room)
    ben_in = await ben.join(room)
    newer = await clients.open(pair[0])
    again = await newer.join(room, ben_in.resume_token)
    assert again.resumed
    assert await ben.close_code() == CloseCode.REPLACED


async def test_members_of_killed_process_resume_at_another(own_pair: tuple[Server, Server], clients: Clients) -> None:
    """When the process of a remote client is killed, its place is held, and it comes back at another process."""
    ada, ben = await clients.open(own_pair[0]), await clients.open(own_pair[1])
    ada_in = await ada.join("kitchen")
    ben_in = await ben.join("kitchen")
    await ada.receive()
    own_pair[1].kill()
    ben = await clients.open(own_pair[0])
    again = await join_when_possible(ben, "kitchen", ben_in.resume_token)
    assert (again.peer_id, again.resumed) == (ben_in.peer_id, True)
    await signals(ada, ben_in.peer_id, ben, 3)
    await signals(ben, ada_in.peer_id, ada, 3)


async def test_members_of_killed_process_are_given_up(own_pair: tuple[Server, Server], clients: Clients) -> None:
    """Who does not come back from a killed process is lost to the others, after the lease and the grace time."""
    ada, ben = await clients.open(own_pair[0]), await clients.open(own_pair[1])
    await ada.join("kitchen")
    ben_in = await ben.join("kitchen")
    await ada.receive()
    own_pair[1].kill()
    assert await ada.receive() == PeerLeft(ben_in.peer_id, "lost")


@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_rooms_of_ended_process_go_on_at_another(
    own_pair: tuple[Server, Server], clients: Clients, how: str
) -> None:
    """When the process that a room belongs to ends, clients of others come back, and find each other again."""
    ada, ben = await clients.open(own_pair[0]), await clients.open(own_pair[1])
    ada_in = await ada.join("kitchen")
    ben_in = await ben.join("kitchen")
    await asyncio.to_thread(getattr(own_pair[0], how))
    assert await ben.close_code() == CloseCode.SERVICE_RESTART
    ben, ada = await clients.open(own_pair[1]), await clients.open(own_pair[1])
    await join_when_possible(ben, "kitchen", ben_in.resume_token)
    await join_when_possible(ada, "kitchen", ada_in.resume_token)
    assert isinstance(await ben.receive(), PeerJoined)
    await signals(ada, ben_in.peer_id, ben, 3)


async def test_frozen_process_finds_its_place_again(own_pair: tuple[Server, Server], clients: Clients) -> None:
    """A process that was frozen for longer than its lease lets go of the rooms that others have made again."""
    ada, ben = await clients.open(own_pair[0]), await clients.open(own_pair[1])
    await ada.join("kitchen")
    ben_in = await ben.join("kitchen")
    os.kill(own_pair[0].pid, signal.SIGSTOP)
    try:
        assert await ben.close_code() == CloseCode.SERVICE_RESTART
        ben = await clients.open(own_pair[1])
        await join_when_possible(ben, "kitchen", ben_in.resume_token)
    finally:
        os.kill(own_pair[0].pid, signal.SIGCONT)
    assert await ada.close_code() == CloseCode.SERVICE_RESTART
    ada = await clients.open(own_pair[0])
    joined = await join_when_possible(ada, "kitchen")
    assert [peer.peer_id for peer in joined.peers] == [ben_in.peer_id]


async def test_without_redis_local_rooms_go_on(own_pair: tuple[Server, Server], store: Redis, clients: Clients) -> None:
    """While Redis is away a room is joined and used where it is, others are refused with a code, and all heals."""
    ada, ben = await clients.open(own_pair[0]), await clients.open(own_pair[1])
    ada_in = await ada.join("kitchen")
    ben_in = await ben.join("kitchen")
    store.stop()
    assert await ben.close_code() == CloseCode.SERVICE_RESTART
    eve = await clients.open(own_pair[1])
    await eve.send(Join("kitchen"))
    assert await eve.refusal() is ErrorCode.BACKPLANE_UNAVAILABLE
    ben = await clients.open(own_pair[0])
    again = await ben.join("kitchen", ben_in.resume_token)
    assert (again.peer_id, again.resumed) == (ben_in.peer_id, True)
    assert isinstance(await ada.receive(), PeerJoined)
    await signals(ada, ben_in.peer_id, ben, 3)
    store.start()
    joined = await join_when_possible(eve, "cellar")
    assert joined.room == "cellar"
    # The process that heals first may claim what it likes; the other one's rooms are claimed before anything new there.
    await join_when_possible(await clients.open(own_pair[0]), "attic")
    await ben.send(Leave())
    assert await ada.receive() == PeerLeft(ben_in.peer_id, "left")
    late = await clients.open(own_pair[1])
    joined = await join_when_possible(late, "kitchen")
    assert [peer.peer_id for peer in joined.peers] == [ada_in.peer_id]


def test_limits_are_shared(tmp_path: Path, store: Redis) -> None:
    """What is used up at one process is used up at another, and without Redis each counts for itself."""
    limited = [process(tmp_path, store, name, P2PCHAT_LOGIN_LIMIT="3/minute") for name in ("first", "second")]
    try:
        for server in limited:
            server.start()
        assert [log_in_wrongly(limited[n % 2]) for n in range(4)] == [401, 401, 401, 429]
        store.stop()
        assert [log_in_wrongly(limited[0]) for _ in range(4)] == [401, 401, 401, 429]
    finally:
        for server in limited:
            server.stop()


def log_in_wrongly(server: Server) -> int:
    """Return the status of a login that cannot succeed."""
    body = {"username": "Nobody", "password": "wrong"}
    return httpx.post(f"{server.url}/api/login", json=body, trust_env=False).status_code


def test_redis_that_is_away_at_the_start_is_named(tmp_path: Path, store: Redis) -> None:
    """A server whose Redis cannot be reached says so, without the password, and does not start."""
    store.stop()
    server = process(tmp_path, store, "alone", P2PCHAT_BACKPLANE_URL=f"redis://:hunter2@127.0.0.1:{store.port}/0")
    with pytest.raises(AssertionError, match=rf"redis://127.0.0.1:{store.port}/0 cannot be used: .*BACKPLANE_URL"):
        server.start()
    assert "hunter2" not in server.log.read_text()


async def test_workers_share_an_address(tmp_path: Path, store: Redis, clients: Clients) -> None:
    """Workers serve one address together; one that is killed is started again, and its clients come back."""
    server = process(tmp_path, store, "workers", P2PCHAT_WORKERS="2")
    server.start()
    try:
        workers = await started_workers(server, 2)
        ada = await clients.open(server)
        await ada.join("kitchen")
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        with pytest.raises(ConnectionClosedError):
            await ada.receive()
        await started_workers(server, 4)
        again = await clients.open(server)
        await join_when_possible(again, "kitchen")
    finally:
        await asyncio.to_thread(server.stop)
    assert not [worker for worker in await started_workers(server, 4) if is_running(worker)]


async def test_rolling_restart_loses_nobody(tmp_path: Path, store: Redis) -> None:
    """Workers that are stopped one by one end in order, and everyone is back where they were, as who they were."""
    server = server_of_workers(tmp_path, store)
    server.start()
    try:
        pairs, _ = await live_through(server, 4)
    finally:
        await asyncio.to_thread(server.stop)
    for person in pairs.people:
        assert set(person.codes) == {CloseCode.SERVICE_RESTART}
        assert len(person.gaps) <= WORKERS
        assert person.departures == []


async def started_workers(server: Server, count: int) -> list[int]:
    """Wait until `count` workers have been started; return their process ids."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = re.findall(r"event=worker_started process=(\d+)", server.log.read_text())
            if len(found) >= count:
                return [int(each) for each in found]
            await asyncio.sleep(RETRY_SECONDS)


def is_running(worker: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(worker, 0)
    except ProcessLookupError:
        return False
    return True


async def test_people_on_two_processes_talk(pair: tuple[Server, Server], newcomers: Newcomers, room: str) -> None:
    """Two browsers whose pages are of two processes meet in a room, and talk."""
    ada, ben = await newcomers.open("chromium", pair[0].url), await newcomers.open("firefox", pair[1].url)
    await ada.enter(room)
    await ben.enter(room, "demo", "demo")
    await connect(ada, ben)
    await ada.send("Hello from another process")
    await ben.wait_for_incoming("Hello from another process")
