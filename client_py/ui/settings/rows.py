"""Shows the rows of which the settings are made: switches, choices of one among several, and what unfolds a form."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from client_py.ports.page import Document, DomEvent, Element

FORWARD, BACKWARD = ("ArrowRight", "ArrowDown"), ("ArrowLeft", "ArrowUp")


def build_group(document: Document, name: str, title: str, *rows: Element) -> Element:
    """Build a group with its title; `name` begins the id of the title, to which the list of groups leads."""
    title_id = f"settings-{name}"
    return document.create(
        "section",
        {"class": "group", "data-testid": title_id, "aria-labelledby": title_id},
        document.create("h2", {"id": title_id, "tabindex": "-1"}, title),
        *rows,
    )


def build_words(document: Document, label: str, *notes: Element) -> Element:
    """Build what a row says: its label, and below it what that means."""
    return document.create("span", {"class": "words"}, document.create("span", {}, label), *notes)


class SwitchRow:
    """A row that is on or off, with a sentence on what it means if there is one."""

    def __init__(
        self, document: Document, label: str, test_id: str, hint: str, switched: Callable[[bool], None]
    ) -> None:
        create = document.create
        self._is_on = False
        self._hint = create("span", {"class": "note", "id": f"{test_id}-hint"}, hint)
        self._hint.hidden = not hint
        attributes = {"type": "button", "class": "setting", "role": "switch", "data-testid": test_id}
        self.element = create(
            "button",
            # The sentence describes the switch, and does not belong to its name.
            attributes | {"aria-label": label, "aria-describedby": f"{test_id}-hint", "aria-checked": "false"},
            build_words(document, label, self._hint),
            create("span", {"class": "track", "aria-hidden": "true"}),
        )
        self._listeners = ExitStack()
        self._listeners.callback(self.element.on("click", lambda _event: switched(not self._is_on)))

    def show(self, is_on: bool) -> None:  # noqa: FBT001 - the row's one state
        """Show how it stands."""
        self._is_on = is_on
        self.element.set("aria-checked", "true" if is_on else "false")

    def explain(self, hint: str, *, enabled: bool) -> None:
        """Say what it means just now, and whether it can be had otherwise."""
        self._hint.text = hint
        self._hint.hidden = not hint
        self.element.disabled = not enabled

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()


class RadioGroup:
    """Some buttons of which one is chosen; arrows go from one to the next, as in a group of the browser's own."""

    def __init__(
        self, document: Document, attributes: dict[str, str], radios: Sequence[Element], chosen: Callable[[int], None]
    ) -> None:
        self._radios = tuple(radios)
        self._chosen = chosen
        self._listeners = ExitStack()
        for number, radio in enumerate(self._radios):
            radio.set("type", "button")
            radio.set("role", "radio")
            self._listeners.callback(radio.on("click", partial(self._press, number)))
            self._listeners.callback(radio.on("keydown", partial(self._move, number)))
        self.element = document.create("span", {**attributes, "role": "radiogroup"}, *self._radios)

    def show(self, chosen: int) -> None:
        """Show which one it is; by Tab one comes to that one alone."""
        for number, radio in enumerate(self._radios):
            radio.set("aria-checked", "true" if number == chosen else "false")
            radio.set("tabindex", "0" if number == chosen else "-1")

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _press(self, number: int, _event: DomEvent) -> None:
        self._chosen(number)

    def _move(self, number: int, event: DomEvent) -> None:
        step = (event.key in FORWARD) - (event.key in BACKWARD)
        if not step:
            return
        event.prevent_default()  # or the page scrolls
        other = (number + step) % len(self._radios)
        self._chosen(other)
        self._radios[other].focus()


def build_choice(
    document: Document, label: str, test_id: str, options: Sequence[tuple[str, str]], chosen: Callable[[int], None]
) -> tuple[Element, RadioGroup]:
    """Build a row that offers some words; each option has a code, which stands in `data-value`, and its word."""
    create = document.create
    radios = [create("button", {"data-value": value}, word) for value, word in options]
    group = RadioGroup(document, {"class": "choice", "aria-label": label, "data-testid": test_id}, radios, chosen)
    return create("div", {"class": "setting"}, build_words(document, label), group.element), group


class Unfolding:
    """A row that shows or hides what stands below it."""

    def __init__(self, opener: Element, content: Element, opened: Callable[[], None]) -> None:
        self._opener = opener
        self._content = content
        self._opened = opened
        self._listeners = ExitStack()
        self._listeners.callback(opener.on("click", lambda _event: self.fold() if self.is_open else self._unfold()))
        self.fold()

    @property
    def is_open(self) -> bool:
        """Whether it is to be seen."""
        return not self._content.hidden

    def fold(self) -> None:
        """Hide it."""
        self._show(is_open=False)

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _unfold(self) -> None:
        self._show(is_open=True)
        self._opened()

    def _show(self, *, is_open: bool) -> None:
        self._content.hidden = not is_open
        self._opener.set("aria-expanded", "true" if is_open else "false")
