"""Words the page's title, with a badge for what is unread."""

from __future__ import annotations

from client_py.words.page import APP_NAME


def title_of(room: str = "", unread: int = 0) -> str:
    """Return the title for a room with its number of unread messages, or for the pages outside rooms."""
    name = f"{room} · {APP_NAME}" if room else APP_NAME
    return f"({unread}) {name}" if unread else name
