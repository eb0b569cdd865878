"""Plays a peer to a page: over an open channel, it says whatever it likes (`tests/fuzz/page.py`)."""

from __future__ import annotations

from protocol.events import EVENTS, Event, Joined, Limits, Peer, Welcome
from tests.client_py.core.visiting import BEN, ME
from tests.fuzz.page import Page
from tests.fuzz.script import lines

MET: tuple[Event, ...] = (
    Welcome(ME, "token", (), Limits(65_536, 20)),
    Joined("den", ME, "token", resumed=False, peers=(Peer(BEN, "ben"),), capacity=2),
)


def met() -> Page:
    """Return a page that is in a room with Ben, over an open channel."""
    page = Page()
    page.play("o")
    for event in MET:
        page.play(f"<{EVENTS.encode(event)}")
    page.play("u")
    assert BEN in page.channels
    return page


def play(data: bytes) -> None:
    """Have a page that has met Ben live through the lines, and leave."""
    page = met()
    for line in lines(data):
        page.play(line)
    page.do(page.room.stop())
