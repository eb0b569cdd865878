"""Shows a form that asks for passwords, with what the server says of them at the field that it is about."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from client_py.words.settings import SHOW_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports.page import Document, DomEvent, Element
    from client_py.words.phrases import Words


@dataclass(frozen=True, slots=True)
class PasswordField:
    """One of the fields: its handle, its name in words, and what the browser may fill in."""

    test_id: str
    label: str
    autocomplete: str
    rule: str = ""
    """What it has to be like, said before it can be broken."""
    intro: str = ""
    """What is to be known before it is filled in."""


class PasswordForm:
    """Some fields and the button that sends them; the passwords are gone from the page when the form is left."""

    def __init__(
        self,
        document: Document,
        words: Words,
        username: str,
        fields: tuple[PasswordField, ...],
        button: Element,
        submitted: Callable[..., None],
    ) -> None:
        create = document.create
        self._document = document
        self._submitted = submitted
        self._button = button
        self._listeners = ExitStack()
        # Not to be seen: by this, the browser's password manager knows whose password it is.
        name = create("input", {"type": "text", "name": "username", "autocomplete": "username", "value": username})
        name.hidden = True
        self._fields: dict[str, Element] = {}
        self._faults: dict[str, Element] = {}
        built = [self._field(words, field) for field in fields]
        self.done = create("p", {"class": "note", "role": "status"})
        # As in index.html: a password can never end up in an address.
        form = create(
            "form",
            {"class": "setting-form", "method": "dialog", "novalidate": ""},
            name,
            *built,
            create("div", {"class": "buttons"}, button),
            self.done,
        )
        self.element = form
        self._form = form
        self._listeners.callback(form.on("submit", self._sent))

    def begin(self) -> None:
        """Take the keyboard to the first field."""
        next(iter(self._fields.values())).focus()

    def show_checking(self) -> None:
        """Show that it is on its way."""
        self._lock(locked=True)

    def refuse(self, test_id: str, sentence: str) -> None:
        """Say what is wrong with a field, and take the keyboard there."""
        self._lock(locked=False)
        for name, field in self._fields.items():
            field.set("aria-invalid", "true" if name == test_id else None)
            self._faults[name].text = sentence if name == test_id else ""
        self._fields[test_id].focus()

    def finish(self, sentence: str) -> None:
        """Say that it is done, and leave no password in the page."""
        self.clear()
        self.done.text = sentence

    def clear(self) -> None:
        """Leave nothing in the form."""
        self._lock(locked=False)
        self.done.text = ""
        for name, field in self._fields.items():
            field.value = ""
            self._unmark(name)

    def dispose(self) -> None:
        """Stop listening, and leave no password in the page."""
        self.clear()
        self._listeners.close()

    def _field(self, words: Words, field: PasswordField) -> Element:
        create = self._document.create
        test_id = field.test_id
        fault = create(
            "p", {"class": "fault", "role": "alert", "id": f"{test_id}-fault", "data-testid": f"{test_id}-fault"}
        )
        rule = create("p", {"class": "note", "id": f"{test_id}-rule"}, field.rule)
        rule.hidden = not field.rule
        entry = create(
            "input",
            {
                "id": test_id,
                "type": "password",
                "data-testid": test_id,
                "autocomplete": field.autocomplete,
                "aria-describedby": f"{test_id}-rule {test_id}-fault",
            },
        )
        show = create("button", {"type": "button", "class": "bare", "aria-pressed": "false"}, words.say(SHOW_PASSWORD))

        def toggle(_event: DomEvent) -> None:
            is_shown = entry.get("type") == "text"
            entry.set("type", "password" if is_shown else "text")
            show.set("aria-pressed", "false" if is_shown else "true")

        self._fields[test_id], self._faults[test_id] = entry, fault
        self._listeners.callback(show.on("click", toggle))
        self._listeners.callback(entry.on("input", lambda _event: self._unmark(test_id)))
        intro = (create("p", {}, field.intro),) if field.intro else ()
        return create(
            "div",
            {"class": "field"},
            *intro,
            create("label", {"for": test_id}, field.label),
            create("div", {"class": "with-tool"}, entry, show),
            rule,
            fault,
        )

    def _sent(self, event: DomEvent) -> None:
        event.prevent_default()
        self.done.text = ""
        if not self._button.disabled:
            self._submitted(*(field.value for field in self._fields.values()))

    def _unmark(self, test_id: str) -> None:
        # What is being mended is not called wrong any more.
        self._fields[test_id].set("aria-invalid", None)
        self._faults[test_id].text = ""

    def _lock(self, *, locked: bool) -> None:
        self._button.disabled = locked
        self._form.set("aria-busy", "true" if locked else None)
