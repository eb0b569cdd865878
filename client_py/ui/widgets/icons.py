"""Shows small drawings, as SVG elements that take the colour of the text around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element

# Outlines on a field of 24 by 24, drawn with a pen.
PATHS = {
    "archive": "M4 8.500V19h16V8.500M3 4.500h18v4H3zM9.500 12.500h5",
    "back": "M15 5l-7 7 7 7",
    "bell": "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.5 1.500h-15zM10 20.500a2.2 2.2 0 0 0 4 0",
    "bin": "M4.5 6.500h15M9.5 6V4h5v2M6.5 6.500l.8 13h9.4l.8-13M10 10.500v5.5M14 10.500v5.5",
    "clock": "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM12 7.500V12l3 2",
    "close": "M6 6l12 12M18 6L6 18",
    "compose": "M19 13v5a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2h5"
    "M10 14l.6-3L18 3.6a1.7 1.7 0 0 1 2.4 2.4L13 13.4z",
    "devices": "M3 5h13v3M3 5v10h8M7 19h4M14 10.500h7v9.500h-7z",
    "disk": "M4.5 6.500a7.5 3 0 1 0 15 0 7.5 3 0 1 0-15 0z"
    "M4.5 6.500v11c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3v-11M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3",
    "down": "M6 9.500l6 6 6-6",
    "download": "M12 4v11M7.5 11l4.5 4.500 4.5-4.500M5 19.500h14",
    "gear": "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 3v2.500M12 18.500V21M21 12h-2.500M5.5 12H3"
    "M18.4 5.600l-1.8 1.800M7.4 16.600l-1.8 1.800M18.4 18.400l-1.8-1.800M7.4 7.400L5.6 5.6",
    "info": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5M12 8h.01",
    "invite": "M10 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM3 20a7 7 0 0 1 11-5.700M18 14v6M15 17h6",
    "key": "M8 8a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM12.5 12.500H21M17.5 12.500v3.500M20.5 12.500v2.5",
    "keys": "M5 6h14a2.5 2.5 0 0 1 2.5 2.5v7a2.5 2.5 0 0 1-2.5 2.5H5a2.5 2.5 0 0 1-2.500-2.500v-7A2.5 2.5 0 0 1 5 6z"
    "M6 10h.01M10 10h.01M14 10h.01M18 10h.01M7.5 14h9",
    "leave": "M10 4H5v16h5M10 12h10M16 8l4 4-4 4",
    "lock": "M7.5 10.500h9A2.5 2.5 0 0 1 19 13v5a2.5 2.5 0 0 1-2.5 2.5h-9"
    "A2.5 2.5 0 0 1 5 18v-5a2.5 2.5 0 0 1 2.5-2.500zM8 10.500V8a4 4 0 0 1 8 0v2.5",
    "look": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 3.500v17M15 4.200v15.600M18 6.500v11",
    "more": "M5.500 12h.01M12 12h.01M18.500 12h.01",
    "mute": "M6 16.500V11a6 6 0 0 1 9.500-4.900M18 10.500v6l1.500 1.500h-12M10 20.500a2.200 2.200 0 0 0 4 0M4 4l16 16",
    "offline": "M3 3l18 18M8.5 15.5a5 5 0 0 1 5.8-.9M5 12a10 10 0 0 1 4-2.4M12.5 9a10 10 0 0 1 6.5 3"
    "M2 8.5a14.5 14.5 0 0 1 4-2.4M10.5 5a14.5 14.5 0 0 1 11.5 3.5M12 19.5h.01",
    "people": "M9 4a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 19.5a6.5 6.5 0 0 1 13 0"
    "M16 4.3a3.5 3.5 0 0 1 0 6.4M18 13.5a6.5 6.5 0 0 1 3.5 6",
    "renew": "M20 11.500A8 8 0 0 0 5.600 7L4 8.800M4 4.500v4.300h4.300"
    "M4 12.500A8 8 0 0 0 18.400 17l1.600-1.800M20 19.500v-4.300h-4.300",
    "search": "M11 4.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM16 16l4.500 4.500",
    "remove": "M5 7h14M10 7V4.500h4V7M7 7l1 12.500h8L17 7M10.500 10.500v5.500M13.500 10.500v5.500",
    "ring": "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15zM10 20.500a2.200 2.200 0 0 0 4 0",
    "send": "M5 12h13M12 5l7 7-7 7",
    "share": "M12 15V3.500M8 7l4-3.500L16 7M6 11H5v9.500h14V11h-1",
    "spin": "M12 3.500a8.500 8.500 0 1 1-8.500 8.500",
    "user": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20a7.5 7.5 0 0 1 15 0",
    "warning": "M12 4L2.500 20h19zM12 10v4.500M12 17.300h.01",
}
HEAVY = ("more",)
"""What is drawn with a heavier pen: dots."""
TURNING = ("back", "leave", "send")
"""What points somewhere, which is the other way where one reads from right to left."""


def icon(document: Document, name: str) -> Element:
    """Draw one; it says nothing to a screen reader, so that its button needs a label."""
    pen = {"stroke-width": "3"} if name in HEAVY else {}
    path = document.create("path", {"d": PATHS[name], **pen})
    return drawing(document, "0 0 24 24", path, turns=name in TURNING)


def drawing(document: Document, view_box: str, *paths: Element, turns: bool = False) -> Element:
    """Draw paths on a field; what `turns` is mirrored where one reads from right to left."""
    attributes = {
        "class": "icon turns" if turns else "icon",
        "viewBox": view_box,
        "aria-hidden": "true",
        "focusable": "false",
    }
    return document.create("svg", attributes, *paths)
