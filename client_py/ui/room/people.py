"""Shows who else is in the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.core.shown_names import ShownName
from client_py.words.room import ALSO_YOU, OTHERS, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.core.notices import Member
    from client_py.core.shown_names import ShownNames
    from client_py.ports.page import Document, Element
    from client_py.words.phrases import Words


class PeerList:
    """The people in the room, each once however many devices they are there with; one's own other devices come last."""

    def __init__(self, document: Document, words: Words, own_name: str, names: ShownNames) -> None:
        self._document = document
        self._words = words
        self._own_name = own_name
        self._names = names
        self.element = document.create("ul", {"class": "peers", "aria-label": words.say(OTHERS)})

    def show(self, members: Sequence[Member]) -> None:
        """Show whose devices these are, and nobody else."""
        names = dict.fromkeys(member.username for member in members)
        self.element.replace_children(*map(self._person, sorted(names, key=self._own_name.__eq__)))

    def _person(self, name: str) -> Element:
        create, shown = self._document.create, self._names.of(name)
        # By whatever they are called, the account is never further away than the pointer.
        title = name_of(self._words, ShownName(shown.name, name)) if shown.name != name else self._words.person(name)
        note = (" ", create("span", {"class": "note"}, self._words.say(ALSO_YOU))) if name == self._own_name else ()
        return create(
            "li",
            {"class": "peer", "data-testid": "peer", "data-name": name},
            create("span", {"class": "name", "dir": "auto", "title": title}, name_of(self._words, shown)),
            *note,
        )
