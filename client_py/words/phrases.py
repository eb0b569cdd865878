"""Says the phrases of this package in the language of the page.

A phrase is its own English; a catalog of gettext (`static/words/`) has it in another language. Phrases are whole
sentences or whole labels, with named fields: how a sentence is put together differs from language to language.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from gettext import GNUTranslations, NullTranslations
from typing import NewType

from client_py.core.guest_names import GuestNames, PersonName
from protocol.usernames import isolated

Phrase = NewType("Phrase", str)
"""Marks English words for the catalogs, as gettext's `N_()` does; fields stand in braces: "Hello, {username}"."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Words about a number of things, which are in the field `count`; other languages have more than two forms."""

    one: str
    many: str


# For translators: what others read of a guest, in whatever sentence.
GUEST = Phrase("{name} (guest)")
# For translators: of a second, third or further guest of the same name.
GUEST_NUMBER = Phrase("{name} (guest {number})")


class Words:
    """The language of the page, chosen once; English without a catalog, which is a file in gettext's MO format."""

    def __init__(self, catalog: bytes | None = None) -> None:
        self._translations = GNUTranslations(io.BytesIO(catalog)) if catalog else NullTranslations()
        self.guest_names = GuestNames()
        """What guests are called, in every sentence with a name in it."""

    def say(self, phrase: Phrase, **fields: str | int) -> str:
        """Say a phrase, with its fields filled in; KeyError if one is missing.

        Names that are written from right to left leave the order of the sentence as it is.
        """
        return self._translations.gettext(phrase).format_map(self._named(fields))

    def person(self, username: str) -> str:
        """Say what somebody is called who has this name in a conversation."""
        return self._person(self.guest_names.of(username))

    def count(self, counted: Counted, count: int, **fields: str | int) -> str:
        """Say a phrase in the form that goes with a number of things."""
        return self._translations.ngettext(counted.one, counted.many, count).format(count=count, **self._named(fields))

    def _person(self, called: PersonName) -> str:
        if not called.is_guest:
            return called.name
        phrase = GUEST if called.number == 1 else GUEST_NUMBER
        name = isolated(called.name)
        return self._translations.gettext(phrase).format(name=name, number=called.number)

    def _named(self, fields: dict[str, str | int]) -> dict[str, str | int]:
        """Return the fields as people read them: nobody but a guest has a name with the mark of guests in it."""
        return {
            name: isolated(self.person(field)) if isinstance(field, str) else field for name, field in fields.items()
        }
