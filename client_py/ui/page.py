"""Shows the page: the form of index.html, or the list of conversations with one screen beside it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from client_py.core.conversation_list import unread_in
from client_py.ports.attention import SystemNotification
from client_py.ui.guest import GuestScreen
from client_py.ui.home.home_pane import HomePane
from client_py.ui.home.new_room import NewRoomForm
from client_py.ui.home.start_screen import StartScreen
from client_py.ui.keep_name import KeepNameForm
from client_py.ui.not_found import NotFoundScreen
from client_py.ui.offers import Offers
from client_py.ui.room.composer import Draft
from client_py.ui.room.page_title import title_of
from client_py.ui.room.room_screen import RoomScreen, Visit
from client_py.ui.settings.settings_screen import SettingsScreen
from client_py.ui.sign_in import SignInScreen
from client_py.ui.undo import UndoOffer
from client_py.words.attention import body_of
from protocol.usernames import guest_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from client_py.core.attention import Announce
    from client_py.core.conversation_list import ConversationRow
    from client_py.core.peer.ice_servers import RelayChoice
    from client_py.core.preferences import Preferences
    from client_py.core.server.access_faults import AccessFault
    from client_py.ports.page import DomEvent, Element
    from client_py.ui.actions import PageActions, RoomActions
    from client_py.ui.not_found import WrongPlace
    from client_py.ui.view_context import ViewContext
    from client_py.words.phrases import Phrase


class Screen(Protocol):
    """What fills the place beside the list, or on a phone the page."""

    @property
    def element(self) -> Element:
        """The one element that holds the whole screen."""
        ...

    @property
    def room(self) -> str:
        """The room that the title names, or nothing."""
        ...

    def begin(self) -> None:
        """Do what needs to stand on the page: take the keyboard, scroll."""
        ...

    def pause(self) -> None:
        """Note what there is to note before another screen takes the place; `begin` may follow."""
        ...

    def dispose(self) -> None:
        """Stop listening; the screen is not shown again."""
        ...


class Frame:
    """What somebody who is signed in sees: the list, and the place beside it."""

    def __init__(self, context: ViewContext, username: str, actions: PageActions, resized: Callable[[], None]) -> None:
        self.username = username
        self.form = NewRoomForm(context, actions)
        self.home = HomePane(context, username, self.form, actions)
        self.start = StartScreen(context, self.form, actions)
        self.place = context.document.create("div", {"class": "place"})
        attributes = {"class": "app", "data-view": "list"}
        self.undo = UndoOffer(context)
        self.keep_name = (
            KeepNameForm(context.document, context.words, username, actions) if is_guest(username) else None
        )
        """There for a guest."""
        create = context.document.create
        self.offers = Offers(context, actions, resized)
        over = [self.undo.element, *([self.keep_name.element] if self.keep_name else [])]
        self.app = create("div", attributes, self.home.element, self.place, *over)
        self.element = create("div", {"class": "frame"}, self.offers.element, self.app)

    def show(self, rows: Sequence[ConversationRow], current: str) -> None:
        """Show these conversations."""
        self.app.set("data-empty", None if rows else "")
        self.home.show(rows, current)

    def view_of(self, screen: Screen) -> str:
        """Return what is to be seen of the list and the place where there is no room for both."""
        if isinstance(screen, SettingsScreen):
            return "settings"
        return "list" if screen is self.start else "room"

    def dispose(self) -> None:
        """Stop listening, in every part."""
        for part in (self.form, self.home, self.start, self.undo, self.offers):
            part.dispose()
        if self.keep_name:
            self.keep_name.dispose()


def is_guest(username: str) -> bool:
    """Tell whether this is a guest's name."""
    return guest_name(username) is not None


class Page:
    """Owns the form, the frame and the screens; the form is never built again, and open rooms keep their screens."""

    def __init__(self, context: ViewContext, actions: PageActions) -> None:
        self._context = context
        self._actions = actions
        self._document = context.document
        self._root = self._document.root()
        self._stage = self._document.by_id("stage")
        self._sign_in = SignInScreen(self._document, context.words, actions)
        self._has_update = False
        self._frame: Frame | None = None
        """There while somebody is signed in."""
        self._screen: Screen | None = None
        """What stands beside the list; None while the form is on the page."""
        self._stranger_screen: NotFoundScreen | GuestScreen | None = None
        """What stands alone on the page, to somebody who is not signed in."""
        self._rooms: list[RoomScreen] = []
        """The screens of all rooms that are open."""
        self._rows: Sequence[ConversationRow] = ()
        self._preferences: Preferences | None = None
        # The full ring around the composer is for those who move by Tab.
        self._listeners = ExitStack()
        self._listeners.callback(self._document.on("keydown", self._key_pressed))
        self._listeners.callback(self._document.on("pointerdown", lambda _event: self._root.set("data-keyboard", None)))
        self._drafts: dict[tuple[str, str], Draft] = defaultdict(Draft)
        """What stands in each composer, by username and room, so that leaving a room loses nothing."""

    # The form

    def show_sign_in(self, fault: AccessFault | None = None, username: str = "") -> None:
        """Show the form, with why it is there and a name to begin with, where there are any."""
        self._sign_in.open(fault, username)
        self._put_form()

    def show_signing_in(self) -> None:
        """Show that name and password are being checked, or a guest's name."""
        if self._guest is not None:
            self._guest.show_checking()
            return
        self._sign_in.show_checking()
        self._put_form()

    def show_access_fault(self, fault: AccessFault) -> None:
        """Show the form again, with the reason why signing in or registering failed, or coming as a guest."""
        if self._guest is not None:
            self._guest.show_fault(fault)
            return
        self._put_form()
        self._sign_in.show_fault(fault)

    @property
    def _guest(self) -> GuestScreen | None:
        return self._stranger_screen if isinstance(self._stranger_screen, GuestScreen) else None

    def show_guest(self, room: str) -> None:
        """Ask somebody for a name who was sent a link to a room."""
        if self._guest is not None and self._guest.room == room:
            return
        self._show_to_stranger(GuestScreen(self._context, room, self._actions))

    def show_inviter(self, room: str, username: str) -> None:
        """Show who has invited them, if they are still asked."""
        if self._guest is not None and self._guest.room == room:
            self._guest.show_inviter(username)

    def show_link_fault(self, room: str, fault: AccessFault) -> None:
        """Show that the link lets nobody in, if they are still asked."""
        if self._guest is not None and self._guest.room == room:
            self._guest.show_fault(fault)

    def show_keeping_name(self, fault: AccessFault | None = None) -> None:
        """Show a guest that an account is being made, or why there is none."""
        form = self._frame.keep_name if self._frame else None
        if form is not None and fault is None:
            form.show_checking()
        elif form is not None and fault is not None:
            form.show_fault(fault)

    def tell(self, sentence: Phrase) -> None:
        """Say something for a while."""
        if self._frame:
            self._frame.undo.tell(self._context.words.say(sentence))

    # The list, and what stands beside it

    def show_start(self, username: str, choice: RelayChoice) -> None:
        """Show the list, and how a conversation begins."""
        self._put(self._framed(username).start)
        self.show_relay_choice(choice)

    def show_relay_choice(self, choice: RelayChoice) -> None:
        """Show beside the list whether the person connects through a relay only; a room hears of it by a notice."""
        if self._frame:
            self._frame.start.show_relay_choice(choice)

    def show_conversations(self, rows: Sequence[ConversationRow]) -> None:
        """Show how the conversations stand, in their order."""
        self._rows = rows
        muted = {row.room for row in rows if row.is_muted}
        for screen in self._rooms:
            screen.show_muted(muted=screen.room in muted)
        self._show_rows()

    def make_room(self, room: str, username: str, actions: RoomActions) -> RoomScreen:
        """Return the screen of a room, which is open from now on; it is shown by `show_room`."""
        row = next((row for row in self._rows if row.room == room), None)
        visit = Visit(room, username, self._drafts[username, room], row.unread if row else 0)
        screen = RoomScreen(self._context, visit, actions, self._actions)
        screen.show_muted(muted=row is not None and row.is_muted)
        if self._preferences is not None:
            screen.call_self(self._preferences.display_name)
        self._rooms.append(screen)
        return screen

    def forget_draft(self, room: str, username: str) -> None:
        """Forget what was begun in a room that is not open."""
        self._drafts.pop((username, room), None)

    def show_room(self, screen: RoomScreen, username: str) -> None:
        """Show a room."""
        self._framed(username)
        self._put(screen)

    def show_settings(self, screen: SettingsScreen, username: str) -> None:
        """Show the settings, in the place of the list too."""
        self._framed(username)
        self._put(screen)

    def show_preferences(self, preferences: Preferences) -> None:
        """Show who one is to others."""
        self._preferences = preferences
        for room in self._rooms:
            room.call_self(preferences.display_name)
        if self._frame:
            self._frame.home.show_preferences(preferences)

    def forget_drafts(self) -> None:
        """Let go of what was begun in rooms that are not open any more."""
        self._drafts.clear()

    def end_room(self, screen: RoomScreen) -> None:
        """Let go of the screen of a room that is not open any more."""
        self._rooms.remove(screen)
        screen.dispose()
        if self._screen is screen:
            self._screen = None

    def show_not_found(self, place: WrongPlace, username: str = "") -> None:
        """Show that there is nothing at the address, and why where that can be told; also where nobody is signed in."""
        screen = NotFoundScreen(self._context.document, self._context.words, self._actions, place)
        if username:
            self._framed(username)
            self._put(screen)
            return
        self._show_to_stranger(screen)

    def _show_to_stranger(self, screen: NotFoundScreen | GuestScreen) -> None:
        self._clear_stage()
        self._stranger_screen = screen
        self._stage.replace_children(screen.element)
        screen.begin()

    def offer_undo(self, done: Phrase, room: str, undo: Callable[[], None]) -> None:
        """Say what was done with a room, and offer to take it back."""
        if self._frame:
            self._frame.undo.show(self._context.words.say(done, room=room), undo)

    def offer_notifications(self) -> None:
        """Ask in a quiet line whether the person wants notifications."""
        if self._frame:
            self._frame.offers.notifications.show()

    def offer_update(self) -> None:
        """Say that there is a newer version, which comes with a reload; also to somebody who logs in later."""
        self._has_update = True
        if self._frame:
            self._frame.offers.update.show()

    def show_unread_count(self, count: int) -> None:
        """Show at the page's icon whether anything is unread."""
        icon = self._document.by_id("icon")
        icon.set("href", icon.get("data-unread" if count else "data-plain"))

    def word_notification(self, announcement: Announce) -> SystemNotification:
        """Say in words what a notification says."""
        body = body_of(self._context.words, announcement)
        room = announcement.room
        return SystemNotification(room, room, body, room, announcement.message_id, announcement.is_alert)

    def begin_conversation(self) -> None:
        """Open where a conversation begins."""
        if self._frame:
            self._frame.home.open_panel()

    def show_shared(self, text: str) -> None:
        """Say that a conversation is to be chosen for a text; with none, that is over."""
        if self._frame:
            self._frame.offers.show_shared(text)

    def look_at_clock(self) -> None:
        """Write the times as they are called today."""
        if self._frame:
            self._frame.home.name_days()

    def dispose(self) -> None:
        """End everything."""
        self._put_form()
        for screen in tuple(self._rooms):
            self.end_room(screen)
        self._sign_in.dispose()
        self._listeners.close()

    def _keep_end(self) -> None:
        """Follow the end of the conversation, where something above has taken room from it."""
        if isinstance(self._screen, RoomScreen):
            self._screen.keep_end()

    def _key_pressed(self, event: DomEvent) -> None:
        if event.key == "Tab":
            self._root.set("data-keyboard", "")

    def _framed(self, username: str) -> Frame:
        """Return the frame of this person, and put it on the page."""
        if self._frame is None or self._frame.username != username:
            self._clear_stage()
            self._sign_in.forget_password()
            self._frame = Frame(self._context, username, self._actions, self._keep_end)
            self._stage.replace_children(self._frame.element)
            if self._has_update:
                self._frame.offers.update.show()
            self._show_rows()
            if self._preferences is not None:
                self._frame.home.show_preferences(self._preferences)
        return self._frame

    def _put(self, screen: Screen) -> None:
        """Let a screen follow the one beside the list."""
        assert self._frame is not None  # noqa: S101 - whoever shows a screen has asked for the frame before
        self._end_starting()
        if screen is self._screen:
            return
        self._leave_screen()
        self._screen = screen
        self._frame.app.set("data-view", self._frame.view_of(screen))
        self._frame.home.close_panel()
        self._frame.place.replace_children(screen.element)
        self._show_rows()
        screen.begin()

    def _put_form(self) -> None:
        """Show the form, and nothing else."""
        starting = self._end_starting()
        if self._frame is None and self._stranger_screen is None:
            if starting:
                self._sign_in.begin()
            return
        self._clear_stage()
        self._stage.replace_children(self._sign_in.element)
        self._sign_in.begin()

    def _clear_stage(self) -> None:
        """Let go of what stands on the page, but for the form."""
        self._end_starting()
        if self._stranger_screen:
            self._stranger_screen.dispose()
            self._stranger_screen = None
        if self._frame:
            self._leave_screen()
            self._screen = None
            self._frame.dispose()
            self._frame = None
            self._rows = ()
        self._document.title = title_of()

    def _end_starting(self) -> bool:
        """End what index.html shows to someone who is signed in: it lasts until the first screen of Python's."""
        marks = ("data-signed-in", "data-invited")
        starting = any(self._root.get(mark) is not None for mark in marks)
        for mark in marks:
            self._root.set(mark, None)
        return starting

    def _leave_screen(self) -> None:
        if self._screen is None:
            return
        self._screen.pause()
        if isinstance(self._screen, NotFoundScreen | SettingsScreen):
            self._screen.dispose()

    def _show_rows(self) -> None:
        if self._frame:
            room = self._screen.room if self._screen else ""
            self._frame.show(self._rows, room)
            title = title_of(room, unread_in(self._rows))
            if title != self._document.title:
                self._document.title = title
