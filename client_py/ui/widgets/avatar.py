"""Shows a person or a room by the first letter of its name, in a colour of its own."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING
from unicodedata import category

from protocol.usernames import username_key

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element

HUES = 8
"""How many colours app.css has for people."""


def hue_of(username: str) -> str:
    """Return a person's colour: the same on every page, and in whatever case the name is written."""
    return str(sum(map(ord, username_key(username))) % HUES + 1)


def initial_of(username: str) -> str:
    """Return the first letter of a name, large where its script has large ones, with the marks that belong to it."""
    marks = takewhile(lambda character: category(character).startswith("M"), username[1:])
    return "".join((username[:1].title()[:1], *marks))


def avatar_of(document: Document, name: str, size: str) -> Element:
    """Build the initial of a person or a room in their colour, which says nothing to a screen reader.

    It is small (`s`) or of the size of a bar (`m`), as app.css has it.
    """
    attributes = {"class": "avatar", "data-hue": hue_of(name), "data-size": size, "aria-hidden": "true"}
    return document.create("span", attributes, initial_of(name))
