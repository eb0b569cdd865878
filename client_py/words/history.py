"""Words what can be done with a room's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.core.conversation.faults import HistoryFault
from client_py.core.conversation.history_export import ExportWords
from client_py.words.phrases import Counted, Phrase, Words
from client_py.words.transcript import UNKNOWN, UNREADABLE

if TYPE_CHECKING:
    from client_py.core.conversation.notices import MessagesFound

EXPORT_TEXT = Phrase("Export as text")
EXPORT_JSON = Phrase("Export as JSON")

CLEAR_HISTORY = Phrase("Delete messages from this browser…")
CLEAR_QUESTION = Phrase("Delete all messages of this room from this browser? Those that are not delivered yet stay.")
# For translators: a button; yes, delete all messages.
CLEAR = Phrase("Delete")

# For translators: in an exported file, in the place of a date.
UNKNOWN_TIME = Phrase("unknown time")

SEARCH = Phrase("Search messages")
SEARCH_THE_ROOM = Phrase("Search the messages of this room")
MESSAGES_FOUND = Phrase("Messages found")
NONE_FOUND = Phrase("No message found")
SEARCH_FAILED = Phrase("The messages could not be searched. Please try again, or reload this page.")
FOUND = Counted("{count} message found", "{count} messages found")
# For translators: there may be more messages than these.
NEWEST_FOUND = Counted("Showing the newest message", "Showing the newest {count}")

HISTORY_FAULTS = {
    HistoryFault.NOT_EXPORTED: Phrase("The messages could not be exported. Please try again, or reload this page."),
    HistoryFault.NOT_CLEARED: Phrase("The messages could not be deleted. Please try again, or reload this page."),
}


def export_words(words: Words) -> ExportWords:
    """Say what stands in a file where there is nothing else to tell."""
    return ExportWords(words.say(UNREADABLE), words.say(UNKNOWN), words.say(UNKNOWN_TIME), words.person)


def summary_of(words: Words, found: MessagesFound) -> str:
    """Say how many messages were found, or that the search failed."""
    count = len(found.matches)
    if not count:
        return words.say(NONE_FOUND if found.complete else SEARCH_FAILED)
    return words.count(FOUND if found.complete else NEWEST_FOUND, count)
