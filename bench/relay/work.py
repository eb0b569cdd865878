"""What is measured of a server, by clients in this process: each function is one measure."""

from __future__ import annotations

import asyncio
import gc
import itertools
import statistics
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from bench.relay.client import Client, frame
from bench.relay.dialects import Member
from bench.relay.servers import Running, cpu_seconds

ROOMS = 100
IN_FLIGHT = 8
WARM_SECONDS = 0.3
COMING_AT_ONCE = 32
SESSIONS_AT_ONCE = 200
RATE = 2_000
TICK = 0.001
IDLE = 5_000
IDLE_AT_ONCE = 100
SETTLE_SECONDS = 1.5
CANDIDATES = 10
SIGNALS_EACH = 1 + CANDIDATES
PATIENCE = 30.0
MTU_LINE = "a=candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.1 rport 46154\r\n"
OFFER = {"type": "offer", "sdp": "v=0\r\n" + (MTU_LINE * 30)[: 2_048 - 75]}
ANSWER = {"type": "answer", "sdp": OFFER["sdp"]}
CANDIDATE = {"candidate": MTU_LINE[2:-2], "sdpMid": "0", "sdpMLineIndex": 0}

numbers = itertools.count(1)


@dataclass(frozen=True)
class Figure:
    """What was measured, and how busy both cores were meanwhile, as parts of one."""

    value: float
    server_cpu: float
    generator_cpu: float


class Watch:
    """Counts what is done in a while, and the time of both cores."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self.count = 0

    def start(self) -> None:
        """Begin."""
        self.count = 0
        self._started = time.perf_counter()
        self._before = self._server.cpu_seconds(), cpu_seconds()

    def stop(self, value: float | None = None) -> Figure:
        """Return how many a second it were, or another value that was measured."""
        seconds = time.perf_counter() - self._started
        server, generator = (
            (after - before) / seconds
            for after, before in zip((self._server.cpu_seconds(), cpu_seconds()), self._before, strict=True)
        )
        return Figure(self.count / seconds if value is None else value, server, generator)


async def connect(server: Running, member: Member) -> Client:
    """Connect a member; its messages go to its dialect."""
    dialect = server.kind.dialect
    client = Client(*dialect.target(member), lambda _, text: dialect.told(member, text))
    member.client = client
    client.opened = lambda _: dialect.opened(member)
    await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", next(server.ports))
    return client


async def join(server: Running, member: Member) -> None:
    """Connect a member, and wait until it is in its room."""
    joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    member.changed = partial(_done, joined)
    client = await connect(server, member)
    client.closed = lambda: _failed(joined, "the server closed the connection")
    await asyncio.wait_for(joined, PATIENCE)


async def pair(server: Running) -> tuple[Member, Member]:
    """Bring two into a room, each knowing the other."""
    first, second = _two(server)
    await join(server, first)
    met: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    first.changed = lambda: _done(met) if first.partner_id else None
    first.changed()
    await join(server, second)
    await asyncio.wait_for(met, PATIENCE)
    return first, second


async def connects(server: Running, seconds: float) -> Figure:
    """Connects with authentication and join a second."""

    async def come_and_go() -> None:
        member, _ = _two(server)
        await join(server, member)
        _client(member).leave()

    return await _again_and_again(server, seconds, COMING_AT_ONCE, come_and_go)


async def _again_and_again(server: Running, seconds: float, at_once: int, act: Callable[[], Awaitable[None]]) -> Figure:
    """How often a second something can be done, by `at_once` clients together."""
    watch, ends = Watch(server), time.perf_counter() + WARM_SECONDS + seconds

    async def go_on() -> None:
        while time.perf_counter() < ends:
            await act()
            watch.count += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(go_on())
        await asyncio.sleep(WARM_SECONDS)
        watch.start()
    return watch.stop()


async def relayed(server: Running, seconds: float, kind: str, payload: object, lanes: int = ROOMS) -> Figure:
    """Messages a second, in a hundred rooms of two, eight in flight in each.

    With one lane for all rooms it is eight in all, and every message goes through another room than the one before.
    """
    watch, pairs = Watch(server), [await pair(server) for _ in range(ROOMS)]
    is_over = False

    def flow(lane: list[tuple[Member, Member]]) -> None:
        def arrived(number: int) -> None:
            watch.count += number
            if not is_over:
                for _ in range(number):
                    next(senders)()

        senders = itertools.cycle([_sender(server, first, second, kind, payload, arrived) for first, second in lane])
        for _ in range(IN_FLIGHT):
            next(senders)()

    for number in range(lanes):
        flow(pairs[number::lanes])
    await asyncio.sleep(WARM_SECONDS)
    watch.start()
    await asyncio.sleep(seconds)
    figure = watch.stop()
    is_over = True
    _leave(pairs)
    return figure


async def delays(server: Running, seconds: float) -> tuple[Figure, Figure]:
    """Milliseconds that an offer takes at 2,000 a second: the median, and the 99th percentile."""
    watch, pairs = Watch(server), [await pair(server) for _ in range(ROOMS)]
    delays_ms: list[float] = []
    senders = itertools.cycle([_timed(server, first, second, delays_ms) for first, second in pairs])
    gc.collect()
    gc.disable()
    await _at_rate(senders, WARM_SECONDS)
    delays_ms.clear()
    watch.start()
    await _at_rate(senders, seconds)
    gc.enable()
    _leave(pairs)
    parts = statistics.quantiles(delays_ms, n=100)
    return watch.stop(parts[49]), watch.stop(parts[98])


async def idle_memory(server: Running) -> Figure:
    """KiB for each of 5,000 connections that are in rooms and say nothing."""
    watch, pairs = Watch(server), [await pair(server)]
    await asyncio.sleep(SETTLE_SECONDS)
    before = server.memory_kib()
    watch.start()

    async def fill() -> None:
        while len(pairs) <= IDLE // 2:
            pairs.append(await pair(server))

    async with asyncio.TaskGroup() as group:
        for _ in range(IDLE_AT_ONCE):
            group.create_task(fill())
    await asyncio.sleep(SETTLE_SECONDS)
    figure = watch.stop((server.memory_kib() - before) / (2 * len(pairs) - 2))
    _leave(pairs)
    return figure


async def sessions(server: Running, seconds: float) -> Figure:
    """Whole sessions a second, 200 at once: two come and join, and exchange offer, answer and ten candidates each."""
    return await _again_and_again(server, seconds, SESSIONS_AT_ONCE, lambda: _session(server))


async def _session(server: Running) -> None:
    dialect, loop = server.kind.dialect, asyncio.get_running_loop()
    first, second = await pair(server)
    done = [loop.create_future(), loop.create_future()]

    def exchange(member: Member, description: object, heard: asyncio.Future[None], *, begins: bool) -> None:
        candidate = frame(dialect.signal(member, "candidate", CANDIDATE))
        client, missing = _client(member), SIGNALS_EACH

        def speak() -> None:
            member.send(dialect.signal(member, "description", description))
            for _ in range(CANDIDATES):
                client.send(candidate)

        def arrived(number: int) -> None:
            nonlocal missing
            if missing == SIGNALS_EACH and not begins:
                speak()
            missing -= number
            if missing == 0:
                heard.set_result(None)

        client.signalled = arrived
        if begins:
            speak()

    exchange(first, ANSWER, done[0], begins=False)
    exchange(second, OFFER, done[1], begins=True)
    await asyncio.wait_for(asyncio.gather(*done), PATIENCE)
    _leave([(first, second)])


def _sender(
    server: Running, first: Member, second: Member, kind: str, payload: object, arrived: Callable[[int], None]
) -> Callable[[], None]:
    _client(first).signalled = arrived
    return partial(_client(second).send, frame(server.kind.dialect.signal(second, kind, payload)))


def _timed(server: Running, first: Member, second: Member, delays_ms: list[float]) -> Callable[[], None]:
    framed, send = frame(server.kind.dialect.signal(second, "description", OFFER)), _client(second).send
    sent: deque[float] = deque()

    def arrived(number: int) -> None:
        now = time.perf_counter()
        delays_ms.extend((now - sent.popleft()) * 1000 for _ in range(number))

    def send_one() -> None:
        sent.append(time.perf_counter())
        send(framed)

    _client(first).signalled = arrived
    return send_one


async def _at_rate(senders: itertools.cycle[Callable[[], None]], seconds: float) -> None:
    started, sent = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < seconds:
        for _ in range(int(passed * RATE) - sent):
            next(senders)()
            sent += 1
        await asyncio.sleep(TICK)


def _two(server: Running) -> tuple[Member, Member]:
    number = next(numbers)
    # As long as the ids of ours, so that every server carries the same.
    names = f"{number:020d}-a", f"{number:020d}-b"
    tokens = server.tokens
    first = Member(names[0], f"room-{number}", names[1], tokens[2 * number % len(tokens)])
    return first, Member(names[1], f"room-{number}", names[0], tokens[(2 * number + 1) % len(tokens)])


def _client(member: Member) -> Client:
    if member.client is None:
        raise RuntimeError("it is not connected")
    return member.client


def _leave(pairs: list[tuple[Member, Member]]) -> None:
    for first, second in pairs:
        _client(first).leave()
        _client(second).leave()


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _failed(future: asyncio.Future[None], why: str) -> None:
    if not future.done():
        future.set_exception(ConnectionError(why))
