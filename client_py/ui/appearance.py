"""Shows the page in the theme and the size of text that were chosen; before Python, static/before-paint.js does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.core.preferences import TextSize, Theme

if TYPE_CHECKING:
    from client_py.core.preferences import Preferences
    from client_py.ports.page import Document


def show_appearance(document: Document, preferences: Preferences) -> None:
    """Have the page look as it was chosen, and the browser's own bars with it."""
    root, theme = document.root(), preferences.theme
    is_system = theme is Theme.SYSTEM
    root.set("data-theme", None if is_system else theme)
    root.set("data-text", None if preferences.text_size is TextSize.NORMAL else preferences.text_size)
    for shade in (Theme.LIGHT, Theme.DARK):
        chosen = "screen" if shade is theme else "print"
        media = f"(prefers-color-scheme: {shade})" if is_system else chosen
        document.by_id(f"theme-{shade}").set("media", media)
