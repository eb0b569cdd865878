"""Words what the page says to somebody who looks elsewhere, and what it offers once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.words.home import OTHER_THAN_TEXT, SAID
from client_py.words.phrases import Phrase
from client_py.words.transcript import NEW

if TYPE_CHECKING:
    from client_py.core.attention import Announce
    from client_py.words.phrases import Words

OFFER_NOTIFICATIONS = Phrase("Be told of new messages while you look elsewhere?")
TURN_ON = Phrase("Turn on")
NOT_NOW = Phrase("Not now")
NEW_VERSION = Phrase("A new version is ready.")
RELOAD = Phrase("Reload")
LATER = Phrase("Later")


def body_of(words: Words, announcement: Announce) -> str:
    """Return what a notification says below the room's name: what was said last, and how much more is new."""
    last, count = announcement.last, words.count(NEW, announcement.count)
    if last is None:
        return count
    said = words.say(SAID, username=last.author, text=last.text or words.say(OTHER_THAN_TEXT))
    return said if announcement.count == 1 else f"{said}\n{count}"
