"""Shows the box that messages are written in; what stands in it is never lost."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from client_py.core.conversation.faults import ItemFault
from client_py.core.frames import MAX_ITEM_BYTES
from client_py.ui.text_direction import direction_of
from client_py.ui.widgets.icons import icon
from client_py.ui.widgets.once_per_frame import OncePerFrame
from client_py.words.room import MESSAGE, SEND, TOO_MANY_LINES, WRITE, item_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports.page import Document, DomEvent
    from client_py.ui.actions import RoomActions
    from client_py.words.phrases import Words

MAX_SHARE_OF_HEIGHT = 0.4
"""Beyond this share of the window, the box scrolls instead of growing."""
MAX_LINES = 5_000
"""A browser lays out a text area as a whole, and more lines would hold Chromium for longer than 0.2 s. The longest
message that there can be has some fifty characters in each of them then."""
TALL_LINES = 250
"""A text of more lines is higher than that in any window. To measure it, a browser would lay it out several times."""


@dataclass(slots=True)
class Draft:
    """What is written and not sent yet; it outlives the composer that shows it."""

    text: str = ""


class Composer:
    """A text area that Enter sends from; `resized` is called when its height may be another."""

    def __init__(
        self, document: Document, words: Words, draft: Draft, actions: RoomActions, resized: Callable[[], None]
    ) -> None:
        self._root = document.root()
        self._words = words
        self._draft = draft
        self._actions = actions
        self._resized = resized
        self._fitting = OncePerFrame(document, self._fit_now)
        self._box = document.create(
            "textarea",
            {
                "data-testid": "composer",
                "aria-label": words.say(MESSAGE),
                "placeholder": words.say(WRITE),
                "rows": "1",
                "enterkeyhint": "send",
                "autocomplete": "off",
            },
        )
        self._send = document.create(
            "button",
            {
                "type": "submit",
                "data-testid": "send",
                "class": "send primary",
                "aria-label": words.say(SEND),
                "title": words.say(SEND),
            },
            icon(document, "send"),
        )
        self._fault = document.create("p", {"class": "fault", "role": "alert"})
        form = document.create("form", {"class": "compose"}, self._box, self._send)
        self.element = document.create("div", {"class": "composer"}, self._fault, form)
        self._listeners = ExitStack()
        self._listeners.callback(self._fitting.dispose)
        for element, event, listener in (
            (self._box, "keydown", self._key_pressed),
            (self._box, "beforeinput", self._about_to_be_edited),
            (self._box, "input", self._edited),
            (form, "submit", self._submitted),
            # Pressing the button must not take the keyboard from the box: a phone's would close and open again.
            (self._send, "mousedown", lambda event: event.prevent_default()),
        ):
            self._listeners.callback(element.on(event, listener))

    def begin(self) -> None:
        """Show the draft, and take the keyboard."""
        self._write(self._draft.text)
        self._box.focus()

    def restore(self, text: str, sentence: str) -> None:
        """Put a text back that could not be taken, before what was written since, and say why; it may be empty."""
        self._fault.text = sentence
        self._write("\n".join(filter(None, (text, self._draft.text))))
        self._actions.draft_changed(self._draft.text)

    @property
    def text(self) -> str:
        """What is begun and not sent."""
        return self._draft.text

    def load(self, text: str) -> None:
        """Put back what was begun before the page was loaded, unless something else is begun already."""
        if not self._draft.text:
            self._write(text)

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _key_pressed(self, event: DomEvent) -> None:
        if event.key == "Enter" and not event.shift and not event.composing:
            event.prevent_default()
            self._send_text()

    def _about_to_be_edited(self, event: DomEvent) -> None:
        """Decline what would hold the page; it stands where it was copied, and the draft stays as it is."""
        sentence = self._objection(event.data)
        if sentence:
            event.prevent_default()
            self._fault.text = sentence
            self._resized()

    def _objection(self, added: str) -> str:
        if len(added) > MAX_ITEM_BYTES:
            return item_fault(self._words, ItemFault.TOO_LONG)
        newlines = added.count("\n")
        if newlines and newlines + self._draft.text.count("\n") >= MAX_LINES:
            return self._words.say(TOO_MANY_LINES, most=MAX_LINES)
        return ""

    def _edited(self, _event: DomEvent) -> None:
        self._draft.text = self._box.value
        self._actions.draft_changed(self._draft.text)
        self._fault.text = ""
        self._turn()
        self._fit()
        self._actions.typed()

    def _submitted(self, event: DomEvent) -> None:
        event.prevent_default()
        self._send_text()
        self._box.focus()

    def _send_text(self) -> None:
        text = self._box.value
        if text.strip():
            # Emptied first: a refusal may come back within `send`, and brings the text along.
            self._fault.text = ""
            self._write("")
            self._actions.draft_changed("")
            self._actions.send(text)

    def _write(self, text: str) -> None:
        self._draft.text = text
        self._box.value = text
        self._turn()
        self._fit()

    def _turn(self) -> None:
        """Have the text run in its own direction; an empty box, and one of numbers alone, follows the page."""
        self._box.set("dir", direction_of(self._draft.text))

    def _fit(self) -> None:
        # The page has to be laid out for it, which may not keep a message waiting.
        self._fitting.ask()

    def _fit_now(self) -> None:
        max_height = MAX_SHARE_OF_HEIGHT * self._root.client_height
        if self._draft.text.count("\n") > TALL_LINES:
            self._box.set_height(max_height)
        else:
            self._box.fit_to_content(max_height)
        self._resized()
