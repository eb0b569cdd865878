"""Decides what a login that stands in this browser is worth: every tab writes there, and any of them may log out.

A logout leaves a name behind, and a login is kept with the name of the logout before it. So a tab that writes a login
after another one has logged out, since neither hears of the other at once, writes one that counts for nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import get_args

from protocol.fields import ROOM_NAME, USERNAME, AccessToken, Text, UnixTime
from protocol.json_text import parse_json_or_none
from protocol.usernames import guest_name

_TOKEN = get_args(AccessToken)[1]
_EXPIRY = get_args(UnixTime)[1]


@dataclass(frozen=True, slots=True)
class Login:
    """What the server gives to who signs in, as far as it is kept: `protocol.http.Login` without the device mark."""

    token: str
    username: str
    expires_at: float
    """Seconds since the epoch, by the server's clock."""
    room: str = ""
    """The only one that a guest may be in; of an account that was a guest, the one where it was that."""
    formerly: str = ""
    """The name that an account had as a guest."""

    @property
    def is_guest(self) -> bool:
        """Whether this is no account."""
        return guest_name(self.username) is not None

    def name_of_before(self, room: str) -> str:
        """Return under which other name this person has talked in a room, or nothing."""
        return self.formerly if room == self.room else ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands in this browser, for all its tabs."""

    login: Login | None = None
    logout: str = ""
    """The name of the last logout, or nothing before the first one."""


def parse_login(text: str) -> Login | None:
    """Read a login as the server sends it and as the browser keeps it; None if it is not one."""
    return _login(parse_json_or_none(text))


def read_kept(text: str, logout: str) -> Kept:
    """Read what stands in the browser, where a login from before the last logout counts for none."""
    value = parse_json_or_none(text)
    match value:
        case {"logout": before}:
            is_good = before == logout
        case _:
            is_good = not logout  # pages of the first release name none
    return Kept(_login(value) if is_good else None, logout)


def format_login(login: Login, logout: str) -> str:
    """Write a login as the browser keeps it; `logout` is the one before it."""
    return json.dumps({name: field for name, field in asdict(login).items() if field} | {"logout": logout})


def _login(value: object) -> Login | None:
    match value:
        case {"token": str(token), "username": str(username), "expires_at": int() | float() as expires_at} if (
            _TOKEN.admits(token) and USERNAME.admits(username) and _EXPIRY.admits(expires_at)
        ):
            room, formerly = _admitted(value, "room", ROOM_NAME), _admitted(value, "formerly", USERNAME)
            return Login(token, username, expires_at, room, formerly)
    return None


def _admitted(value: object, name: str, bound: Text) -> str:
    text = value.get(name) if isinstance(value, dict) else None
    return text if isinstance(text, str) and bound.admits(text) else ""
