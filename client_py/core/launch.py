"""Decides what the page was opened for, by the fragment of its address, which no server sees."""

from __future__ import annotations

from urllib.parse import unquote

NEW_CONVERSATION = "new"
"""Of the shortcut in static/manifest.webmanifest."""
SHARED = "share="
"""What static/service-worker.js puts before a text that another application has shared."""
MAX_SHARED_CHARACTERS = 20_000
MAX_SHARED_LINES = 500


def shared_text(fragment: str) -> str:
    """Return the text that another application has shared with us; nothing if there is none."""
    if not fragment.startswith(SHARED):
        return ""
    text = unquote(fragment[len(SHARED) : len(SHARED) + 9 * MAX_SHARED_CHARACTERS], errors="replace")
    # A number that says no character may be in it, and a message is Unicode.
    return "\n".join(text[:MAX_SHARED_CHARACTERS].split("\n")[:MAX_SHARED_LINES]).strip()
