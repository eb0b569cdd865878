"""Shows a person or a room by the first letter of its name, in a colour of its own."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING
from unicodedata import category

from client_py.core.preferences import HUES
from protocol.usernames import username_key

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element


def hue_of(username: str) -> str:
    """Return a person's colour: the same on every page, and in whatever case the name is written."""
    return str(sum(map(ord, username_key(username))) % HUES + 1)


def initial_of(username: str) -> str:
    """Return the first letter of a name, large where its script has large ones, with the marks that belong to it."""
    marks = takewhile(lambda character: category(character).startswith("M"), username[1:])
    return "".join((username[:1].title()[:1], *marks))


def avatar_of(document: Document, name: str, size: str, account: str = "", hue: int = 0) -> Element:
    """Build the initial of a person or a room in their colour, which says nothing to a screen reader.

    It is small (`s`), of the size of a bar (`m`) or large (`l`), as app.css has it. The colour is the one that was
    chosen, or else that of the account's name.
    """
    chosen = str(hue) if hue else hue_of(account or name)
    attributes = {"class": "avatar", "data-hue": chosen, "data-size": size, "aria-hidden": "true"}
    return document.create("span", attributes, initial_of(name))
