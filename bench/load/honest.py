"""Plays the people whom an attack must not hurt: pairs that meet again and again, as two pages do, and logins.

They log in with the mark of a browser in which they have logged in before. Who has none competes with every address
that has none, and may be told to come again.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter, deque
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from bench.load import HOST, PASSWORD
from bench.load.server import Account, Running
from bench.load.websocket import (
    CLOSE,
    FINAL,
    LONG,
    LONG_BYTES,
    NORMAL_CLOSURE,
    TEXT,
    VERY_LONG,
    VERY_LONG_BYTES,
    frame,
    token_offers,
    upgrade,
)
from bench.relay.work import ANSWER, CANDIDATE, OFFER

PAIRS = 20
CANDIDATES = 10
SIGNALS_EACH = 1 + CANDIDATES
STAY_SECONDS, PAUSE_SECONDS = 0.3, 0.6
"""In the room, and until they meet again: each pair about once a second."""
LOGIN_EVERY_SECONDS = 2.0
"""One of them all; a password costs the server a quarter of a second, so more would be an attack."""
PATIENCE = 10.0
"""After which two who have not met, or a login without an answer, count as failed. A page opens its second WebSocket by
then."""
HTTP_OK = 200
SWITCHING = 101


class Refused(Exception):
    """The server did not take what it takes from everybody else."""


@dataclass
class Journal:
    """What came of everything that began in one phase; times in seconds."""

    meetings: list[float] = field(default_factory=list)
    """From opening both WebSockets to the last candidate received."""
    signals: list[float] = field(default_factory=list)
    """Each from one page to the other."""
    logins: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    """Meetings and logins that came to nothing, by reason."""
    under_way: int = 0


class Visitor:
    """One page: its WebSocket, from an address of its own."""

    def __init__(self, server: Running, account: Account, address: str) -> None:
        self._server = server
        self._account = account
        self._address = address
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None
        self.sent_at: deque[float] = deque()
        self.partner_id = ""

    async def enter(self, room: str) -> bool:
        """Open the WebSocket and join; tell whether somebody is there already."""
        self._reader, writer = await _open(self._server, self._address)
        self._writer = writer
        writer.write(upgrade(self._server.host, token_offers(self._account.token)))
        status = int((await self._reader.readuntil(b"\r\n\r\n")).split(maxsplit=2)[1])
        if status != SWITCHING:
            raise Refused(f"handshake answered with {status}")
        await self.event("welcome")
        self._send({"type": "join", "room": room})
        peers = (await self.event("joined"))["peers"]
        if peers:
            self.partner_id = peers[0]["peer_id"]
        return bool(peers)

    async def meet(self) -> None:
        """Wait for the other one."""
        self.partner_id = (await self.event("peer_joined"))["peer"]["peer_id"]

    def signal(self, description: dict[str, str]) -> None:
        """Send a description and the candidates, all at once, as fast networks gather them."""
        everything = [("description", description), *[("candidate", CANDIDATE)] * CANDIDATES]
        for name, value in everything:
            self._send({"type": "signal", "to": self.partner_id, name: value})
            self.sent_at.append(time.perf_counter())

    async def event(self, expected: str) -> dict[str, Any]:
        """Wait for the next event, which has to be of one type."""
        while True:
            opcode, payload = await self._frame()
            if opcode == CLOSE:
                raise Refused(f"closed with {int.from_bytes(payload[:2], 'big')}")
            if opcode == TEXT:
                event: dict[str, Any] = json.loads(payload)
                if event["type"] != expected:
                    raise Refused(f"{event['type']} {event.get('code', '')} in place of {expected}")
                return event

    def leave(self) -> None:
        """Close, without waiting."""
        if self._writer is not None:
            self._writer.write(frame(CLOSE, NORMAL_CLOSURE))
            self._writer.close()

    def _send(self, message: dict[str, Any]) -> None:
        if self._writer is None:
            raise RuntimeError("it has not entered")
        self._writer.write(frame(TEXT, json.dumps(message, separators=(",", ":")).encode()))

    async def _frame(self) -> tuple[int, bytes]:
        first, size = await self._reader.readexactly(2)
        if size in (LONG, VERY_LONG):
            width = LONG_BYTES if size == LONG else VERY_LONG_BYTES
            size = int.from_bytes(await self._reader.readexactly(width), "big")
        return first & ~FINAL, await self._reader.readexactly(size)


class People:
    """All pairs, and the logins; what they live through goes to the journal of the phase in which it began."""

    def __init__(self, server: Running, accounts: Sequence[Account]) -> None:
        self._server = server
        self._accounts = accounts
        self.journal = Journal()

    async def live(self) -> None:
        """Go on until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(PAIRS):
                group.create_task(self._meet_again_and_again(number))
            group.create_task(self._log_in_again_and_again())

    async def _meet_again_and_again(self, number: int) -> None:
        cycle = STAY_SECONDS + PAUSE_SECONDS
        await asyncio.sleep(cycle * number / PAIRS)
        for again in itertools.count():
            await self._try("meeting", self._meet(number, f"room-{number}-{again}"))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _meet(self, number: int, room: str) -> None:
        journal = self.journal
        async with AsyncExitStack() as stack:
            pair = [self._visitor(2 * number + side) for side in range(2)]
            for visitor in pair:
                stack.callback(visitor.leave)
            started = time.perf_counter()
            async with asyncio.timeout(PATIENCE):
                signals = await self._introduce(pair, room)
            journal.meetings.append(time.perf_counter() - started)
            journal.signals += signals
            await asyncio.sleep(STAY_SECONDS)

    async def _introduce(self, pair: list[Visitor], room: str) -> list[float]:
        """Have two exchange offer, answer and candidates; return how long each of these took."""
        one, other = pair
        _, other_is_second = await asyncio.gather(one.enter(room), other.enter(room))
        first, second = (one, other) if other_is_second else (other, one)
        await first.meet()
        second.signal(OFFER)
        offered = await _received(first, second, 1)
        first.signal(ANSWER)
        answered, found = await asyncio.gather(
            _received(second, first, SIGNALS_EACH), _received(first, second, CANDIDATES)
        )
        return [*offered, *answered, *found]

    async def _log_in_again_and_again(self) -> None:
        async with asyncio.TaskGroup() as group:
            for person in itertools.cycle(range(2 * PAIRS)):
                await asyncio.sleep(LOGIN_EVERY_SECONDS)
                group.create_task(self._try("login", self._log_in(person)))

    async def _log_in(self, person: int) -> None:
        journal, started = self.journal, time.perf_counter()
        account = self._accounts[person]
        body = json.dumps({"username": account.username, "password": PASSWORD, "device_marks": [account.device_mark]})
        async with asyncio.timeout(PATIENCE):
            reader, writer = await _open(self._server, _address(person))
            try:
                writer.write(post("/api/login", self._server.host, body))
                status = int((await reader.readuntil(b"\r\n\r\n")).split(maxsplit=2)[1])
            finally:
                writer.close()
        if status != HTTP_OK:
            raise Refused(f"login answered with {status}")
        journal.logins.append(time.perf_counter() - started)

    async def _try(self, what: str, act: Coroutine[Any, Any, None]) -> None:
        journal = self.journal
        journal.under_way += 1
        try:
            await act
        except TimeoutError:
            journal.failures[f"{what} not within {PATIENCE:g} s"] += 1
        except Refused as error:
            journal.failures[str(error)] += 1
        except (OSError, asyncio.IncompleteReadError) as error:
            journal.failures[f"{what}: {type(error).__name__}"] += 1
        finally:
            journal.under_way -= 1

    def _visitor(self, person: int) -> Visitor:
        return Visitor(self._server, self._accounts[person], _address(person))


def post(path: str, host: str, body: str) -> bytes:
    """Return a request with a JSON body, after which the connection ends."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", body]).encode()


def _address(person: int) -> str:
    """Every person has a line of their own."""
    return f"127.0.1.{1 + person}"


async def _open(server: Running, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(HOST, server.port, local_addr=(address, 0))


async def _received(receiver: Visitor, sender: Visitor, count: int) -> list[float]:
    """Wait for `count` signals; return how long each of them took."""
    seconds = []
    for _ in range(count):
        await receiver.event("signal")
        seconds.append(time.perf_counter() - sender.sent_at.popleft())
    return seconds
