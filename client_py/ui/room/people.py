"""Shows who else is in the room."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING
from unicodedata import category

from client_py.words.room import ALSO_YOU, OTHERS
from protocol.usernames import username_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.core.notices import Member
    from client_py.ports.page import Document, Element
    from client_py.words.phrases import Words

HUES = 6
"""How many colours app.css has for people."""


def hue_of(username: str) -> str:
    """Return a person's colour: the same on every page, and in whatever case the name is written."""
    return str(sum(map(ord, username_key(username))) % HUES)


def initial_of(username: str) -> str:
    """Return the first letter of a name, large where its script has large ones, with the marks that belong to it."""
    marks = takewhile(lambda character: category(character).startswith("M"), username[1:])
    return "".join((username[:1].title()[:1], *marks))


def avatar_of(document: Document, username: str) -> Element:
    """Build a person's initial in their colour, which says nothing to a screen reader."""
    attributes = {"class": "avatar", "data-hue": hue_of(username), "aria-hidden": "true"}
    return document.create("span", attributes, initial_of(username))


class PeerList:
    """The people in the room, each once however many devices they are there with; one's own other devices come last."""

    def __init__(self, document: Document, words: Words, own_name: str) -> None:
        self._document = document
        self._words = words
        self._own_name = own_name
        self.element = document.create("ul", {"class": "peers", "aria-label": words.say(OTHERS)})

    def show(self, members: Sequence[Member]) -> None:
        """Show whose devices these are, and nobody else."""
        names = dict.fromkeys(member.username for member in members)
        self.element.replace_children(*map(self._person, sorted(names, key=self._own_name.__eq__)))

    def _person(self, name: str) -> Element:
        create = self._document.create
        note = (" ", create("span", {"class": "note"}, self._words.say(ALSO_YOU))) if name == self._own_name else ()
        return create(
            "li",
            {"class": "peer", "data-testid": "peer", "data-name": name},
            avatar_of(self._document, name),
            create("span", {"class": "name", "dir": "auto"}, name),
            *note,
        )
