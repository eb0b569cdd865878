"""Shows who one is to others: a name beside that of the account, and a colour."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.conversation.display_names import MAX_DISPLAY_NAME_CHARACTERS, display_name_of
from client_py.core.preferences import HUES
from client_py.ui.settings.rows import RadioGroup, build_group, build_words
from client_py.ui.widgets.avatar import avatar_of
from client_py.words.settings import (
    COLOUR,
    COLOUR_NUMBER,
    OWN_COLOUR,
    SAVE,
    SAVED,
    SHOWN_NAME,
    SHOWN_NAME_HINT,
    YOU,
)

if TYPE_CHECKING:
    from client_py.core.preferences import Preferences
    from client_py.ports.page import Document, DomEvent, Element
    from client_py.ui.settings.actions import SettingsActions
    from client_py.words.phrases import Words


class ProfileGroup:
    """The name is saved by a button or Enter, since one that is half typed is none; a colour takes effect at once."""

    def __init__(self, document: Document, words: Words, username: str, actions: SettingsActions) -> None:
        create, say = document.create, words.say
        self._document = document
        self._words = words
        self._username = username
        self._actions = actions
        self._shown: Preferences | None = None
        self._face = create("span", {"class": "face"})
        self._title = create("b", {"dir": "auto"})
        self._account = create("p", {"class": "note", "dir": "auto"}, username)
        self._name = create(
            "input",
            {
                "id": "display-name",
                "type": "text",
                "data-testid": "display-name",
                "autocomplete": "nickname",
                "dir": "auto",
                "maxlength": str(MAX_DISPLAY_NAME_CHARACTERS),
                "placeholder": username,
                "aria-describedby": "display-name-hint",
            },
        )
        self._saved = create("p", {"class": "note", "role": "status", "data-testid": "name-saved"})
        hint = create("p", {"class": "note", "id": "display-name-hint"}, say(SHOWN_NAME_HINT, username=username))
        save = create("button", {"type": "submit", "class": "soft", "data-testid": "save-name"}, say(SAVE))
        form = create(
            "form",
            {"class": "setting-form", "method": "dialog"},
            create("label", {"for": "display-name"}, say(SHOWN_NAME)),
            create("div", {"class": "with-button"}, self._name, save),
            hint,
            self._saved,
        )
        self._colours = RadioGroup(
            document,
            {"class": "swatches", "aria-label": say(COLOUR), "data-testid": "avatar-hue"},
            [self._swatch(hue) for hue in range(HUES + 1)],
            lambda hue: actions.choose(avatar_hue=hue),
        )
        colours = create("div", {"class": "setting"}, build_words(document, say(COLOUR)), self._colours.element)
        profile = create("div", {"class": "profile"}, self._face, create("div", {}, self._title, self._account))
        self.element = build_group(document, "you", say(YOU), create("div", {"class": "sheet"}, profile, form, colours))
        self._listeners = ExitStack()
        self._listeners.callback(self._colours.dispose)
        self._listeners.callback(form.on("submit", self._submitted))
        self._listeners.callback(self._name.on("input", lambda _event: self._say_saved(is_saved=False)))

    def show(self, preferences: Preferences) -> None:
        """Show what was chosen, also in another tab; what is being typed here stays until that is something else."""
        name = preferences.display_name
        if self._shown is None or self._shown.display_name != name:
            self._name.value = name
        self._shown = preferences
        self._title.text = name or self._username
        self._account.hidden = not name
        self._face.replace_children(
            avatar_of(self._document, name or self._username, "l", self._username, preferences.avatar_hue)
        )
        self._colours.show(preferences.avatar_hue)

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _swatch(self, hue: int) -> Element:
        label = self._words.say(COLOUR_NUMBER, number=hue) if hue else self._words.say(OWN_COLOUR)
        avatar = avatar_of(self._document, self._username, "s", self._username, hue)
        return self._document.create(
            "button", {"class": "swatch", "data-value": str(hue), "aria-label": label, "title": label}, avatar
        )

    def _submitted(self, event: DomEvent) -> None:
        event.prevent_default()
        name = display_name_of(self._name.value)
        self._name.value = name
        self._actions.choose(display_name=name)
        self._say_saved(is_saved=True)

    def _say_saved(self, *, is_saved: bool) -> None:
        self._saved.text = self._words.say(SAVED) if is_saved else ""
