"""Shows the buttons of a bar: a drawing, whose label is for the ear and under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.ui.widgets.icons import icon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from client_py.ports.page import Document, Element


def build_tool(document: Document, drawing: str, label: str, attributes: Mapping[str, str]) -> Element:
    """Build a button of this drawing, which is called by the label."""
    classes = " ".join(filter(None, ("tool", attributes.get("class"))))
    named = {"type": "button", "aria-label": label, "title": label, **attributes, "class": classes}
    return document.create("button", named, icon(document, drawing))
