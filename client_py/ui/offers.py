"""Shows above everything what is offered to somebody, one quiet line for each: notifications, and a newer version.

A text that another application has shared has a line, too, until a conversation is chosen for it.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.conversation_list import one_line
from client_py.ui.offer import Offer, OfferWords
from client_py.words.attention import LATER, NEW_VERSION, NOT_NOW, OFFER_NOTIFICATIONS, RELOAD, TURN_ON
from client_py.words.home import SHARED
from client_py.words.page import CANCEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ui.actions import PageActions
    from client_py.ui.view_context import ViewContext

NOTIFICATIONS = OfferWords("offer-notifications", OFFER_NOTIFICATIONS, TURN_ON, NOT_NOW)
UPDATE = OfferWords("offer-update", NEW_VERSION, RELOAD, LATER)


class Offers:
    """The lines; `resized` is called when one comes, and takes room from what stands below."""

    def __init__(self, context: ViewContext, actions: PageActions, resized: Callable[[], None]) -> None:
        document = context.document
        self._words = words = context.words
        create = document.create
        self.notifications = Offer(document, words, NOTIFICATIONS, actions.turn_on_notifications, resized)
        self.update = Offer(document, words, UPDATE, actions.reload, resized)
        self._text = create("p", {"class": "cut", "role": "status", "dir": "auto"})
        drop = create("button", {"type": "button", "class": "bare", "data-testid": "shared-no"}, words.say(CANCEL))
        self._shared = create("div", {"class": "offer", "data-testid": "shared"}, self._text, drop)
        self._shared.hidden = True
        lines = (self._shared, self.update.element, self.notifications.element)
        self.element = create("div", {"class": "offers"}, *lines)
        self._listeners = ExitStack()
        for dispose in (
            self.notifications.dispose,
            self.update.dispose,
            drop.on("click", lambda _event: actions.drop_shared()),
        ):
            self._listeners.callback(dispose)

    def show_shared(self, text: str) -> None:
        """Say that a conversation is to be chosen for a text, or with none nothing."""
        self._shared.hidden = not text
        self._text.text = self._words.say(SHARED, text=one_line(text)) if text else ""

    def dispose(self) -> None:
        """Stop listening, in every part."""
        self._listeners.close()
