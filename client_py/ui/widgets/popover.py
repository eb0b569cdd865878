"""Shows a tool in the room's header that opens a panel over the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from client_py.ui.widgets.header_button import build_tool
from client_py.ui.widgets.icons import icon
from client_py.words.page import CLOSE

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element
    from client_py.words.phrases import Phrase, Words


@dataclass(frozen=True, slots=True)
class PopoverLabels:
    """How a popover is called, for the page and for people."""

    name: str
    """Begins the ids of the panel and its title, and is the name of the drawing."""
    label: Phrase
    """On the button."""
    title: Phrase
    """Over the panel."""


class Popover:
    """A button and its panel; the browser itself opens and closes it."""

    def __init__(self, document: Document, words: Words, labels: PopoverLabels, *content: Element) -> None:
        create = document.create
        panel_id, title_id = f"{labels.name}-panel", f"{labels.name}-title"
        title = words.say(labels.title)
        # The popover API brings Escape, the click beside it, and the keyboard's way back to the button.
        attributes = {"popovertarget": panel_id, "title": title}
        self.opener = build_tool(document, labels.name, words.say(labels.label), attributes)
        closer = create(
            "button",
            {
                "type": "button",
                "class": "quiet square",
                "popovertarget": panel_id,
                "popovertargetaction": "hide",
                "aria-label": words.say(CLOSE),
            },
            icon(document, "close"),
        )
        self.panel = create(
            "div",
            {"id": panel_id, "class": "panel", "popover": "", "role": "dialog", "aria-labelledby": title_id},
            create("header", {"class": "card-head"}, create("h2", {"id": title_id}, title), closer),
            *content,
        )
        self.element = create("div", {}, self.opener, self.panel)
