"""Measures a rolling restart: pairs talk over workers that are stopped one by one, and come back as the page does."""

from __future__ import annotations

import asyncio
import os
import random
import re
import secrets
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from client_py.core.server.session import BACKOFF_SECONDS
from e2e.server import Server
from e2e.services.redis import Redis, redis
from protocol.events import Error, Joined, PeerJoined, PeerLeft
from protocol.events import Signal as SignalEvent
from protocol.requests import Join, Signal
from protocol.webrtc import Candidate
from tests.signaling.running import SignalingClient

MESSAGE_SECONDS = 0.2
"""Between two messages of one person."""
WORKERS = 2
PATIENCE = 30.0


@dataclass
class Person:
    """One end of a pair, which stays in its room as the page does: it comes back, as who it was."""

    server: Server
    token: str
    room: str
    peer_id: str = ""
    resume_token: str | None = None
    others: set[str] = field(default_factory=set)
    gaps: list[float] = field(default_factory=list)
    """Seconds from each loss of the WebSocket until it was in the room again."""
    codes: Counter[int] = field(default_factory=Counter)
    departures: list[PeerLeft] = field(default_factory=list)
    """What it was told of others who are gone."""
    sent: int = 0
    heard: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where its WebSockets are opened."""
        return f"{self.server.url.replace('http', 'ws')}/ws?token={self.token}"

    async def stay(self) -> None:
        """Be in the room, and come back after each loss, until cancelled."""
        lost_at: float | None = None
        while True:
            try:
                async with SignalingClient(self.address) as client:
                    await client.welcome()
                    await self._enter(client)
                    if lost_at is not None:
                        self.gaps.append(time.monotonic() - lost_at)
                    lost_at = None
                    async with asyncio.TaskGroup() as group:
                        talking = group.create_task(self._talk(client))
                        await self._listen(client)
                        talking.cancel()
            except* (ConnectionClosed, InvalidHandshake, OSError, TimeoutError):
                pass
            if lost_at is None:
                lost_at = time.monotonic()
                self.codes[client.socket.close_code or 0] += 1
            await asyncio.sleep(BACKOFF_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, like the page's

    async def _enter(self, client: SignalingClient) -> None:
        while True:
            await client.send(Join(self.room, self.resume_token))
            event = await client.receive()
            if isinstance(event, Joined):
                self.peer_id, self.resume_token = event.peer_id, event.resume_token
                self.others = {peer.peer_id for peer in event.peers}
                return
            assert isinstance(event, Error), event
            await asyncio.sleep(event.retry_after or BACKOFF_SECONDS)

    async def _talk(self, client: SignalingClient) -> None:
        while True:
            await asyncio.sleep(MESSAGE_SECONDS)
            for other in tuple(self.others):
                self.sent += 1
                text = f"candidate:{self.sent} 1 udp 1 192.0.2.1 9 typ host"
                try:
                    await client.send(Signal(other, candidate=Candidate(text, "0", 0)))
                except ConnectionClosed:
                    return

    async def _listen(self, client: SignalingClient) -> None:
        try:
            while True:
                event = await client.receive()
                match event:
                    case PeerJoined(peer=peer):
                        self.others.add(peer.peer_id)
                    case PeerLeft():
                        self.others.discard(event.peer_id)
                        self.departures.append(event)
                    case SignalEvent(candidate=Candidate(candidate=text)):
                        self.heard.append(text)
                    case _:
                        pass
        except ConnectionClosed:
            return


@dataclass
class Pairs:
    """People by two, each two in a room of their own."""

    pairs: list[tuple[Person, Person]]

    @property
    def people(self) -> list[Person]:
        """All of them."""
        return [person for pair in self.pairs for person in pair]

    @property
    def are_together(self) -> bool:
        """Whether everyone is in the room with the one they belong with, and nobody else."""
        return all(one.others == {other.peer_id} and other.others == {one.peer_id} for one, other in self.pairs)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that people do."""
        async with asyncio.timeout(PATIENCE):
            while not is_so():  # noqa: ASYNC110 - many people, none of whom has an event for it
                await asyncio.sleep(0.01)

    async def until_heard(self) -> None:
        """Wait until everyone hears something new."""
        before = [len(person.heard) for person in self.people]
        await self.until(lambda: all(len(p.heard) > n for p, n in zip(self.people, before, strict=True)))


def registered(server: Server, count: int) -> Pairs:
    """Make accounts for pairs."""

    def person(number: int) -> Person:
        return Person(server, server.register(f"P-{secrets.token_hex(6)}")["token"], f"room-{number}")

    return Pairs([(person(number), person(number)) for number in range(count)])


def started_workers(server: Server) -> list[int]:
    """Return the process ids of the workers that were started, in their order."""
    return [int(each) for each in re.findall(r"event=worker_started process=(\d+)", server.log.read_text())]


def connected_workers(server: Server) -> int:
    """Return how many workers have reached Redis so far, which they do before they serve."""
    return server.log.read_text().count("event=backplane_connected")


async def roll(server: Server, pairs: Pairs) -> list[float]:
    """Stop each worker in turn, when all are together; return how long each took to end."""
    return [await restart(server, pairs, worker) for worker in started_workers(server)[:WORKERS]]


async def restart(server: Server, pairs: Pairs, worker: int) -> float:
    """Stop a worker, and wait until there is another and all are together; return how long it took to end."""
    connected = connected_workers(server)
    began = time.monotonic()
    os.kill(worker, signal.SIGTERM)
    ended = f"event=worker_ended process={worker} "
    await pairs.until(lambda: ended in server.log.read_text())
    seconds = time.monotonic() - began
    assert "code=0" in server.logged(ended)
    await pairs.until(lambda: connected_workers(server) > connected)
    await pairs.until(lambda: pairs.are_together)
    await pairs.until_heard()
    return seconds


async def live_through(server: Server, count: int) -> tuple[Pairs, list[float]]:
    """Have pairs talk through a rolling restart; return them, and how long each worker took to end."""
    pairs = await asyncio.to_thread(registered, server, count)
    staying = [asyncio.create_task(person.stay()) for person in pairs.people]
    try:
        await pairs.until(lambda: pairs.are_together)
        await pairs.until_heard()
        return pairs, await roll(server, pairs)
    finally:
        for task in staying:
            task.cancel()
        await asyncio.wait(staying)


def report(pairs: Pairs, seconds: list[float]) -> None:
    """Print what people have lived through. All are together again, or it would not have come to this."""
    people = pairs.people
    gaps = sorted(gap for person in people for gap in person.gaps)
    median, most, longest = (gaps[min(len(gaps) - 1, int(len(gaps) * part))] for part in (0.5, 0.99, 1.0))
    by_person = dict(Counter(len(person.gaps) for person in people))
    codes = dict(sum((person.codes for person in people), Counter()))
    sent, heard = sum(person.sent for person in people), sum(len(person.heard) for person in people)
    click.echo(f"{len(pairs.pairs)} pairs; {sent} messages, of which {heard} arrived")
    click.echo(f"Workers ended after {', '.join(f'{each:.2f} s' for each in seconds)}")
    click.echo(f"WebSockets lost, by code: {codes}; people who lost so many: {by_person}")
    click.echo(f"Without one: median {median:.2f} s, 99th percentile {most:.2f} s, longest {longest:.2f} s")
    click.echo(f"Told that the other has gone: {sum(len(person.departures) for person in people)}")


def server_of_workers(folder: Path, store: Redis) -> Server:
    """Return a server of several workers, for many people at one address."""
    endless = "1000000/second"
    settings = {
        "P2PCHAT_WORKERS": str(WORKERS),
        "P2PCHAT_BACKPLANE_URL": store.url,
        "P2PCHAT_CONNECTIONS_PER_ADDRESS": "100000",
        "P2PCHAT_CONNECT_BY_ADDRESS_LIMIT": endless,
        "P2PCHAT_REQUEST_LIMIT": endless,
    }
    return Server(folder, settings)


@click.command()
@click.option("--pairs", default=100, show_default=True, help="How many pairs of people talk.")
def main(pairs: int) -> None:
    """Restart two workers one by one while pairs of people talk."""
    with tempfile.TemporaryDirectory() as name, redis(Path(name)) as store:
        server = server_of_workers(Path(name), store)
        server.start()
        try:
            report(*asyncio.run(live_through(server, pairs)))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
