"""Shows a panel over the page, which a button opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.ui.widgets.header_button import build_tool
from client_py.words.page import CLOSE

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element
    from client_py.words.phrases import Phrase, Words


class Popover:
    """The panel that a button opens; the browser itself opens and closes it.

    The name begins the ids of the panel and of its title.
    """

    def __init__(
        self, document: Document, words: Words, name: str, title: Phrase, opener: Element, *content: Element
    ) -> None:
        create = document.create
        panel_id, title_id = f"{name}-panel", f"{name}-title"
        # The popover API brings Escape, the click beside it, and the keyboard's way back to the button.
        opener.set("popovertarget", panel_id)
        opener.set("aria-haspopup", "dialog")
        attributes = {"popovertarget": panel_id, "popovertargetaction": "hide"}
        closer = build_tool(document, "close", words.say(CLOSE), attributes)
        self.panel = create(
            "div",
            {"id": panel_id, "class": "panel", "popover": "", "role": "dialog", "aria-labelledby": title_id},
            create("header", {"class": "panel-head"}, create("h2", {"id": title_id}, words.say(title)), closer),
            *content,
        )
