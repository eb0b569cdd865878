"""Shows small drawings, as SVG elements that take the colour of the text around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element

# Outlines on a field of 24 by 24, drawn with a pen.
PATHS = {
    "back": "M15 5l-7 7 7 7",
    "clock": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5V12l3 2",
    "close": "M6 6l12 12M18 6L6 18",
    "connection": "M12 3l7 3v5.500c0 4.300-3 7.700-7 9.500-4-1.800-7-5.200-7-9.500V6zM9 12l2 2 4-4",
    "devices": "M3 5h13v3M3 5v10h8M7 19h4M14 10.500h7v9.500h-7z",
    "down": "M12 5v14M6 13l6 6 6-6",
    "history": "M3 12a9 9 0 1 0 3-6.700L3 8M3 3v5h5M12 7.500V12l3 2",
    "invite": "M10 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM3 20a7 7 0 0 1 11.500-5.400M18 14v6M15 17h6",
    "logout": "M10 4H5v16h5M10 12h10M16 8l4 4-4 4",
    "send": "M5 12h13M12 5l7 7-7 7",
}


def icon(document: Document, name: str) -> Element:
    """Draw one; it says nothing to a screen reader, so that its button needs a label."""
    return drawing(document, "0 0 24 24", document.create("path", {"d": PATHS[name]}))


def drawing(document: Document, view_box: str, *paths: Element) -> Element:
    """Draw paths on a field."""
    attributes = {"class": "icon", "viewBox": view_box, "aria-hidden": "true", "focusable": "false"}
    return document.create("svg", attributes, *paths)
