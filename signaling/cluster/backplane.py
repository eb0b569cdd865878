"""Awaits the other processes of a server, by way of Redis: carries out what `SpanningRooms` want outside of this one.

What comes up in one turn of the event loop, and while Redis has not answered, goes there together. Where anything
fails, the process starts over under another name, and everyone takes the former for gone; so no message can be lost, or
come twice, between two that take each other for alive.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import msgspec
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from signaling.cluster.effects import Announce, Claim, Post
from signaling.cluster.process_messages import Ask, Pass, ProcessId, ProcessMessage, seal, unseal
from signaling.cluster.redis_connections import (
    LEASE_SECONDS,
    Announcement,
    Batch,
    LeaseLost,
    RedisConnections,
    redis_connections,
)
from signaling.cluster.spanning_rooms import SpanningRooms
from signaling.errors import BackplaneUnusable, DependencyUnavailable
from signaling.monitoring.logs import LOGGER, log
from signaling.rooms.effects import Effect, OutsideEffect, Release

PROCESS_ID_BYTES = 9
RENEW_SECONDS = LEASE_SECONDS / 4
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before Redis is tried again."""
MAX_MESSAGES_TOGETHER = 64
"""In one envelope: with descriptions of 32 KiB, some 2 MiB, where Redis bounds what it keeps for a subscriber at 32."""
MAX_WAITING, MAX_WAITING_BYTES = 16_384, 67_108_864
"""Messages and claims that wait for Redis, and what they carry. If it is that much slower than we are, it counts as
down, and what comes until that is noticed is dropped with the rest."""
GOODBYE_SECONDS = 1.0
"""For Redis to take it: a lease runs out by itself as well, and the server has 5 s to stop."""
RENEWALS_OF_A_ROOM = 400
"""Heartbeats in which every room's key is renewed once: about eight minutes, where a key lasts for an hour."""
BROKEN = (RedisError, OSError, LeaseLost, msgspec.DecodeError)
"""What ends a connection to the others. The last: somebody writes to us who is none of us."""


class BackplaneSilent(OSError):
    """Raised when Redis answers, and messages do not come through."""


class BackplaneSwamped(OSError):
    """Raised when more waits for Redis than it takes."""


class Backplane:
    """One process's end of it."""

    def __init__(self, url: str, rooms: SpanningRooms) -> None:
        self._url = url
        # Answers of our own time limit; RESP2, in which what comes by a channel is an answer like others.
        self._pool = ConnectionPool.from_url(url, protocol=2, socket_timeout=None)
        self._rooms = rooms
        self._carry_out: Callable[[Iterable[Effect]], None]
        self._account_changed: Callable[[str], None]
        self._outgoing: list[OutsideEffect] = []
        self._outgoing_bytes = 0
        self._is_wanted = asyncio.Event()
        self._is_connected = False
        self._heard = 0.0
        self._to_renew: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    async def open(self, carry_out: Callable[[Iterable[Effect]], None], account_changed: Callable[[str], None]) -> None:
        """Connect, and stay connected until `close`; BackplaneUnusable if Redis cannot be reached."""
        self._carry_out = carry_out
        self._account_changed = account_changed
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._stay_connected(first))
        self._task.add_done_callback(_log_failure)
        # Should the task fail in a way that nobody has thought of, `first` would be waited for in vain.
        await asyncio.wait([first, self._task], return_when=asyncio.FIRST_COMPLETED)
        try:
            await (first if first.done() else self._task)
        except BROKEN as error:
            raise BackplaneUnusable(_address(self._url), _reason(error)) from error

    async def close(self) -> None:
        """Give up the lease, so that nobody waits for it to run out; a second time, nothing is left to do."""
        self._is_closing = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=GOODBYE_SECONDS)

    def post(self, effect: OutsideEffect) -> None:
        """Carry out what goes beyond this process; messages to processes that cannot be reached are dropped."""
        if self._is_connected and not self._is_swamped:
            self._outgoing.append(effect)
            self._outgoing_bytes += _size(effect)
            self._is_wanted.set()

    def announce(self, account: str) -> None:
        """Tell the other processes that an account has changed; those that cannot be reached find it out later."""
        self.post(Announce(account))

    @property
    def _is_swamped(self) -> bool:
        return len(self._outgoing) > MAX_WAITING or self._outgoing_bytes > MAX_WAITING_BYTES

    async def check(self) -> None:
        """Raise a DependencyUnavailable if the other processes cannot be reached."""
        if not self._is_connected:
            raise DependencyUnavailable("Redis cannot be reached")

    # Staying connected

    async def _stay_connected(self, first: asyncio.Future[None]) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            error: Exception
            try:
                await self._live(first)
            except* BROKEN as group:
                error = _first(group)
            if not first.done():
                first.set_exception(error)
                return
            if self._is_closing:  # where Redis goes at the same moment, its error takes the cancellation's place
                return
            log("backplane_lost", level=logging.WARNING, reason=_reason(error))
            pause = FIRST_PAUSE if time.monotonic() - began > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
            # Processes that have lost Redis together should not come back in one moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter

    async def _live(self, first: asyncio.Future[None]) -> None:
        """Be one process, until something is broken, which is raised in a group."""
        process = ProcessId(secrets.token_urlsafe(PROCESS_ID_BYTES))
        async with redis_connections(self._pool, process) as ours:
            log("backplane_connected", process=process)
            self._outgoing, self._outgoing_bytes = [], 0
            self._heard, self._is_connected = time.monotonic(), True
            self._carry_out(self._rooms.connected())
            if not first.done():
                first.set_result(None)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._read(ours))
                    group.create_task(self._write(ours, process))
                    group.create_task(self._beat())
            except asyncio.CancelledError:
                with contextlib.suppress(*BROKEN):  # a lease runs out by itself as well
                    await ours.end((neighbour, seal(process, [])) for neighbour in self._rooms.neighbours)
                raise
            finally:
                self._is_connected = False
                self._carry_out(self._rooms.disconnected())

    async def _read(self, ours: RedisConnections) -> None:
        while True:
            received = await ours.received()
            self._heard = time.monotonic()
            if isinstance(received, Announcement):
                self._account_changed(received.account)
            elif received:
                sender, messages = unseal(received)
                for message in messages:
                    self._carry_out(self._rooms.message_came(sender, message))
                if not messages:  # a goodbye
                    self._carry_out(self._rooms.process_gone(sender))
            await asyncio.sleep(0)  # what is there already is read without waiting, and clients have their turn too

    async def _write(self, ours: RedisConnections, process: ProcessId) -> None:
        renewed = -RENEW_SECONDS
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            if self._is_swamped:
                raise BackplaneSwamped(f"{len(self._outgoing)} messages and claims wait for Redis")
            if time.monotonic() - renewed >= RENEW_SECONDS:
                renewed = time.monotonic()
                await self._renew(ours)
            if self._outgoing:
                outgoing, self._outgoing, self._outgoing_bytes = self._outgoing, [], 0
                answers = await ours.send(_batch(outgoing, process))
                for room, owner in answers.owners.items():
                    self._carry_out(self._rooms.claimed(room, None if owner == process else owner))
                for neighbour in answers.unreached:
                    self._carry_out(self._rooms.process_gone(neighbour))

    async def _renew(self, ours: RedisConnections) -> None:
        held = self._rooms.held
        self._to_renew = self._to_renew or held
        some = max(1, len(held) // RENEWALS_OF_A_ROOM)
        rooms, self._to_renew = self._to_renew[:some], self._to_renew[some:]
        for neighbour in await ours.renew(rooms, list(self._rooms.neighbours)):
            self._carry_out(self._rooms.process_gone(neighbour))

    async def _beat(self) -> None:
        """Wake the writer to renew the lease, and look whether what was sent to ourselves has come."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if time.monotonic() - self._heard > LEASE_SECONDS:
                raise BackplaneSilent("messages do not come through")
            self._is_wanted.set()


def _size(effect: OutsideEffect) -> int:
    """Return how much an effect carries, which is what makes one larger than others."""
    message = effect.message if isinstance(effect, Post) else None
    return len(message.rest) if isinstance(message, Ask | Pass) else 0


def _batch(outgoing: Iterable[OutsideEffect], process: ProcessId) -> Batch:
    """Put together what goes to Redis: all messages for one process in as few envelopes as may be."""
    messages: dict[ProcessId, list[ProcessMessage]] = {}
    releases: list[str] = []
    claims: list[str] = []
    announcements: list[str] = []
    for effect in outgoing:
        match effect:
            case Post():
                messages.setdefault(effect.process, []).append(effect.message)
            case Claim():
                claims.append(effect.room)
            case Release():
                releases.append(effect.room)
            case Announce():
                announcements.append(effect.account)
    posts = [
        (addressee, seal(process, written[start : start + MAX_MESSAGES_TOGETHER]))
        for addressee, written in messages.items()
        for start in range(0, len(written), MAX_MESSAGES_TOGETHER)
    ]
    return Batch(releases, claims, posts, announcements)


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _reason(error: Exception) -> str:
    """Say in a few words what failed; Redis's own words hold no password."""
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__


def _address(url: str) -> str:
    """Return a URL without its user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        LOGGER.error("The backplane has failed.", exc_info=error)
