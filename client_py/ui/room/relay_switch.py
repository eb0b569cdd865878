"""Shows whether the person connects through a relay only, and lets them choose."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.widgets.toggle_switch import build_switch
from client_py.words.relay import RELAY_ONLY, relay_hint

if TYPE_CHECKING:
    from client_py.core.peer.ice_servers import RelayChoice
    from client_py.ports.page import Document, DomEvent
    from client_py.ui.actions import PageActions
    from client_py.words.phrases import Words


class RelaySwitch:
    """A switch with a sentence on what it means; it is not there before it is known how it stands."""

    def __init__(self, document: Document, words: Words, actions: PageActions) -> None:
        self._words = words
        self._actions = actions
        self._only = False
        self._switch = build_switch(document, words.say(RELAY_ONLY), "relay-only", "relay-hint")
        self._hint = document.create("p", {"class": "note", "id": "relay-hint"})
        self.element = document.create("div", {"class": "relaying"}, self._switch, self._hint)
        self.element.hidden = True
        self._listeners = ExitStack()
        self._listeners.callback(self._switch.on("click", self._switched))

    def show(self, choice: RelayChoice) -> None:
        """Show what was chosen, and what that means here."""
        self._only = choice.only
        self._switch.set("aria-checked", "true" if choice.only else "false")
        # Without a relay it would only be in vain; but who chose it elsewhere must be able to take it back.
        self._switch.disabled = choice.offered is False and not choice.only
        self._hint.text = self._words.say(relay_hint(choice))
        self.element.hidden = False

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _switched(self, _event: DomEvent) -> None:
        self._actions.set_relay_only(not self._only)
