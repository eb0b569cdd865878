"""Decides what comes of the settings: keeps what is chosen, asks the server, and shows what it says.

There is no js in it: whatever it stands on comes in by its constructor, so that it runs under plain CPython too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from client_py.core.attention import Permission
from client_py.core.full_export import MEDIA_TYPE, full_export, full_export_name
from client_py.core.navigation import LOBBY_PATH
from client_py.core.peer.ice_servers import RelayChoice
from client_py.core.preferences import Preferences
from client_py.core.server.access_faults import AccessFault
from client_py.drivers.account import AccountDriver
from client_py.drivers.account_requests import AccountRequests
from client_py.drivers.browser_storage import FORGOTTEN_KEY, BrowserStorage
from client_py.drivers.preferences import PreferenceStorage
from client_py.drivers.room import RoomDriver, RoomPorts
from client_py.drivers.tasks import Tasks
from client_py.drivers.timers import Timers
from client_py.ports.storage import StorageFailed
from client_py.ui.actions import PageActions
from client_py.ui.appearance import show_appearance
from client_py.ui.page import Page
from client_py.ui.settings.settings_screen import SettingsScreen
from client_py.ui.view_context import ViewContext
from client_py.words.phrases import Phrase
from client_py.words.settings import DEVICE_LOGGED_OUT, OTHERS_LOGGED_OUT
from protocol.http import SETTINGS_PATH

OTHER_TABS_SECONDS = 5.0
"""Until other tabs of the browser have nothing more to write of somebody whose account was deleted."""


@dataclass(frozen=True, slots=True)
class SettingsCallbacks:
    """What the settings ask of the application."""

    set_relay_only: Callable[[bool], None]
    preferences_changed: Callable[[Preferences], None]
    """Is told of what was chosen, here or in another tab."""
    open_rooms: Callable[[], Mapping[str, RoomDriver]]
    rooms_closed: Callable[[], Awaitable[None]]
    """Waits until all rooms that were left have nothing more to write, and forgets what the page alone has of them."""
    go_to: Callable[[str], None]
    """Goes to a path of this site."""
    warn: Callable[[str], None]
    permission: Callable[[], Permission]
    """Returns whether the browser lets the page show notifications."""
    ask_permission: Callable[[Callable[[], None]], None]
    """Has the browser ask the person, who may never answer; only within a click."""


class Settings:
    """The preferences of who is signed in, and the screen on which they are changed while it is on the page."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the application that it joins
        self,
        context: ViewContext,
        ports: RoomPorts,
        account: AccountDriver,
        tasks: Tasks,
        page: Page,
        page_actions: PageActions,
        callbacks: SettingsCallbacks,
    ) -> None:
        self._context = context
        self._account = account
        self._tasks = tasks
        self._page = page
        self._page_actions = page_actions
        self._callbacks = callbacks
        self._downloads = ports.downloads
        self._store = ports.keeping.store
        self._requests = AccountRequests(ports.server.http, account)
        self._storage = BrowserStorage(ports.keeping, tasks)
        self._preferences = PreferenceStorage(self._store, self._show_preferences)
        self._screen: SettingsScreen | None = None
        """The last one; what is shown on one that is off the page, nobody sees."""
        self._came_from = LOBBY_PATH
        self._timers = Timers(context.clock)
        self._forgotten = self._store.get(FORGOTTEN_KEY)
        self._relay: RelayChoice | None = None
        self._are_logins_known = False

    @property
    def preferences(self) -> Preferences:
        """What was chosen by who is signed in."""
        return self._preferences.current

    def load(self, username: str) -> None:
        """Read the preferences of who is signed in."""
        self._preferences.load(username)

    def unload(self) -> None:
        """Nobody is signed in any more."""
        self._preferences.unload()

    def follow(self) -> None:
        """Take over what another tab has chosen, and forget what another tab has had forgotten."""
        self._preferences.follow()
        forgotten = self._store.get(FORGOTTEN_KEY)
        if forgotten != self._forgotten:
            self._forgotten = forgotten
            self._tasks.spawn(self._forget_too())

    # The screen

    def come_from(self, path: str) -> None:
        """Note where the person was, to go back there."""
        if path != SETTINGS_PATH:
            self._came_from = path

    def show(self, username: str) -> None:
        """Show the settings."""
        self._screen = SettingsScreen(self._context, username, self, self._page_actions)
        self._screen.show_preferences(self.preferences)
        self._show_permission()
        if self._relay is not None:
            self._screen.privacy.show_relay_choice(self._relay)
        self._page.show_settings(self._screen, username)
        self._are_logins_known = False
        self.list_logins()
        self._tasks.spawn(self._look_at_storage(username))

    def show_relay_choice(self, choice: RelayChoice) -> None:
        """Show whether the person connects through a relay only."""
        self._relay = choice
        if self._screen is not None:
            self._screen.privacy.show_relay_choice(choice)

    # What a person asks for (ui.settings.actions.SettingsActions)

    def close(self) -> None:
        """Go back to where the person was."""
        self._callbacks.go_to(self._came_from)

    def choose(self, **choices: Any) -> None:
        """Have some of the preferences otherwise from now on."""
        self._preferences.change(**choices)

    def set_notifications(self, on: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """Be told of messages from now on, or no longer; the browser asks where it has not yet."""
        self._preferences.change(notifications=on)
        if on:
            self._callbacks.ask_permission(self._show_permission)

    def set_relay_only(self, only: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """Connect through a relay only from now on, or also directly."""
        self._callbacks.set_relay_only(only)

    def change_password(self, password: str, new_password: str) -> None:
        """Give the account another password."""
        self._tasks.spawn(self._change_password(self._shown, password, new_password))

    def delete_account(self, password: str) -> None:
        """Delete the account, and what this browser keeps of it."""
        self._tasks.spawn(self._delete_account(self._shown, password))

    def list_logins(self) -> None:
        """Ask where the account is logged in."""
        self._tasks.spawn(self._list_logins(self._shown))

    def end_login(self, login_id: str) -> None:
        """End one of the account's other logins."""
        self._tasks.spawn(self._end(self._shown, self._requests.end_login(login_id), DEVICE_LOGGED_OUT))

    def end_other_logins(self) -> None:
        """End all of the account's logins but this one."""
        self._tasks.spawn(self._end(self._shown, self._requests.end_other_logins(), OTHERS_LOGGED_OUT))

    def persist(self) -> None:
        """Ask the browser not to delete what it keeps."""
        self._tasks.spawn(self._persist(self._username))

    def export_everything(self) -> None:
        """Save all that this browser keeps of the person as a file."""
        self._tasks.spawn(self._export(self._shown, self._username))

    def forget_browser(self) -> None:
        """Log out, and delete all that this browser keeps."""
        self._tasks.spawn(self._forget_browser(self._shown))

    # What comes of it

    @property
    def _shown(self) -> SettingsScreen:
        assert self._screen is not None  # noqa: S101 - it is what asks
        return self._screen

    @property
    def _username(self) -> str:
        return self._account.login.username if self._account.login else ""

    def _show_preferences(self, preferences: Preferences) -> None:
        show_appearance(self._context.document, preferences)
        if self._screen is not None:
            self._screen.show_preferences(preferences)
        self._page.show_preferences(preferences)
        self._callbacks.preferences_changed(preferences)

    def _show_permission(self) -> None:
        if self._screen is not None:
            self._screen.notifications.show_permission(self._callbacks.permission())

    async def _change_password(self, screen: SettingsScreen, password: str, new_password: str) -> None:
        screen.account.show_changing()
        screen.account.show_changed(await self._requests.change_password(password, new_password))
        await self._list_logins(screen)

    async def _delete_account(self, screen: SettingsScreen, password: str) -> None:
        screen.account.show_deleting()
        username = self._username
        fault = await self._requests.delete_account(password)
        if fault is not None:
            screen.account.show_not_deleted(fault)
            return
        self._account.deleted()
        await self._callbacks.rooms_closed()
        await self._try_to_forget(self._storage.forget_person(username))
        # Other tabs have left their rooms by then, and written what they had to.
        self._timers.start(username, OTHER_TABS_SECONDS, lambda: self._forget_again(username))

    def _forget_again(self, username: str) -> None:
        self._tasks.spawn(self._try_to_forget(self._storage.forget_person(username)))

    async def _list_logins(self, screen: SettingsScreen) -> None:
        answer = await self._requests.logins()
        if isinstance(answer, AccessFault):
            screen.devices.show_fault(answer, is_known=self._are_logins_known)
        else:
            self._are_logins_known = True
            screen.devices.show(answer)

    async def _end(self, screen: SettingsScreen, request: Awaitable[AccessFault | None], done: Phrase) -> None:
        fault = await request
        if fault is not None:
            screen.devices.show_fault(fault, is_known=True)
            return
        screen.devices.show_done(done)
        await self._list_logins(screen)

    async def _look_at_storage(self, username: str) -> None:
        report = await self._storage.report(username)
        if self._screen is not None:
            self._screen.storage.show(report)

    async def _persist(self, username: str) -> None:
        await self._storage.persist()
        await self._look_at_storage(username)

    async def _export(self, screen: SettingsScreen, username: str) -> None:
        try:
            rooms = await self._storage.histories(username, self._callbacks.open_rooms())
        except StorageFailed as error:
            self._callbacks.warn(f"Not everything could be exported: {error}")
            screen.storage.show_exported(None)
            return
        now = self._context.clock.now()
        text = full_export(username, now, self.preferences, rooms)
        self._downloads.save(full_export_name(username, now), MEDIA_TYPE, text)
        screen.storage.show_exported(len(rooms))

    async def _forget_browser(self, screen: SettingsScreen) -> None:
        try:
            await self._storage.look_for_faults()  # before anything is gone, so that it is said here
        except StorageFailed as error:
            screen.storage.show_not_forgotten(error.reason)
            return
        self._forgotten = str(self._context.clock.now())
        self._store.put(FORGOTTEN_KEY, self._forgotten)
        self._account.sign_out()
        await self._forget_everything()

    async def _forget_everything(self) -> None:
        """Wait until nothing is written here any more; each tab does that, so that the last one deletes the rest."""
        await self._callbacks.rooms_closed()
        await self._try_to_forget(self._storage.forget_everything())
        show_appearance(self._context.document, Preferences())

    async def _forget_too(self) -> None:
        """Forget what was forgotten in another tab, which has logged out here as well."""
        await self._callbacks.rooms_closed()
        if self._storage.was_just_forgotten:
            await self._forget_everything()
        else:
            self._storage.forget_tab()

    async def _try_to_forget(self, forgetting: Awaitable[None]) -> None:
        try:
            await forgetting
        except StorageFailed as error:
            self._callbacks.warn(f"Not everything could be deleted: {error}")
