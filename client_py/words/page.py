"""Words what stands in many places of the page."""

from __future__ import annotations

from client_py.words.phrases import Phrase

APP_NAME = "P2P Chat"
"""The same in every language."""

CANCEL = Phrase("Cancel")
CLOSE = Phrase("Close")
DISMISS = Phrase("Dismiss")
