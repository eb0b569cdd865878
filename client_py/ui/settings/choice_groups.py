"""Shows what is chosen by switches and choices alone: looks, notifications, privacy."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.attention import Permission
from client_py.core.preferences import TextSize, Theme
from client_py.ui.settings.rows import SwitchRow, build_choice, build_group
from client_py.words.relay import RELAY_ONLY, relay_hint
from client_py.words.settings import (
    APPEARANCE,
    NOTIFICATION_TEXT,
    NOTIFICATION_TEXT_HINT,
    NOTIFICATIONS,
    NOTIFY,
    NOTIFY_HINTS,
    PRIVACY,
    READ_RECEIPTS,
    READ_RECEIPTS_HINT,
    SOUND,
    TEXT_SIZE,
    TEXT_SIZES,
    THEME,
    THEMES,
    TYPING_SHOWN,
    TYPING_SHOWN_HINT,
)

if TYPE_CHECKING:
    from client_py.core.peer.ice_servers import RelayChoice
    from client_py.core.preferences import Preferences
    from client_py.ports.page import Document
    from client_py.ui.settings.actions import SettingsActions
    from client_py.words.phrases import Words


class AppearanceGroup:
    """Theme and size of text."""

    def __init__(self, document: Document, words: Words, actions: SettingsActions) -> None:
        say = words.say
        self._themes, self._sizes = tuple(Theme), tuple(TextSize)
        theme, self._theme = build_choice(
            document,
            say(THEME),
            "theme",
            [(value, say(THEMES[value])) for value in self._themes],
            lambda number: actions.choose(theme=self._themes[number]),
        )
        size, self._size = build_choice(
            document,
            say(TEXT_SIZE),
            "text-size",
            [(value, say(TEXT_SIZES[value])) for value in self._sizes],
            lambda number: actions.choose(text_size=self._sizes[number]),
        )
        sheet = document.create("div", {"class": "sheet"}, theme, size)
        self.element = build_group(document, "appearance", say(APPEARANCE), sheet)
        self._listeners = ExitStack()
        for part in (self._theme, self._size):
            self._listeners.callback(part.dispose)

    def show(self, preferences: Preferences) -> None:
        """Show what was chosen."""
        self._theme.show(self._themes.index(preferences.theme))
        self._size.show(self._sizes.index(preferences.text_size))

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()


class NotificationGroup:
    """Whether the person is told of messages, and by a sound."""

    def __init__(self, document: Document, words: Words, actions: SettingsActions) -> None:
        say = words.say
        self._words = words
        self._wants, self._permission = False, Permission.UNASKED
        self._notify = SwitchRow(document, say(NOTIFY), "notifications", "", actions.set_notifications)
        self._text = SwitchRow(
            document,
            say(NOTIFICATION_TEXT),
            "notification-text",
            say(NOTIFICATION_TEXT_HINT),
            lambda on: actions.choose(notification_text=on),
        )
        self._sound = SwitchRow(document, say(SOUND), "sound", "", lambda on: actions.choose(sound=on))
        self._rows = (self._notify, self._text, self._sound)
        sheet = document.create("div", {"class": "sheet"}, *(row.element for row in self._rows))
        self.element = build_group(document, "notifications", say(NOTIFICATIONS), sheet)

    def show(self, preferences: Preferences) -> None:
        """Show what was chosen."""
        self._wants = preferences.notifications
        self._show_notify()
        self._text.show(preferences.notification_text)
        self._sound.show(preferences.sound)

    def show_permission(self, permission: Permission) -> None:
        """Show what the browser lets the page do: without it, no notification comes whatever was chosen."""
        self._permission = permission
        can_be_had = permission in (Permission.GRANTED, Permission.UNASKED)
        self._notify.explain(self._words.say(NOTIFY_HINTS[permission]), enabled=can_be_had)
        self._show_notify()

    def dispose(self) -> None:
        """Stop listening."""
        for row in self._rows:
            row.dispose()

    def _show_notify(self) -> None:
        self._notify.show(self._wants and self._permission is Permission.GRANTED)


class PrivacyGroup:
    """What others learn of the person."""

    def __init__(self, document: Document, words: Words, actions: SettingsActions) -> None:
        say = words.say
        self._words = words
        self._receipts = SwitchRow(
            document,
            say(READ_RECEIPTS),
            "read-receipts",
            say(READ_RECEIPTS_HINT),
            lambda on: actions.choose(read_receipts=on),
        )
        self._typing = SwitchRow(
            document, say(TYPING_SHOWN), "typing-shown", say(TYPING_SHOWN_HINT), lambda on: actions.choose(typing=on)
        )
        self._relay = SwitchRow(document, say(RELAY_ONLY), "relay-only", "", actions.set_relay_only)
        rows = (self._receipts.element, self._typing.element, self._relay.element)
        self.element = build_group(document, "privacy", say(PRIVACY), document.create("div", {"class": "sheet"}, *rows))

    def show(self, preferences: Preferences) -> None:
        """Show what was chosen."""
        self._receipts.show(preferences.read_receipts)
        self._typing.show(preferences.typing)

    def show_relay_choice(self, choice: RelayChoice) -> None:
        """Show whether the person connects through a relay only, and what that means here."""
        self._relay.show(choice.only)
        # Without a relay it would only be in vain; but who chose it elsewhere must be able to take it back.
        self._relay.explain(self._words.say(relay_hint(choice)), enabled=choice.only or choice.offered is not False)

    def dispose(self) -> None:
        """Stop listening."""
        for part in (self._receipts, self._typing, self._relay):
            part.dispose()
