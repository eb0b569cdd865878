"""Keeps the rooms that are open on this page, and knows which of them is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from client_py.core.conversation_list import MAX_OPEN
from client_py.drivers.room import Ending, RoomDriver
from client_py.ui.room.room_screen import RoomScreen


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """A room that is open, who is in it, and the screen that its notices go to."""

    username: str
    driver: RoomDriver
    screen: RoomScreen


class OpenRooms:
    """The page shows one room at a time; others stay open beside it, those that were shown last.

    `closed` is told of each that ends.
    """

    def __init__(self, closed: Callable[[str, OpenRoom], None]) -> None:
        self._closed = closed
        self._rooms: dict[str, OpenRoom] = {}
        """The one that was shown last comes last."""
        self._shown: str | None = None
        self.unkept: set[tuple[str, str]] = set()
        """Rooms that were left, by username and room, where the page alone has what is begun or waits."""
        self.left: dict[tuple[str, str], Ending] = {}
        """Those that were closed, by username and room: they may not have come to their end."""

    def __contains__(self, room: object) -> bool:
        """Tell whether a room is open."""
        return room in self._rooms

    def __getitem__(self, room: str) -> OpenRoom:
        """Return an open room."""
        return self._rooms[room]

    @property
    def shown(self) -> str | None:
        """Which of them is on the page."""
        return self._shown

    @property
    def shown_screen(self) -> RoomScreen | None:
        """The screen that is on the page, where it is a room's."""
        return None if self._shown is None else self._rooms[self._shown].screen

    @property
    def are_too_many(self) -> bool:
        """Whether no more are to be opened beside the one that is shown."""
        return len(self._rooms) >= MAX_OPEN

    @property
    def names(self) -> tuple[str, ...]:
        """Which rooms are open; the one that was shown last comes last."""
        return tuple(self._rooms)

    @property
    def all(self) -> tuple[OpenRoom, ...]:
        """Those that are open; what one of them is told may end others."""
        return tuple(self._rooms.values())

    @property
    def drivers(self) -> tuple[RoomDriver, ...]:
        """The drivers of those that are open."""
        return tuple(room.driver for room in self._rooms.values())

    @property
    def would_lose_messages(self) -> bool:
        """Whether the page alone has something that was written in a room."""
        return bool(self.unkept) or any(room.screen.would_lose_messages for room in self._rooms.values())

    def by_name(self) -> dict[str, RoomDriver]:
        """Return the drivers of those that are open, by room."""
        return {name: room.driver for name, room in self._rooms.items()}

    def add(self, room: str, opened: OpenRoom, formerly: str) -> None:
        """Begin a visit to a room; one of before, also of the guest that this person was, comes to its end first."""
        self._rooms[room] = opened
        # What is shown comes last: it is the last to be closed.
        if self._shown is not None:
            self._rooms[self._shown] = self._rooms.pop(self._shown)
        self.unkept.discard((opened.username, room))
        names = (opened.username, formerly)
        before = [left for name in names if (left := self.left.pop((name, room), None)) is not None]
        opened.driver.start(after=before[0] if before else None)

    def show(self, room: str) -> OpenRoom:
        """Note that a room is on the page from now on; return it."""
        self._shown = room
        self._rooms[room] = self._rooms.pop(room)
        return self._rooms[room]

    def show_none(self) -> None:
        """Note that no room is on the page."""
        self._shown = None

    def close(self, room: str) -> None:
        """End a visit, if the room is open."""
        left = self._rooms.pop(room, None)
        if left is None:
            return
        if left.screen.would_lose_messages:
            self.unkept.add((left.username, room))
        left.driver.stop()
        self.left[left.username, room] = left.driver
        if self._shown == room:
            self._shown = None
        self._closed(room, left)

    def close_others(self) -> None:
        """End the visits that are too many, those to rooms first that were shown longest ago."""
        for room in tuple(self._rooms)[:-MAX_OPEN]:
            self.close(room)

    def close_all(self) -> None:
        """End every visit."""
        for room in tuple(self._rooms):
            self.close(room)

    async def ended(self) -> None:
        """Wait until the rooms that were left have nothing more to write, and let go of what the page alone has."""
        for driver in tuple(self.left.values()):
            await driver.closed()
        self.left.clear()
        self.unkept.clear()
