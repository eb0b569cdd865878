"""Decides what an address of this site stands for."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from protocol.fields import ROOM_NAME
from protocol.http import ROOM_PATH_PREFIX

LOBBY_PATH = "/"


@dataclass(frozen=True, slots=True)
class Lobby:
    """Where a room is chosen."""


@dataclass(frozen=True, slots=True)
class RoomPlace:
    """A room."""

    room: str


@dataclass(frozen=True, slots=True)
class NoPlace:
    """An address that names no room that there can be."""


Place = Lobby | RoomPlace | NoPlace


def place_of(path: str) -> Place:
    """Return what the path of an address stands for."""
    if not path.startswith(ROOM_PATH_PREFIX):
        return Lobby()
    room = unquote(path.removeprefix(ROOM_PATH_PREFIX).rstrip("/"))
    return RoomPlace(room) if ROOM_NAME.admits(room) else NoPlace()


def path_of(room: str) -> str:
    """Return the path of a room, whose name needs no escaping."""
    return ROOM_PATH_PREFIX + room
