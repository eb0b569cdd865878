"""Words whether messages are kept in this browser, and what keeps it from keeping them."""

from __future__ import annotations

from client_py.core.retention import Retention, RetentionFault
from client_py.words.phrases import Phrase, Words

KEEP = Phrase("Keep messages in this browser")
KEPT = Phrase("Messages stay in this browser until you delete them.")
NOT_KEPT = Phrase("Messages are gone when you close this page, even those that are not delivered yet.")

STOP_QUESTION = Phrase(
    "Delete the messages of all rooms from this browser? Those that this page shows stay until you close it."
)
# For translators: a button; yes, keep no messages any more.
STOP = Phrase("Stop keeping")

FAULTS = {
    RetentionFault.INSECURE: Phrase(
        "This browser keeps no messages for this page, because it is not served over HTTPS. They are gone when you "
        "close the page, even those that are not delivered yet."
    ),
    RetentionFault.FORBIDDEN: Phrase(
        "This browser lets this page keep no messages, because of private browsing or blocked cookies. They are gone "
        "when you close the page, even those that are not delivered yet."
    ),
    RetentionFault.FULL: Phrase(
        "This browser has no room left to keep messages. New ones are gone when you close this page. Free some space "
        "and reload it."
    ),
    RetentionFault.NEWER: Phrase(
        "A newer version of this page has been used in this browser, and this one cannot read what it kept. Messages "
        "are gone when you close this page. Reload it to get the newer version."
    ),
    RetentionFault.BLOCKED: Phrase(
        "Another tab of this browser has an older version of this page open, and keeps this one from its messages. "
        "They are gone when you close this page. Close that tab, and reload this one."
    ),
    RetentionFault.SILENT: Phrase(
        "This browser does not open what it keeps for this page. Messages are gone when you close the page. Restart "
        "the browser to keep them again."
    ),
    RetentionFault.CLOSED: Phrase(
        "This browser has taken away what it kept for this page. Messages are gone when you close the page. Reload it "
        "to try again."
    ),
    RetentionFault.TAKEN_AWAY: Phrase(
        "The messages that this browser kept were deleted, or another tab uses a newer version of this page. New ones "
        "are gone when you close this page. Reload it to keep them again."
    ),
    RetentionFault.FAILED: Phrase(
        "This browser failed to keep messages ({reason}). New ones are gone when you close this page. Reload it to try "
        "again."
    ),
    RetentionFault.NO_LOCKS: Phrase(
        "This browser does not let this page know of its other tabs ({reason}), and without that it cannot keep "
        "messages. They are gone when you close the page, even those that are not delivered yet."
    ),
    RetentionFault.NOT_REMOVED: Phrase(
        "The messages that this browser kept could not be deleted. Reload this page to try again."
    ),
}


def retention_fault(words: Words, keeping: Retention) -> str:
    """Say what keeps the browser from doing as the person wants, and what to do; nothing where it does."""
    return words.say(FAULTS[keeping.fault], reason=keeping.reason) if keeping.fault else ""


def retention_hint(words: Words, keeping: Retention) -> str:
    """Say what it means that messages are kept, or are not."""
    return retention_fault(words, keeping) or words.say(KEPT if keeping.kept else NOT_KEPT)
