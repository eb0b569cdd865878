"""Draws the mark, and what stands where somebody has nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element

MARK = {
    "two": "M44 2H45A17 17 0 0 1 62 19V20A17 17 0 0 1 45 37H31.5A4.5 4.5 0 0 1 27 32.5V19A17 17 0 0 1 44 2z",
    "one": "M19 27H32.5A4.5 4.5 0 0 1 37 31.5V45A17 17 0 0 1 20 62H19A17 17 0 0 1 2 45V44A17 17 0 0 1 19 27z",
    "line": "M31 27h2a4 4 0 0 1 4 4v2a4 4 0 0 1-4 4h-2a4 4 0 0 1-4-4v-2a4 4 0 0 1 4-4z",
}
"""Two speech bubbles whose corners meet; the square that they share is the line."""

BODY = "M-25 -32V30c0 5 11 9 25 9s25-4 25-9V-32z"
GROOVES = "M-25 -12c0 5 11 9 25 9s25-4 25-9M-25 8c0 5 11 9 25 9s25-4 25-9"
RIM = "M-25 -32a25 9 0 1 0 50 0a25 9 0 1 0 -50 0z"
INSIDE = "M-19 -32a19 6 0 1 0 38 0a19 6 0 1 0 -38 0z"
GROUND = "M18 126a44 5 0 1 0 88 0a44 5 0 1 0 -88 0zM194 126a44 5 0 1 0 88 0a44 5 0 1 0 -88 0z"
STRING = "M96 84C122 118 178 118 204 84"
TINS = {"one": "translate(60 68) rotate(-66)", "two": "translate(240 68) rotate(66)"}
"""Where each of the two tins stands; app.css has their colours."""


def draw_two_tins(document: Document) -> Element:
    """Draw two tins and a string: the oldest line with no company in between. It says nothing to a screen reader."""
    create = document.create
    paths = [("ground", GROUND, ""), ("string", STRING, "")]
    for name, place in TINS.items():
        paths += [
            (name, BODY, place),
            ("grooves", GROOVES, place),
            ("rim", RIM, place),
            (f"{name} inside", INSIDE, place),
        ]
    attributes = {"class": "art", "viewBox": "0 0 300 136", "aria-hidden": "true", "focusable": "false"}
    return create(
        "svg", attributes, *(create("path", {"class": kind, "d": d, "transform": place}) for kind, d, place in paths)
    )


def draw_mark(document: Document) -> Element:
    """Draw the mark of P2P Chat, which says nothing to a screen reader: its name stands beside it."""
    paths = (document.create("path", {"class": name, "d": d}) for name, d in MARK.items())
    attributes = {"class": "mark", "viewBox": "0 0 64 64", "aria-hidden": "true", "focusable": "false"}
    return document.create("svg", attributes, *paths)
