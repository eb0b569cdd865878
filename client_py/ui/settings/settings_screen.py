"""Shows the settings: all groups one below the other, and beside them, where there is room, a list of them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.settings.about_groups import build_about, build_shortcuts
from client_py.ui.settings.account_group import AccountGroup, is_guest
from client_py.ui.settings.choice_groups import AppearanceGroup, NotificationGroup, PrivacyGroup
from client_py.ui.settings.devices_group import DevicesGroup
from client_py.ui.settings.profile_group import ProfileGroup
from client_py.ui.settings.storage_group import StorageGroup
from client_py.ui.widgets.header_button import build_tool
from client_py.ui.widgets.icons import icon
from client_py.words.settings import (
    ABOUT,
    ACCOUNT,
    APPEARANCE,
    BACK,
    DEVICES,
    NOTIFICATIONS,
    PRIVACY,
    SETTINGS,
    SHORTCUTS,
    STORAGE,
    YOU,
)

if TYPE_CHECKING:
    from client_py.core.preferences import Preferences
    from client_py.ports.page import Element
    from client_py.ui.actions import PageActions
    from client_py.ui.settings.actions import SettingsActions
    from client_py.ui.view_context import ViewContext

GROUPS = (
    ("you", "user", YOU),
    ("appearance", "look", APPEARANCE),
    ("notifications", "bell", NOTIFICATIONS),
    ("privacy", "lock", PRIVACY),
    ("storage", "disk", STORAGE),
    ("account", "key", ACCOUNT),
    ("devices", "devices", DEVICES),
    ("shortcuts", "keys", SHORTCUTS),
    ("about", "info", ABOUT),
)


class SettingsScreen:
    """One visit to the settings."""

    room = ""

    def __init__(
        self, context: ViewContext, username: str, actions: SettingsActions, page_actions: PageActions
    ) -> None:
        document, words = context.document, context.words
        create, say = document.create, words.say
        self._document = document
        self.profile = ProfileGroup(document, words, username, actions)
        self.appearance = AppearanceGroup(document, words, actions)
        self.notifications = NotificationGroup(document, words, actions)
        self.privacy = PrivacyGroup(document, words, actions)
        self.storage = StorageGroup(document, words, actions)
        self.account = AccountGroup(context, username, actions, page_actions)
        self.devices = DevicesGroup(context, actions)
        # A guest has one login, which is this one.
        self.devices.element.hidden = is_guest(username)
        self._listeners = ExitStack()
        self._entries = {name: self._entry(name, drawing, say(title)) for name, drawing, title in GROUPS}
        self._entries["devices"].hidden = is_guest(username)
        self._title = create("h1", {"tabindex": "-1"}, say(SETTINGS))
        groups = create(
            "div",
            {"class": "page"},
            self.profile.element,
            self.appearance.element,
            self.notifications.element,
            self.privacy.element,
            self.storage.element,
            self.account.element,
            self.devices.element,
            build_shortcuts(document, words),
            build_about(document, words),
        )
        back = build_tool(document, "back", say(BACK), {"data-testid": "leave-settings"})
        self._listeners.callback(back.on("click", lambda _event: actions.close()))
        entries = create("ul", {}, *(create("li", {}, entry) for entry in self._entries.values()))
        self.element: Element = create(
            "section",
            {"class": "settings", "data-testid": "settings-screen", "aria-label": say(SETTINGS)},
            create("header", {"class": "bar"}, back, self._title),
            create("nav", {"aria-label": say(SETTINGS)}, entries),
            groups,
        )
        for part in (
            self.profile,
            self.appearance,
            self.notifications,
            self.privacy,
            self.storage,
            self.account,
            self.devices,
        ):
            self._listeners.callback(part.dispose)

    def show_preferences(self, preferences: Preferences) -> None:
        """Show what was chosen."""
        for group in (self.profile, self.appearance, self.notifications, self.privacy):
            group.show(preferences)

    def begin(self) -> None:
        """Take the keyboard to the beginning."""
        self._title.focus(scroll=False)

    def pause(self) -> None:
        """Do nothing: whoever leaves is done here."""

    def dispose(self) -> None:
        """Stop listening, in every part."""
        self._listeners.close()

    def _entry(self, name: str, drawing: str, title: str) -> Element:
        attributes = {"type": "button", "class": "item", "data-testid": f"go-to-{name}"}
        entry = self._document.create("button", attributes, icon(self._document, drawing), title)
        self._listeners.callback(entry.on("click", lambda _event: self._go_to(name)))
        return entry

    def _go_to(self, name: str) -> None:
        for other, entry in self._entries.items():
            entry.set("aria-current", "true" if other == name else None)
        self._document.by_id(f"settings-{name}").focus()
