"""Touches Redis for the backplane: two connections and their commands, without retries: the caller starts over.

A process subscribes to a channel of its own, by which messages reach it, and to one that all have, and keeps a *lease*
on its name. A room's key holds the name of the process that it belongs to; that counts while the process has its lease
and its subscription. So a process that is killed is gone at once, since Redis sees its connection end; and one whose
machine is lost, when its lease has run out.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Connection, ConnectionPool

from signaling.cluster.process_messages import ProcessId

LEASE_SECONDS = 5.0
ROOM_SECONDS = 3_600
"""After which a room's key that nobody renews is dropped: what a process has left that was killed."""
ANSWER_SECONDS = 2.0
"""For Redis to connect or to answer."""
PREFIX = "p2pchat:1:"
"""Of every key and channel. The number is the version of the messages between processes: others share no rooms."""

EVERYONE = f"{PREFIX}accounts"
"""The channel of all processes: by it they hear of accounts that have changed."""

CLAIM = f"""
local owners = {{}}
for i, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if owner and owner ~= ARGV[1] then
    local channel = '{PREFIX}process:' .. owner
    if redis.call('EXISTS', channel) == 0 or redis.call('PUBSUB', 'NUMSUB', channel)[2] == 0 then
      owner = false
    end
  end
  if not owner then
    owner = ARGV[1]
    redis.call('SET', key, owner, 'EX', {ROOM_SECONDS})
  end
  owners[i] = owner
end
return owners
"""
RELEASE = """
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then
    redis.call('DEL', key)
  end
end
"""


class LeaseLost(Exception):
    """Raised when Redis has given this process up: it was too long in answering, or the keys were dropped."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is asked of Redis together."""

    releases: Sequence[str] = ()
    claims: Sequence[str] = ()
    posts: Sequence[tuple[ProcessId, bytes]] = ()
    announcements: Sequence[str] = ()
    """Accounts that have changed."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What Redis says to a batch."""

    owners: dict[str, ProcessId] = field(default_factory=dict)
    """The process that each room belongs to that was claimed."""
    unreached: set[ProcessId] = field(default_factory=set)
    """The processes that nothing was delivered to."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Another process says that an account has changed."""

    account: str


class RedisConnections:
    """The two connections of a process: one for commands, one that messages come by."""

    def __init__(self, process: ProcessId, commands: Connection, messages: Connection) -> None:
        self._process = process
        self._commands = commands
        self._messages = messages
        self._claim = b""
        self._release = b""

    async def begin(self) -> None:
        """Take the lease and the channel."""
        channels = (_process_key(self._process), EVERYONE)
        await self._messages.send_command("SUBSCRIBE", *channels)
        for _ in channels:
            await self._messages.read_response()
        lease = ("SET", _process_key(self._process), "1", "PX", _milliseconds(LEASE_SECONDS))
        self._claim, self._release, _ = await self._ask([("SCRIPT", "LOAD", CLAIM), ("SCRIPT", "LOAD", RELEASE), lease])

    async def received(self) -> bytes | Announcement | None:
        """Wait for the next envelope of messages, or announcement; an empty envelope is our own heartbeat.

        None for an announcement of our own, or of somebody who is none of us.
        """
        _, channel, content = await self._messages.read_response(timeout=math.inf)
        if bytes(channel) != EVERYONE.encode():
            return bytes(content)
        process, _, account = bytes(content).decode(errors="replace").partition(" ")
        return Announcement(account) if account and process != self._process else None

    async def send(self, batch: Batch) -> Answers:
        """Release, claim, announce, and post, in this order."""
        commands: list[tuple[Any, ...]] = []
        if batch.releases:
            commands.append(self._script(self._release, batch.releases))
        if batch.claims:
            commands.append(self._script(self._claim, batch.claims))
        commands += [("PUBLISH", EVERYONE, f"{self._process} {account}") for account in batch.announcements]
        commands += [("PUBLISH", _process_key(process), envelope) for process, envelope in batch.posts]
        answers = await self._ask(commands)
        owners: dict[str, ProcessId] = {}
        if batch.claims:
            names = answers[1 if batch.releases else 0]
            owners = {room: ProcessId(name.decode()) for room, name in zip(batch.claims, names, strict=True)}
        counts = answers[len(answers) - len(batch.posts) :]
        posted = zip(batch.posts, counts, strict=True)
        return Answers(owners, {process for (process, _), count in posted if count == 0})

    async def renew(self, rooms: Sequence[str], neighbours: Iterable[ProcessId]) -> set[ProcessId]:
        """Renew the lease and the keys of rooms, and send a heartbeat; give the neighbours that are gone."""
        keys = [_process_key(process) for process in neighbours]
        commands: list[tuple[Any, ...]] = [
            ("SET", _process_key(self._process), "1", "XX", "PX", _milliseconds(LEASE_SECONDS)),
            ("PUBLISH", _process_key(self._process), b""),
            ("PUBSUB", "NUMSUB", *keys),
            *(("EXISTS", key) for key in keys),
            *(("EXPIRE", _room_key(room), ROOM_SECONDS) for room in rooms),
        ]
        leased, _, subscribers, *counts = await self._ask(commands)
        if leased is None:
            raise LeaseLost
        alive = [a and b for a, b in zip(subscribers[1::2], counts, strict=False)]
        return {process for process, lives in zip(neighbours, alive, strict=True) if not lives}

    async def end(self, goodbyes: Iterable[tuple[ProcessId, bytes]]) -> None:
        """Give the lease up, and then tell others."""
        posts = [("PUBLISH", _process_key(process), envelope) for process, envelope in goodbyes]
        await self._ask([("DEL", _process_key(self._process)), *posts])

    def _script(self, digest: bytes, rooms: Sequence[str]) -> tuple[Any, ...]:
        return ("EVALSHA", digest, len(rooms), *(_room_key(room) for room in rooms), self._process)

    async def _ask(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Send commands in one packet, and wait for the answer to each."""
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._commands.send_packed_command(self._commands.pack_commands(commands))
            return [await self._commands.read_response(timeout=math.inf) for _ in commands]


@asynccontextmanager
async def redis_connections(pool: ConnectionPool, process: ProcessId) -> AsyncIterator[RedisConnections]:
    """Connect twice, as a process; a RedisError, an OSError or a TimeoutError if that, or what follows, fails."""
    commands: Connection = pool.make_connection()  # type: ignore[no-untyped-call]
    messages: Connection = pool.make_connection()  # type: ignore[no-untyped-call]
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await commands.connect()  # type: ignore[no-untyped-call]
            await messages.connect()  # type: ignore[no-untyped-call]
            ours = RedisConnections(process, commands, messages)
            await ours.begin()
        yield ours
    finally:
        for connection in (commands, messages):
            with contextlib.suppress(OSError):
                await connection.disconnect(nowait=True)


def _process_key(process: ProcessId) -> str:
    return f"{PREFIX}process:{process}"


def _room_key(room: str) -> str:
    return f"{PREFIX}room:{room}"


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
