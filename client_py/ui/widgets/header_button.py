"""Shows the buttons of the room's header: a drawing, and beside it a label where there is room for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.ui.widgets.icons import icon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from client_py.ports.page import Document, Element


def build_tool(document: Document, drawing: str, label: str, attributes: Mapping[str, str]) -> Element:
    """Build a button; app.css takes the label from the eye in a narrow window, and leaves it to screen readers."""
    return document.create(
        "button",
        {"type": "button", "class": "tool", **attributes},
        icon(document, drawing),
        document.create("span", {"class": "tool-label"}, label),
    )
