"""Measures how soon a conversation goes on after something went wrong between two homes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError

from e2e.chat_page import connect
from e2e.network.home_pages import Pages
from e2e.network.lab import Home, Lab
from e2e.network.stopwatch import Event, NotInTime, Stopwatch

FIREFOX_NOTES = ("/ws was interrupted while the page was loading", "ICE failed, ")
"""What Firefox writes into the console by itself when the network changes or is away: no errors of the page."""
SERVER_AWAY = "The server cannot be reached"
PATIENCE = 90.0
"""Seconds after which a round has failed."""
SETTLE_SECONDS = 2.0
"""Of conversation before the fault."""
GAP_SECONDS = 2.0
LOSSY_SECONDS = 20.0
LOST_PERCENT = 10
SERVER_AWAY_SECONDS = 3.0


@dataclass
class Round:
    """One fault in one conversation: what there is to strike, and to take the time with."""

    lab: Lab
    home: Home
    """The one that suffers, where the fault is not everyone's."""
    victim: Stopwatch
    other: Stopwatch

    @property
    def both(self) -> tuple[Stopwatch, Stopwatch]:
        """Both sides."""
        return self.victim, self.other


@dataclass(frozen=True)
class Fault:
    """Something that can go wrong; `measure` does it, and gives the seconds that are asked for."""

    name: str
    meaning: str
    measure: Callable[[Round], Awaitable[list[float]]]
    aim: float | None = None
    """Seconds that the longest wait should not exceed."""


@dataclass(frozen=True)
class Outcome:
    """What came of one round."""

    seconds: list[float]
    failure: str | None
    """Why the round counts as failed, or None."""
    began: float
    """Unix seconds when the fault began."""
    events: list[list[Event]]
    """What happened in Alice's page and in Bob's."""


class MessagesWrong(Exception):
    """Raised when what was shown is not what was sent: something was lost, doubled or out of order."""

    def __init__(self, sent: list[str], shown: list[str]) -> None:
        self.sent = sent
        self.shown = shown

    def __str__(self) -> str:
        lost = [text for text in self.sent if text not in self.shown]
        doubled = sorted({text for text in self.shown if self.shown.count(text) > 1})
        return f"of {len(self.sent)} messages, {len(self.shown)} are shown; missing {lost[:5]}, doubled {doubled[:5]}"


async def recovery_of_both(of: Round, since: float) -> list[float]:
    """Wait until both sides have a message delivered that was sent after a time; gives the seconds of the later one."""
    return [max(await asyncio.gather(*(side.recovery(since, PATIENCE) for side in of.both)))]


def cut(seconds: float) -> Callable[[Round], Awaitable[list[float]]]:
    """Make a fault of a line that is dead for some seconds; the time runs from its mending on."""

    async def measure(of: Round) -> list[float]:
        of.home.cut()
        await asyncio.sleep(seconds)
        of.home.mend()
        return await recovery_of_both(of, time.time())

    return measure


async def move(of: Round) -> list[float]:
    """Change the network; the time runs from when the new one is up."""
    of.home.move()
    return await recovery_of_both(of, time.time())


async def walk_over(of: Round) -> list[float]:
    """Change the network with a gap between the two; the time runs from when the new one is up."""
    of.home.leave()
    await asyncio.sleep(GAP_SECONDS)
    of.home.arrive()
    return await recovery_of_both(of, time.time())


async def block_udp(of: Round) -> list[float]:
    """Let no UDP pass any more; the time runs from then on, until the relay over TCP carries."""
    of.home.block_udp()
    return await recovery_of_both(of, time.time())


async def lose_some(of: Round) -> list[float]:
    """Lose a tenth of all packets for a while; gives what every message took from being sent to being delivered."""
    started = time.time()
    of.home.lose(LOST_PERCENT)
    await asyncio.sleep(LOSSY_SECONDS)
    ended = time.time()
    for side in of.both:
        await side.end()
        await side.all_delivered(PATIENCE)
    return [
        delivered[text] - at
        for side in of.both
        for delivered in [await side.delivered()]
        for text, at in (await side.sent()).items()
        if started <= at <= ended
    ]


async def restart_server(of: Round) -> list[float]:
    """Kill the server and start it again; the time runs from its answering until both sides show that it is back."""
    of.lab.server.kill()
    try:
        for side in of.both:
            await side.page.wait_for_detail(SERVER_AWAY)
        await asyncio.sleep(SERVER_AWAY_SECONDS)
    finally:
        of.lab.start_server()
    answering = time.time()
    return [max(await asyncio.gather(*(server_back(side, answering) for side in of.both)))]


async def server_back(side: Stopwatch, answering: float) -> float:
    """Wait until a page no longer says that the server is away; gives the seconds from a time on."""
    deadline = time.monotonic() + PATIENCE
    while SERVER_AWAY in (line := status_lines(await side.events())[-1]).what:
        if time.monotonic() > deadline:
            raise NotInTime("in touch with the server", PATIENCE)
        await asyncio.sleep(0.2)
    return max(0.0, line.at - answering)


def status_lines(events: list[Event]) -> list[Event]:
    """Return what the status said, in order."""
    return [event for event in events if event.what.startswith("status ")]


async def reload(of: Round) -> list[float]:
    """Load one side's page again; the time runs from when Python has it, until the next message from there arrives."""
    await of.victim.end()
    of.victim.sent_before = list(await of.victim.sent())
    await of.victim.page.reload()
    ready_at = await of.victim.ready_at()
    return [await of.victim.recovery(ready_at, PATIENCE)]


async def close_page(of: Round) -> list[float]:
    """Leave one side's page as if its tab was closed; the time runs until the other side sees that nobody is there."""
    await of.victim.end()
    of.victim.sent_before = list(await of.victim.sent())
    path = urlsplit(of.victim.page.page.url).path
    left = time.time()
    await of.victim.page.page.goto("about:blank")
    seen = await status_shown(of.other, "waiting", left)
    await of.victim.page.open(path)
    await connect(of.victim.page, of.other.page)
    return [seen]


async def status_shown(side: Stopwatch, status: str, since: float) -> float:
    """Wait until a page shows a status that it showed after a time; gives the seconds from that time on."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for line in status_lines(await side.events()):
            if line.at >= since and line.what.startswith(f"status {status}:"):
                return line.at - since
        if time.monotonic() > deadline:
            raise NotInTime(f"shown as {status}", PATIENCE)
        await asyncio.sleep(0.2)


FAULTS = (
    Fault("cut-1", "line dead for 1 s", cut(1), aim=3),
    Fault("cut-10", "line dead for 10 s", cut(10), aim=3),
    Fault("cut-60", "line dead for 60 s", cut(60), aim=3),
    Fault("move", "another network", move, aim=5),
    Fault("gap", "another network after 2 s without", walk_over, aim=5),
    Fault("udp", "UDP blocked, TURN over TCP left", block_udp),
    Fault("loss", "10 % of packets lost: each message", lose_some),
    Fault("server", "server killed and back", restart_server),
    Fault("reload", "page reloaded, Python runs again", reload, aim=1),
    Fault("close", "tab closed, seen by the other", close_page, aim=2),
)


async def play(fault: Fault, lab: Lab, pages: Pages, room: str, victim: int) -> Outcome:
    """Carry out one round in a room of its own, in which the home of this number suffers."""
    sides = [Stopwatch(page) for page in pages]
    of = Round(lab, lab.homes[victim], sides[victim], sides[1 - victim])
    began = time.time()
    seconds: list[float] = []
    failure = None
    try:
        await enter_room(pages, room)
        began = await begin_talking(of, room)
        seconds = await fault.measure(of)
        lab.mend()
        await settle(of)
    except (AssertionError, PlaywrightError, NotInTime, MessagesWrong) as error:
        failure = str(error)
    finally:
        lab.mend()
    return Outcome(seconds, failure, began, [await events_of(side) for side in sides])


async def enter_room(pages: Pages, room: str) -> None:
    """Go to a room, from the lobby or from another room, and wait until they are connected."""
    for page in pages:
        if await page.handle("composer").is_visible():
            await page.leave_room()
    for page in pages:
        await page.go_to(room)
    await connect(*pages)


async def begin_talking(of: Round, room: str) -> float:
    """Let both send messages for a while; gives the Unix seconds when the fault is due."""
    for number, side in enumerate(of.both):
        await side.begin(f"{room} {number}")
    await asyncio.sleep(SETTLE_SECONDS)
    return time.time()


async def settle(of: Round) -> None:
    """Let the conversation come to its end: all must have arrived, once and in order, and no page may have an error."""
    for side in of.both:
        await side.end()
    for side in of.both:
        await side.all_delivered(PATIENCE)
    for speaker, listener in (of.both, of.both[::-1]):
        sent = [*speaker.sent_before, *(await speaker.sent())]
        shown = await listener.page.messages("incoming").all_text_contents()
        # A page that was loaded again shows the end of a long conversation only.
        if shown != sent[-len(shown) :]:
            raise MessagesWrong(sent, shown)
    for side in of.both:
        errors = [error for error in side.page.errors if not any(note in error for note in FIREFOX_NOTES)]
        assert not errors, errors


async def events_of(side: Stopwatch) -> list[Event]:
    """Return what has happened on one side, if it can still say so."""
    with contextlib.suppress(PlaywrightError):
        return await side.events()
    return []
