"""Decides what people are called, where others see guests and those who have been guests.

A guest's name ends in a suffix that tells them from everybody else and says nothing to a person. An account that was a
guest goes on, in the room where it was one, under the name by which its conversation has known it; people read its
name of now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from protocol.fields import USERNAME
from protocol.json_text import parse_json_or_none
from protocol.usernames import guest_name, username_key

MAX_NAMES = 200
"""Of guests who have an account by now; those that were heard of last."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """What a person is called."""

    name: str
    is_guest: bool = False
    number: int = 1
    """Which one of the guests of this name; the first one needs no number."""


class GuestNames:
    """All that this page knows of the names of guests."""

    def __init__(self) -> None:
        self._accounts: dict[str, str] = {}
        """By the name that somebody had as a guest."""
        self._numbers: dict[str, int] = {}
        """Of guests who were in a room with another of their name."""

    @property
    def accounts(self) -> dict[str, str]:
        """The names that accounts have, by those that they had as guests."""
        return dict(self._accounts)

    def meet(self, usernames: Iterable[str]) -> None:
        """Note who is in a room together: two guests of one name are told apart from now on."""
        together: dict[str, list[str]] = {}
        for username in dict.fromkeys(usernames):
            if username not in self._accounts and (name := guest_name(username)) is not None:
                together.setdefault(username_key(name), []).append(username)
        for guests in together.values():
            taken = {self._numbers[guest] for guest in guests if guest in self._numbers}
            free = (number for number in count(1) if number not in taken)
            for guest in guests if len(guests) > 1 else ():
                if guest not in self._numbers:
                    self._numbers[guest] = next(free)

    def become(self, guest: str, account: str) -> bool:
        """Note that a guest has an account by now; return whether that is news."""
        if self._accounts.get(guest) == account:
            return False
        self._accounts.pop(guest, None)
        self._accounts[guest] = account
        if len(self._accounts) > MAX_NAMES:
            del self._accounts[next(iter(self._accounts))]
        return True

    def of(self, username: str) -> PersonName:
        """Return what somebody is called who has this name in a conversation."""
        if username in self._accounts:
            return PersonName(self._accounts[username])
        name = guest_name(username)
        if name is None or not USERNAME.admits(username):
            return PersonName(username)
        return PersonName(name, is_guest=True, number=self._numbers.get(username, 1))


def format_names(accounts: dict[str, str]) -> str:
    """Write the names as the browser keeps them."""
    return json.dumps(accounts, ensure_ascii=False)


def parse_names(text: str | None) -> dict[str, str]:
    """Read the names as the browser keeps them; what is none is left out."""
    value = parse_json_or_none(text or "{}")
    if not isinstance(value, dict):
        return {}
    names = {
        guest: account
        for guest, account in value.items()
        if guest_name(guest) is not None and isinstance(account, str) and USERNAME.admits(account)
    }
    return dict(list(names.items())[-MAX_NAMES:])
