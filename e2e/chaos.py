"""Two people write to each other while everything breaks: the server, the line to it, their pages and their browsers.

Run as `make chaos` (MESSAGES=…); `test_chaos.py` runs the short form. What counts at the end is what the two browsers
have kept: each must hold what the other has written, all of it, once and in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import click
from playwright.async_api import BrowserContext, Error, async_playwright, expect

from e2e.browsers import Browsers, Kind
from e2e.chat_page import CONNECT_MS, ChatPage
from e2e.proxy import Proxy
from e2e.server import PASSWORD, Server

ROOM = "storm"
WRITE = """
async ([name, first, count]) => {
    const box = document.querySelector('[data-testid="composer"]');
    const button = document.querySelector('[data-testid="send"]');
    for (let number = first; number < first + count; number += 1) {
        box.value = `${name} ${number}`;
        box.dispatchEvent(new Event("input", { bubbles: true }));
        button.click();
        if (box.value !== "") return number;  // refused: too much waits to be delivered
        if (number % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return first + count;
}
"""
"""Sends messages as a person would, only faster; gives the number of the next one."""

READ_KEPT = """
async ([account, room]) => {
    const request = indexedDB.open("p2pchat");
    const database = await new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const prefix = [account, room, "message"];
    const all = database.transaction("rows").objectStore("rows").getAll(
        IDBKeyRange.bound(prefix, [...prefix, []]));
    const rows = await new Promise((resolve, reject) => {
        all.onsuccess = () => resolve(all.result);
        all.onerror = () => reject(all.error);
    });
    database.close();
    const texts = rows.map((row) => JSON.parse(row));
    return [true, false].map((out) => texts.filter((row) => row.out === out).map((row) => row.text));
}
"""
"""Returns the texts that a browser has kept: those written there, and those that came in."""

BATCH = 60
ARRIVAL_SECONDS = 180.0
LEAST_FAULTS = 3


@dataclass
class Person:
    """Someone with a browser of their own, whose profile outlives its process."""

    name: str
    kind: Kind
    profile: Path
    next_number: int = 0
    context: BrowserContext | None = None
    page: ChatPage | None = None
    written: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)


class Chaos:
    """The server, the line to it, and two people."""

    def __init__(self, browsers: Browsers, server: Server, proxy: Proxy, folder: Path, random: Random) -> None:
        self.faults: Counter[str] = Counter()
        self._calm = asyncio.Event()
        """Set once nothing more should break."""
        self._browsers = browsers
        self._server = server
        self._proxy = proxy
        self._random = random
        self.people = [
            Person("alice", "chromium", folder / "alice"),
            Person("bob", "firefox", folder / "bob"),
        ]

    async def begin(self) -> None:
        """Make the accounts, and let both come."""
        for person in self.people:
            self._server.register(person.name)
            await self._open(person)

    async def run(self, messages: int, pause_between_faults: float) -> None:
        """Let both write, and break something all the time, until each has written enough and enough was broken."""
        faults = asyncio.create_task(self._break_things(pause_between_faults))
        try:
            while self.faults.total() < LEAST_FAULTS or any(len(person.written) < messages for person in self.people):
                await asyncio.gather(*(self._write(person) for person in self.people))
                if faults.done():
                    faults.result()
                if any(person.next_number % 300 < BATCH for person in self.people):
                    for person in self.people:
                        await self._look(person)
        finally:
            self._calm.set()
            await faults

    async def settle(self) -> None:
        """Let everything arrive, and see what both have kept."""
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while time.monotonic() < deadline:
            for person in self.people:
                await self._look(person)
            alice, bob = self.people
            if alice.written == bob.received and bob.written == alice.received:
                return
            await asyncio.sleep(0.5)

    def report(self) -> list[str]:
        """Say what came of it, in a line for each direction; anything but zeros is a fault."""
        lines = []
        for writer, reader in (self.people, self.people[::-1]):
            arrived = Counter(reader.received)
            lost = sum(text not in arrived for text in writer.written)
            doubled = sum(count - 1 for count in arrived.values())
            order = [int(text.split()[1]) for text in reader.received]
            disordered = sum(later < earlier for earlier, later in itertools.pairwise(order))
            lines.append(
                f"{writer.name} → {reader.name}: {len(writer.written)} written, {len(reader.received)} arrived; "
                f"lost {lost}, doubled {doubled}, out of order {disordered}"
            )
        return lines

    async def close(self) -> None:
        """End both browsers."""
        for person in self.people:
            if person.context is not None:
                await person.context.close()

    # What people do

    async def _write(self, person: Person) -> None:
        page = person.page
        if page is None:
            await asyncio.sleep(0.1)
            return
        first = person.next_number
        # What is lost with the page before it stands in the transcript was never said; its numbers are not used again.
        person.next_number += BATCH
        try:
            await page.page.evaluate(WRITE, [person.name, first, BATCH])
        except Error:
            await asyncio.sleep(0.1)  # the page went away under it

    async def _look(self, person: Person) -> None:
        """See what a browser has kept."""
        if person.page is not None:
            with contextlib.suppress(Error):
                person.written, person.received = await person.page.page.evaluate(READ_KEPT, [person.name, ROOM])

    async def _open(self, person: Person) -> None:
        person.context = await self._browsers.launch_persistent(person.kind, person.profile)
        person.page = await self._enter(person, ChatPage(person.context.pages[0], self._proxy.url))

    async def _enter(self, person: Person, page: ChatPage) -> ChatPage:
        await page.open(f"/chat/{ROOM}")
        return await self._arrive(person, page)

    async def _arrive(self, person: Person, page: ChatPage) -> ChatPage:
        # A browser that was killed may have forgotten the login of its last seconds.
        composer, form = page.handle("composer"), page.handle("username")
        await expect(composer.or_(form).first).to_be_visible(timeout=CONNECT_MS)
        if await form.is_visible():
            await page.log_in(person.name, PASSWORD)
            await page.wait_for_room()
        return page

    # What breaks

    async def _break_things(self, pause: float) -> None:
        while not await self._is_calm(self._random.uniform(pause / 2, pause * 1.5)):
            person = self._random.choice(self.people)
            fault: Callable[[Person], Awaitable[None]] = self._random.choice(
                [self._kill_server, self._reload, self._reload, self._cut_line, self._kill_browser]
            )
            await fault(person)
            self.faults[fault.__name__.strip("_").replace("_", " ")] += 1

    async def _is_calm(self, seconds: float) -> bool:
        """Wait until the next fault is due; tell whether there will be none."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._calm.wait(), seconds)
        return self._calm.is_set()

    async def _kill_server(self, _person: Person) -> None:
        self._server.kill()
        await asyncio.sleep(self._random.uniform(0.0, 2.0))
        await asyncio.to_thread(self._server.start)

    async def _cut_line(self, _person: Person) -> None:
        await self._proxy.cut()
        await asyncio.sleep(self._random.uniform(0.0, 2.0))
        await self._proxy.start()

    async def _reload(self, person: Person) -> None:
        page, person.page = person.page, None
        assert page is not None
        await page.reload()
        person.page = await self._arrive(person, page)

    async def _kill_browser(self, person: Person) -> None:
        person.page = None
        kill_processes_of(person.profile)
        if person.context is not None:
            with contextlib.suppress(Error):
                await person.context.close()
        await self._open(person)


def kill_processes_of(profile: Path) -> None:
    """Kill a browser with all its processes, as a crash or the end of a battery would."""
    needle = str(profile).encode()
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                if needle in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)


async def storm(messages: int, seed: int, pause: float, folder: Path) -> tuple[list[str], Counter[str]]:
    """Let two people write `messages` each through everything that breaks; return the report and the faults."""
    server = Server(folder)
    server.start()
    proxy = Proxy(server.port)
    await proxy.start()
    try:
        async with async_playwright() as playwright:
            browsers = Browsers(playwright)
            chaos = Chaos(browsers, server, proxy, folder, Random(seed))  # noqa: S311 - reproducible on purpose
            try:
                await chaos.begin()
                await chaos.run(messages, pause)
                await chaos.settle()
            finally:
                await chaos.close()
                await browsers.close()
            return chaos.report(), chaos.faults
    finally:
        await proxy.cut()
        server.kill()


@click.command()
@click.option("--messages", default=5_000, help="How many each of the two writes.")
@click.option("--seed", default=1, help="What decides when what breaks.")
@click.option("--pause", default=6.0, help="Seconds between two faults, on average.")
def main(messages: int, seed: int, pause: float) -> None:
    """Run the storm, and tell what came of it."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="p2p-chat-chaos-") as folder:
        report, faults = asyncio.run(storm(messages, seed, pause, Path(folder)))
    click.echo("\n".join(report))
    click.echo(", ".join(f"{name}: {count}" for name, count in sorted(faults.items())))
    click.echo(f"{time.monotonic() - started:.0f} s")
    sys.exit(0 if all(line.endswith("lost 0, doubled 0, out of order 0") for line in report) else 1)


if __name__ == "__main__":
    main()
