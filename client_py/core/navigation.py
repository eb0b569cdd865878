"""Decides what an address of this site stands for, and what a person means who types or pastes one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import SplitResult, unquote, urlsplit

from protocol.http import ROOM_PATH_PREFIX, SETTINGS_PATH
from protocol.room_names import canonical_room, is_room_name

LOBBY_PATH = "/"
LOBBY_PATHS = frozenset({"", LOBBY_PATH, "/index.html"})
"""A static host has the page under its file's name, too."""
_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}")
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 2_048
"""No link of a room is longer, and a browser takes addresses of two million characters; the time that a text takes to
be normalized may grow with the square of its length."""


@dataclass(frozen=True, slots=True)
class Lobby:
    """Where a room is chosen."""


@dataclass(frozen=True, slots=True)
class RoomPlace:
    """A room, by its canonical name."""

    room: str


@dataclass(frozen=True, slots=True)
class SettingsPlace:
    """Where the person says how they like the page to be."""


@dataclass(frozen=True, slots=True)
class NoRoom:
    """An address that names no room that there can be."""


@dataclass(frozen=True, slots=True)
class NoPlace:
    """An address at which there is nothing."""


@dataclass(frozen=True, slots=True)
class GuestElsewhere:
    """A room that is not open to somebody who is a guest of another one."""

    room: str
    """The one that they are a guest of."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An address of another server."""

    host: str


Place = Lobby | RoomPlace | SettingsPlace | NoRoom | NoPlace


def place_of(path: str) -> Place:
    """Return what the path of an address stands for; case and a slash at the end make no difference."""
    if path in LOBBY_PATHS:
        return Lobby()
    if path.lower().rstrip("/") == SETTINGS_PATH:
        return SettingsPlace()
    if not path.lower().startswith(ROOM_PATH_PREFIX):
        return NoPlace()
    if len(path) > MAX_LENGTH:
        return NoRoom()
    room = unquote(path[len(ROOM_PATH_PREFIX) :].rstrip("/"))
    return RoomPlace(canonical_room(room)) if is_room_name(room) else NoRoom()


def path_of(room: str) -> str:
    """Return the path of a room, whose name needs no escaping."""
    return ROOM_PATH_PREFIX + room


def loopback_host(url: str) -> str:
    """Return the host of an address by which only this machine itself finds a server; nothing if others do, too."""
    host = urlsplit(url).hostname or ""
    is_loopback = host in ("localhost", "::1") or host.endswith(".localhost") or _LOOPBACK.fullmatch(host)
    return host if is_loopback else ""


def place_meant(typed: str, home: str) -> Place | Elsewhere:
    """Return what a person means who typed a room's name, or pasted its link; `home` is the address of this site."""
    typed = typed.strip()
    if len(typed) > MAX_LENGTH:
        return NoRoom()
    typed = normalize("NFKC", typed).strip()  # some keyboards write letters of full width
    if "/" not in typed:
        return place_of(ROOM_PATH_PREFIX + typed)
    try:
        return _place_at(urlsplit(_whole(typed, home)), urlsplit(home))
    except ValueError:
        return NoRoom()


def _whole(typed: str, home: str) -> str:
    """Return a whole address: browsers leave out the scheme when one copies a part, and people the host."""
    if "://" in typed:
        return typed
    first = typed.partition("/")[0]
    if "." in first or ":" in first:
        return f"{urlsplit(home).scheme}://{typed}"
    return f"{home.rstrip('/')}/{typed.lstrip('/')}"


def _place_at(address: SplitResult, home: SplitResult) -> Place | Elsewhere:
    if _host(address) != _host(home):
        return Elsewhere(address.netloc)
    base = home.path.rstrip("/")
    return place_of(address.path.removeprefix(base)) if address.path.startswith(base) else NoPlace()


def _host(address: SplitResult) -> tuple[str | None, int | None]:
    """Return what tells servers apart: http and https are one at their own ports, as the first leads to the second."""
    return address.hostname, None if address.port == DEFAULT_PORTS.get(address.scheme) else address.port
