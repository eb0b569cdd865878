from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
import pytest_asyncio

from bundle.site import ROOT
from client_py.drivers.binary_sender import HIGH_WATER_BYTES
from e2e.browser_selection import CHROMIUM_FIRST, IN_BOTH
from e2e.browsers import Browsers, Kind
from e2e.python_page import RUN, PythonPage
from e2e.server import Server

LOG = logging.getLogger(__name__)
"""Shows what was measured (`--log-cli-level INFO`)."""

BULK_PAGE = Path(__file__).parent / "bulk_page.py"

BINARY_SENDER = ROOT / "client_py" / "drivers" / "binary_sender.py"
# No page needs it yet, so it is not among what is served to them.
ADD_MODULE = """
(source) => {
    window.python.FS.mkdir("/more");
    window.python.FS.writeFile("/more/binary_sender.py", source);
    window.python.runPython("import client_py.drivers; client_py.drivers.__path__.append('/more')");
}
"""

CHUNK_BYTES = 16_384
TRANSFER_BYTES = 100 * 1_048_576
TRANSFER_SECONDS = 120
"""Ten times what a machine takes that does nothing else."""
CONNECT_SECONDS = 30
ALONE_MESSAGES = 40
"""For the pace that messages have without a transfer."""
PAUSE_SECONDS = 0.05

MOST_HEAP_GROWTH = 8 * 1_048_576
"""A copy of the bytes would be a hundred; one step by which a WebAssembly memory grows is some of them."""
MOST_JAVASCRIPT_GROWTH = 64 * 1_048_576
"""Of buffers that nobody holds, the browser lets some tens of megabytes come together before it looks for them."""
MOST_OBJECTS_GROWTH = 6_400
"""One for each chunk would be as many; the messages that are said meanwhile leave some."""

# Each chunk begins with its number, which JavaScript writes and reads; Python sees none of the bytes.
CHUNKS = """
() => {
    window.chunks = { next: 0, wrong: 0 };
    window.makeChunk = (number, size) => {
        const chunk = new ArrayBuffer(size);
        new DataView(chunk).setUint32(0, number);
        return chunk;
    };
    window.checkChunk = (chunk) => {
        if (new DataView(chunk).getUint32(0) !== window.chunks.next) window.chunks.wrong += 1;
        window.chunks.next += 1;
    };
}
"""


@dataclass
class Visitor:
    """A page in which a person is in a room."""

    python: PythonPage
    username: str
    token: str

    async def do(self, code: str) -> Any:
        """Run an expression in the page; gives what it is, by way of JSON."""
        return json.loads(await self.python.page.evaluate(RUN, f"import json\njson.dumps({code})"))

    async def enter(self, room: str, *, has_bulk: bool = True) -> None:
        """Go into a room, with the second channel or as a page of a release before."""
        code = f"visit = Visit({room!r}, {self.username!r}, {self.token!r}, has_bulk={has_bulk})"
        await self.python.page.evaluate(RUN, code)

    async def wait(self, code: str, seconds: float = CONNECT_SECONDS) -> None:
        """Wait until an expression is true."""
        async with asyncio.timeout(seconds):
            while not await self.do(code):  # noqa: ASYNC110 - the page has no other way to tell
                await asyncio.sleep(PAUSE_SECONDS)

    async def leave(self) -> None:
        """Leave the room."""
        await self.python.page.evaluate(RUN, "visit.driver.stop()\ndel visit")


@pytest_asyncio.fixture(loop_scope="session")
async def visitors(kind: Kind, browsers: Browsers, server: Server) -> AsyncIterator[tuple[Visitor, Visitor]]:
    """Open two pages with profiles of their own; at the end no console may hold an error."""
    browser = await browsers.get(kind)
    contexts = [await browser.new_context() for _ in range(2)]
    opened = []
    for name, context in zip(("ann", "ben"), contexts, strict=True):
        username = f"{name}-{secrets.token_hex(4)}"
        python = await PythonPage.open(context, server, kind)
        await python.page.evaluate(CHUNKS)
        await python.page.evaluate(ADD_MODULE, BINARY_SENDER.read_text(encoding="utf-8"))
        await python.page.evaluate(RUN, BULK_PAGE.read_text(encoding="utf-8"))
        opened.append(Visitor(python, username, server.register(username)["token"]))
    ann, ben = opened
    yield ann, ben
    errors = [error for visitor in opened for error in visitor.python.errors]
    for context in contexts:
        await context.close()
    assert errors == []


async def talk(ann: Visitor, ben: Visitor, count: int) -> int:
    """Let both write messages, one pair after the other."""
    for _ in range(count):
        await asyncio.gather(ann.do("visit.say()"), ben.do("visit.say()"))
        await asyncio.sleep(PAUSE_SECONDS)
    return count


async def javascript_bytes(visitor: Visitor) -> int:
    """Tell how much JavaScript holds in a page, buffers included; Firefox does not say."""
    if visitor.python.kind == "firefox":
        return 0
    session = await visitor.python.page.context.new_cdp_session(visitor.python.page)
    usage = await session.send("Runtime.getHeapUsage")
    await session.detach()
    return int(usage["usedSize"] + usage.get("backingStorageSize", 0))


def in_words(delays: list[float]) -> str:
    """Name the middle and the slow end of some delays."""
    cuts = quantiles(delays, n=20)
    middle, slow, slowest = (seconds * 1000 for seconds in (cuts[9], cuts[18], max(delays)))
    return f"{len(delays)} with p50 {middle:.0f} ms, p95 {slow:.0f} ms, at most {slowest:.0f} ms"


@pytest.mark.long
@IN_BOTH
async def test_binary_channel_carries_bytes_that_python_never_holds(
    kind: Kind, visitors: tuple[Visitor, Visitor], room: str
) -> None:
    """100 MB go from page to page beside the conversation, whose messages keep their order and their pace."""
    ann, ben = visitors
    proxies = [await visitor.python.count_proxies() for visitor in visitors]
    for visitor in visitors:
        await visitor.enter(room)
    for visitor in visitors:
        await visitor.wait("visit.may_send")
    said = await talk(ann, ben, ALONE_MESSAGES)
    for visitor in visitors:
        await visitor.wait(f"len(visit.texts) == {said}")
    await ann.do(f"visit.transfer({TRANSFER_BYTES})")
    held = [await javascript_bytes(visitor) for visitor in visitors]
    most_held = list(held)
    async with asyncio.timeout(TRANSFER_SECONDS):
        while await ann.do("visit.seconds") is None:
            said += await talk(ann, ben, 4)
            assert await ann.do("visit.failures") == []
            now = [await javascript_bytes(visitor) for visitor in visitors]
            most_held = [max(pair) for pair in zip(most_held, now, strict=True)]
    for visitor in visitors:
        await visitor.wait(f"len(visit.texts) == {said}")
    reports = [await visitor.do("visit.report()") for visitor in visitors]
    for visitor in visitors:
        await visitor.leave()
    sent, received = reports
    rate = TRANSFER_BYTES / 1e6 / sent["seconds"]
    LOG.info("%s: %.1f MB/s, at most %d bytes buffered", kind, rate, sent["most_buffered"])
    for name, report in (("sender", sent), ("receiver", received)):
        alone, beside = report["delays"][:ALONE_MESSAGES], report["delays"][ALONE_MESSAGES:]
        LOG.info("messages to the %s: %s alone, %s beside the transfer", name, in_words(alone), in_words(beside))
        LOG.info("heap and objects of the %s: %s", name, report["measured"])
        assert report["failures"] == report["warnings"] == []
        assert report["texts"] == sorted(report["texts"], key=float)
        heaps, objects = zip(*report["measured"], strict=True)
        assert max(heaps) - heaps[0] <= MOST_HEAP_GROWTH
        assert objects[-1] - objects[0] <= MOST_OBJECTS_GROWTH
    growth = [most - before for most, before in zip(most_held, held, strict=True)]
    LOG.info("JavaScript held this many more bytes: %s", growth)
    assert max(growth) <= MOST_JAVASCRIPT_GROWTH
    assert received["received"] == TRANSFER_BYTES
    assert await ben.python.page.evaluate("window.chunks") == {"next": TRANSFER_BYTES // CHUNK_BYTES, "wrong": 0}
    # It was reached, so the sender was held back, and passed by no more than the chunk that reached it.
    assert HIGH_WATER_BYTES <= sent["most_buffered"] <= HIGH_WATER_BYTES + CHUNK_BYTES
    for visitor, before in zip(visitors, proxies, strict=True):
        async with asyncio.timeout(CONNECT_SECONDS):
            while await visitor.python.count_proxies() > before:  # noqa: ASYNC110 - likewise
                await asyncio.sleep(PAUSE_SECONDS)


@CHROMIUM_FIRST
async def test_page_without_the_second_channel_is_talked_with_as_before(
    kind: Kind, visitors: tuple[Visitor, Visitor], room: str
) -> None:
    """A page of the release before has `chat` alone: nothing is sent over the other one, and nothing is disturbed."""
    del kind
    ann, ben = visitors
    await ann.enter(room)
    await ben.enter(room, has_bulk=False)
    for visitor in visitors:
        await visitor.wait("visit._peer_id is not None")
    said = await talk(ann, ben, 4)
    for visitor in visitors:
        await visitor.wait(f"len(visit.texts) == {said}")
    assert not await ann.do("visit.may_send")
    # What comes all the same, from a page that does not ask, is the browser's to drop or to keep, and disturbs nobody.
    sent = "[visit.driver._links.channel(visit._peer_id, BULK).send_binary(BrowserBinaryData(js.makeChunk(0, 16384)))]"
    for _ in range(100):
        await ann.do(sent)
    said += await talk(ann, ben, 4)
    for visitor in visitors:
        await visitor.wait(f"len(visit.texts) == {said}")
        report = await visitor.do("visit.report()")
        assert (report["failures"], report["warnings"]) == ([], [])
        await visitor.leave()
