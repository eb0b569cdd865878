"""Draws what stands where somebody has nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element

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
