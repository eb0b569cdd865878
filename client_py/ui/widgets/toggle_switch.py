"""Shows a switch: a label, and a track whose knob app.css moves by `aria-checked`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element


def build_switch(document: Document, label: str, test_id: str, hint_id: str) -> Element:
    """Build one; what it means stands in the element of `hint_id`, and whether it is on is the caller's to set."""
    create = document.create
    attributes = {"type": "button", "class": "switch", "role": "switch", "data-testid": test_id}
    return create(
        "button",
        attributes | {"aria-describedby": hint_id},
        create("span", {}, label),
        create("span", {"class": "track", "aria-hidden": "true"}),
    )
