"""Plays a server to a page: whatever it says and does, the page is where it can go on from (`tests/fuzz/page.py`)."""

from __future__ import annotations

from tests.fuzz.page import Page
from tests.fuzz.script import lines


def play(data: bytes) -> None:
    """Have a page live through the lines, from its beginning on, and leave the room."""
    page = Page()
    for line in lines(data):
        page.play(line)
    page.do(page.room.stop())
