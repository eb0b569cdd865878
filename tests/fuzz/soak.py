"""Has a server and a page take inputs that no honest client sends, by the hundred thousand. Run as `make soak-hostile`.

They are made of the kept inputs and of lies about every field, changed by chance from a seed. What may not happen: an
answer 500, an exception in a log, a task that does not end, or that fails where nobody hears of it, memory that grows,
a page or a server that stops answering.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import logging
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from limits import parse
from starlette.routing import Route
from websockets.frames import Frame, Opcode

from client_py.core.frames import FRAMES
from protocol.events import EVENTS
from protocol.http import (
    DELETE_ACCOUNT_PATH,
    END_LOGIN_PATH,
    HEALTH_PATH,
    LOGIN_PATH,
    PASSWORD_PATH,
    REGISTER_PATH,
    TOKEN_SUBPROTOCOL_PREFIX,
)
from protocol.requests import REQUESTS
from protocol.versions import LATEST, SUBPROTOCOLS
from signaling.site.loading import load_site, static_folder
from tests.fuzz import client_session, kept_inputs, peer_frames
from tests.fuzz.mutations import mutated
from tests.protocol.lies import lies
from tests.signaling.conftest import quick_settings
from tests.signaling.raw_client import KEY
from tests.signaling.running import PASSWORD, RunningServer, running

MUTATED = 0.8
"""The part of the bodies that are changed by chance; the others are as an address takes them."""
MAX_PATH_CHARACTERS = 512
TEXTS_AT_ONCE = 10
"""To one WebSocket, which is closed after some of them."""
LOOK_EVERY = 2_000
"""Inputs, after which the server is asked whether it is there, and memory is looked at."""
WARM_UP = 0.3
"""Of the inputs: caches are full by then, and what grows after that is what does not stop."""
MAX_GROWN_MIB = 24
"""Measured with 100,000 inputs: none. What keeps 1 KiB of each would take 70."""
MAX_GROWN_BLOCKS = 1.0
"""Of what Python allocates for small objects, for each input after the warm-up. Measured: 0.65 while caches fill. One
request in which something is kept has dozens, and is one input in fifteen."""
PATIENCE = 30.0
CLOSE, LONG = 8, 126
"""RFC 6455 §5.2: an opcode, and the length that stands for a longer one."""
GOODBYE = Frame(Opcode.CLOSE, b"").serialize(mask=True)
"""A client's close frame: where all before it is taken, this is answered."""
HONEST: dict[str, dict[str, object]] = {
    REGISTER_PATH: {"username": "mallory", "password": "correct horse"},
    LOGIN_PATH: {"username": "mallory", "password": "correct horse", "device_marks": ["ab.cd"]},
    PASSWORD_PATH: {"password": PASSWORD, "new_password": PASSWORD, "device_marks": ["ab.cd"]},
    DELETE_ACCOUNT_PATH: {"password": PASSWORD, "device_marks": []},
    END_LOGIN_PATH: {"id": "0" * 32},
}
"""What an address takes, where it takes a body."""
PARAMETER = re.compile(r"\{\w+(:path)?\}")
OUT_OF_REACH = parse("1000000/second")
Kind = Callable[["Soak"], Coroutine[Any, Any, int]]


class Trouble(logging.Handler):
    """Keeps what any log tells of a failure."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep errors, and whatever has a traceback."""
        if record.levelno >= logging.ERROR or record.exc_info:
            self.lines.append(logging.Formatter().format(record))


@dataclass
class Soak:
    """One run against one server."""

    server: RunningServer
    chance: random.Random
    token: str
    played: int = 0
    findings: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """MiB, at each look after the warm-up."""
    blocks: list[tuple[int, int]] = field(default_factory=list)
    """How many small objects there were at these looks, after how many inputs."""
    patience: float = PATIENCE
    spare: str = ""
    """A token of another account, which may be deleted, and its login ended."""

    def __post_init__(self) -> None:
        self.texts = [lie.text for lie in lies(REQUESTS.types)]
        self.told = [lie.text for lie in lies(EVENTS.types)]
        self.said = [lie.text for lie in lies(FRAMES.types)]
        routes = [route for route in self.server.app.routes if isinstance(route, Route)]
        pairs = sorted((route.path, method) for route in routes for method in route.methods or ())
        # One after the other, so that a short run too asks for every one of them.
        self.routes = itertools.cycle(pairs)
        self.kept = {
            name: kept_inputs.read(name)
            for name in ("http_requests", "websocket_frames", "client_session", "peer_frames")
        }

    def changed(self, name: str) -> bytes:
        """Return a kept input of a harness, changed a few times."""
        data = self.chance.choice(self.kept[name])
        for _ in range(self.chance.randrange(1, 4)):
            data = mutated(data, self.chance.getrandbits(32))
            if data and self.chance.random() < 0.5:
                place = self.chance.randrange(len(data))
                data = data[:place] + self.chance.randbytes(1) + data[place + self.chance.randrange(2) :]
        return data

    async def exchanged(self, data: bytes, *, handshake: bytes = b"", ends: bool = True) -> bytes:
        """Send bytes over a connection of their own, say that nothing follows, and return what is answered.

        Who has said so has gone, to the server: what takes it longer to answer is told to a client that waits.
        """
        reader, writer = await asyncio.open_connection(self.server.host, self.server.port)
        try:
            if handshake:
                writer.write(handshake)
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self.patience)
                assert head.startswith(b"HTTP/1.1 101 "), head
            writer.write(data)
            if ends:
                writer.write_eof()
            return await asyncio.wait_for(_until_closed(reader) if handshake else reader.read(), self.patience)
        except (ConnectionResetError, BrokenPipeError):
            return b""
        except TimeoutError:
            self.findings.append(f"no end of the connection after {data[:200]!r}")
            return b""
        finally:
            writer.close()

    def look_at(self, answer: bytes, data: bytes) -> None:
        """Note an answer that says that the server has failed."""
        if b"HTTP/1.1 500 " in answer or b'"code":"internal"' in answer:
            self.findings.append(f"the server fails on {data[:300]!r}")

    # Kinds of inputs; each returns how many it was

    async def http(self) -> int:
        """A request that is none."""
        data = self.changed("http_requests")[1:]
        self.look_at(await self.exchanged(data), data)
        return 1

    async def route(self) -> int:
        """A body that an address does not take, or a path; all that there are, in turn."""
        path, method = next(self.routes)
        body = json.dumps(HONEST.get(path, {})).encode()
        if self.chance.random() < MUTATED:
            body = mutated(body, self.chance.getrandbits(32))
        part = re.sub("[^!-~]", "%", self.chance.choice(self.texts))[:MAX_PATH_CHARACTERS].replace("#", "%23")
        self.spare = self.spare or await self.server.register()
        lines = [
            f"{method} {PARAMETER.sub(lambda _: part, path)} HTTP/1.1",
            "Host: a",
            "Connection: close",
            f"Authorization: Bearer {self.spare}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        data = "\r\n".join([*lines, "", ""]).encode() + body
        answer = await self.exchanged(data, ends=False)
        self.look_at(answer, data)
        if b"HTTP/1.1 " not in answer:
            self.findings.append(f"no answer to {data[:300]!r}: {answer[:100]!r}")
        if answer.startswith(b"HTTP/1.1 401 "):  # that login has ended, or that account
            self.spare = ""
        return 1

    async def frames(self) -> int:
        """Frames that are none, over a WebSocket of somebody who is logged in."""
        # What is unfinished is finished by the last bytes, or takes them for its own; then nothing more comes.
        data = self.changed("websocket_frames")[1:] + GOODBYE
        self.look_at(await self.exchanged(data, handshake=self._handshake()), data)
        return 1

    async def requests(self) -> int:
        """Requests that nobody makes, from somebody in a room."""
        texts = ['{"type":"join","room":"den"}', *self.chance.sample(self.texts, TEXTS_AT_ONCE)]
        data = b"".join(map(_frame, texts)) + GOODBYE
        self.look_at(await self.exchanged(data, handshake=self._handshake()), data)
        return TEXTS_AT_ONCE

    async def frames_to_page(self) -> int:
        """Frames to a page, from a peer."""
        lie = self.chance.choice(self.said).encode(errors="replace")
        self._play(peer_frames.play, self.changed("peer_frames") + b"\n>" + lie)
        return 1

    async def events_to_page(self) -> int:
        """Events to a page, from its server."""
        lie = self.chance.choice(self.told).encode(errors="replace")
        self._play(client_session.play, self.changed("client_session") + b"\no\n<" + lie)
        return 1

    def _play(self, play: Callable[[bytes], None], data: bytes) -> None:
        try:
            play(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we are looking for
            self.findings.append(f"{error!r} of a page on {data!r}")

    def _handshake(self) -> bytes:
        offers = f"{SUBPROTOCOLS[LATEST]}, {TOKEN_SUBPROTOCOL_PREFIX}{self.token}"
        return (
            "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Protocol: {offers}\r\n\r\n"
        ).encode()

    async def look(self, *, is_warm: bool) -> None:
        """See whether the server answers, and how much memory there is."""
        answer = await self.exchanged(f"GET {HEALTH_PATH} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        if not answer.startswith(b"HTTP/1.1 200 "):
            self.findings.append(f"the server does not answer after {self.played} inputs: {answer[:80]!r}")
        said = await self.exchanged(_frame('{"type":"ping"}') + GOODBYE, handshake=self._handshake())
        if b'"pong"' not in said:
            self.findings.append(f"the server says nothing to a client after {self.played} inputs: {said[:80]!r}")
        gc.collect()
        if is_warm:
            self.memory.append(resident_mib())
            self.blocks.append((sys.getallocatedblocks(), self.played))


KINDS: tuple[Kind, ...] = (Soak.http, Soak.route, Soak.frames, Soak.requests, Soak.frames_to_page, Soak.events_to_page)


async def soak(
    server: RunningServer, inputs: int, first: int, *, look_every: int = LOOK_EVERY, patience: float = PATIENCE
) -> Soak:
    """Play that many inputs, from a seed on; returns what was found."""
    trouble = Trouble()
    logging.getLogger().addHandler(trouble)
    [loop] = {listener.get_loop() for listener in server.server.servers}
    tasks = asyncio.all_tasks(loop)
    chance = random.Random(first)  # noqa: S311 - nothing is kept secret by it
    run = Soak(server, chance, await server.register(), patience=patience)
    looked = 0
    while run.played < inputs and not run.findings and not trouble.lines:
        run.played += sum(await asyncio.gather(*(kind(run) for kind in KINDS)))
        if run.played >= looked + look_every:
            looked = run.played
            await run.look(is_warm=run.played > WARM_UP * inputs)
    await run.look(is_warm=True)
    await _settled(run, loop, tasks)
    if run.memory[-1] - run.memory[0] > MAX_GROWN_MIB:
        run.findings.append(f"memory has grown: {[round(each) for each in run.memory]} MiB")
    _look_at_blocks(run, look_every)
    run.findings += trouble.lines
    logging.getLogger().removeHandler(trouble)
    return run


async def _settled(run: Soak, loop: asyncio.AbstractEventLoop, tasks: set[asyncio.Task[Any]]) -> None:
    """Wait until the server has no other tasks than at first, and see that it has those still."""
    deadline = time.monotonic() + run.patience
    while left := {task for task in asyncio.all_tasks(loop) - tasks if not task.done()}:
        if time.monotonic() > deadline:
            run.findings.append(f"{len(left)} tasks do not end, such as {next(iter(left))!r}")
            break
        await asyncio.sleep(0.05)
    run.findings += [f"a task of the server has ended: {task!r}" for task in tasks if task.done()]
    # One that is kept somewhere is never told of; one that is not is in the log.
    every = [each for each in gc.get_objects() if isinstance(each, asyncio.Task)]
    run.findings += [f"nobody has heard of a failure: {task!r}" for task in every if task.done() and _is_unheard(task)]


def _is_unheard(task: asyncio.Task[Any]) -> bool:
    return bool(getattr(task, "_log_traceback", False))


def _look_at_blocks(run: Soak, look_every: int) -> None:
    """See whether something is kept of each input that is too small for the memory of the process to show it."""
    (least, first), (last, played) = run.blocks[0], run.blocks[-1]
    if played - first >= look_every and last - least > MAX_GROWN_BLOCKS * (played - first):
        run.findings.append(f"{last - least} small objects are kept of {played - first} inputs")


def resident_mib() -> float:
    """Return the memory of this process, server and clients; 0 elsewhere than on Linux, where it is not looked at."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def _until_closed(reader: asyncio.StreamReader) -> bytes:
    """Return what a WebSocket has said up to its close frame, or its end."""
    said = b""
    while True:
        try:
            first, length = await reader.readexactly(2)
            size = length if length < LONG else int.from_bytes(await reader.readexactly(2 if length == LONG else 8))
            said += await reader.readexactly(size)
        except asyncio.IncompleteReadError:
            return said
        if first & 0x0F == CLOSE:
            return said


def _frame(text: str) -> bytes:
    """Return a text in a client's frame."""
    return Frame(Opcode.TEXT, text.encode(errors="replace")).serialize(mask=True)


def out_of_reach(folder: Path) -> Any:
    """Return settings under which every input is looked at, and none is only counted."""
    names = ("connect", "connect_by_address", "login", "login_failures", "login_failures_by_address", "message")
    more = ("login_failures_by_name", "register", "refresh", "request")
    return quick_settings(folder, **{f"{name}_limit": OUT_OF_REACH for name in (*names, *more)})


@click.command()
@click.option("--inputs", default=100_000, help="How many to play.")
@click.option("--first", default=0, help="The seed.")
def main(inputs: int, first: int) -> None:
    """Play inputs, and tell what came of them."""
    started = time.monotonic()
    site = load_site(static_folder())
    with tempfile.TemporaryDirectory() as folder, running(out_of_reach(Path(folder)), site) as server:
        run = asyncio.run(soak(server, inputs, first))
    for finding in run.findings:
        click.echo(finding)
    memory = f"{run.memory[0]:.0f} to {run.memory[-1]:.0f} MiB"
    click.echo(f"{run.played} inputs in {time.monotonic() - started:.0f} s, {len(run.findings)} findings, {memory}")
    sys.exit(1 if run.findings else 0)


if __name__ == "__main__":
    main()
