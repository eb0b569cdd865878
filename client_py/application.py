"""Decides where the person is on this page, and which rooms are open.

There is no js in it: whatever it stands on comes in by its constructor, so that it runs under plain CPython too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from client_py.core.conversation.notices import ItemAdded, ProfileChanged
from client_py.core.conversation_list import MAX_OPEN, ConversationRow
from client_py.core.guest_names import format_names, parse_names
from client_py.core.invitation_links import Invitation, fragment_of
from client_py.core.known_names import KnownName
from client_py.core.launch import NEW_CONVERSATION, shared_text
from client_py.core.navigation import (
    LOBBY_PATH,
    GuestElsewhere,
    Lobby,
    NoPlace,
    NoRoom,
    RoomPlace,
    SettingsPlace,
    path_of,
    place_of,
)
from client_py.core.notices import MembersChanged, Notice, RetentionChanged, StatusChanged
from client_py.core.peer.ice_servers import RelayChoice
from client_py.core.preferences import HUES, Preferences
from client_py.core.server.access_faults import AccessFault, InvitedTo, LoginFault
from client_py.core.server.kept_login import Login
from client_py.core.status_line import Situation, Status, StatusLine
from client_py.drivers.account import AccountDriver
from client_py.drivers.attention import AttentionDriver, AttentionPorts
from client_py.drivers.conversation_list import ConversationList
from client_py.drivers.forgetting import FORGETTING_SECONDS, Forgetting
from client_py.drivers.former_guest_store import FORMER_GUESTS_KEY, move_small_things
from client_py.drivers.known_names import KnownNames
from client_py.drivers.list_lock import ListLock
from client_py.drivers.opened_links import OpenedLinks
from client_py.drivers.relay_preference import RelayPreference
from client_py.drivers.retention import wishes_to_keep
from client_py.drivers.room import RoomCallbacks, RoomDriver, RoomPorts
from client_py.drivers.room_links import RoomLinks
from client_py.drivers.tasks import Tasks
from client_py.drivers.timers import Timers
from client_py.drivers.update_check import HURRY_SECONDS, LONG_SECONDS, PAUSE_SECONDS, UpdateCheck
from client_py.open_rooms import OpenRoom, OpenRooms
from client_py.ports.page import DomEvent
from client_py.ports.release import Release
from client_py.settings import Settings, SettingsCallbacks
from client_py.ui.page import Page
from client_py.ui.room.room_screen import RoomScreen
from client_py.ui.view_context import ViewContext
from client_py.words.guest import LINK_BROKEN_HERE
from client_py.words.home import FORGOTTEN, LEFT, MUTED, PUT_AWAY
from client_py.words.phrases import Phrase
from protocol.http import SETTINGS_PATH, InvitationDetails
from protocol.room_names import is_room_name

TICK_SECONDS = 20.0
"""How often the page looks whether it is another day; a timer until midnight would stand still in sleep."""

OPENING_SECONDS = 0.5
"""Between the rooms that are opened beside the one that is shown: that one comes first."""

BROKEN = StatusLine(Status.FAILED, Situation.BROKEN)

MakeRoom = Callable[[str, str, RoomPorts, RoomCallbacks, Tasks], RoomDriver]
"""Makes a visit to the room of this name, by the person of this name."""


class Application:
    """The page from its start on: who is signed in, where they are, and the rooms that are open.

    The page shows one room at a time. Others stay open beside it, those that were used last (`OpenRooms`).
    """

    def __init__(
        self,
        context: ViewContext,
        ports: RoomPorts,
        attention: AttentionPorts,
        release: Release,
        warn: Callable[[str], None],
        make_room: MakeRoom = RoomDriver,
    ) -> None:
        self._document = context.document
        self._location = context.location
        self._report = context.report
        self._ports = ports
        self._warn = warn
        self._make_room = make_room
        self._store = ports.keeping.store
        http = ports.server.http
        self._tasks = Tasks(self.failed)
        self._account = AccountDriver(http, self._store, ports.keeping.tab, context.clock, self._tasks, self)
        self._timers = Timers(context.clock)
        self._page = Page(context, self)
        self._rooms = OpenRooms(self._room_closed)
        self._relay_preference = RelayPreference(http, self._store, self._token, self._tasks, self._show_relay_choice)
        callbacks = SettingsCallbacks(
            self.set_relay_only,
            self._share_otherwise,
            self._rooms.by_name,
            self._end_visits,
            self._go_to,
            warn,
            lambda: self._attention.permission,
            attention.notifications.ask,
        )
        self._settings = Settings(context, ports, self._account, self._tasks, self._page, self, callbacks)
        self._guest_names = context.words.guest_names
        self._opened_links = OpenedLinks(context.location, ports.keeping.tab, http)
        self._room_links = RoomLinks(
            http, ports.keeping, lambda: self._account.login, self._server_time, self._tasks, self._show_link
        )
        self._clock = context.clock
        self._keeps_name = False
        """Whether a guest is becoming an account just now."""
        self._logs_in_instead = False
        """Whether somebody who could come as a guest wants to log in."""
        self._conversations = ConversationList(self._store, context.clock, self._list_changed)
        """Those of the person who is signed in."""
        self._update_check = UpdateCheck(release, context.clock, self._tasks, self._page.offer_update)
        self._shared = ""
        """What another application has shared, until a conversation is chosen for it."""
        self._notifications = attention.notifications
        self._attention = AttentionDriver(
            attention, ports.keeping, self._tasks, self._page, lambda: self._settings.preferences
        )
        self._known_names = KnownNames(self._store)
        self._list_lock = ListLock(ports.keeping.locks, self._tasks, self._open_listed, warn)
        self._forgetting = Forgetting(
            self._conversations, ports.keeping, self._rooms.left, self._tasks, warn, self._forget_deleted
        )

    def start(self) -> None:
        """Take over the page."""
        # They last as long as the page, so nobody disposes of them.
        self._location.on_change(self._go)
        self._document.on("online", lambda _event: self._update_check.look(HURRY_SECONDS))
        for event in ("visibilitychange", "focus", "blur", "pageshow"):
            self._document.on(event, lambda _event: self._look_who_looks())
        self._notifications.on_click(self.open_message)
        for event in ("online", "networkchange", "pageshow", "visibilitychange"):
            self._document.on(event, lambda _event: self._check())
        # A page that is loaded again is not always told first that it is seen no longer.
        self._document.on("pagehide", lambda _event: self._page_hidden())
        self._document.on("beforeunload", self._ask_before_leaving)
        # Other tabs write to localStorage too; a page that comes back from the history has heard nothing of it.
        for event in ("storage", "pageshow"):
            self._document.on(event, lambda _event: self._look_at_store())
        self._opened_links.take()
        self._account.start()
        self._tick()
        self._document.root().set("data-app", "ready")

    def failed(self, error: BaseException) -> None:
        """Show in every open room that the page is broken: something has failed that nobody foresaw."""
        self._report(error)
        for room in self._rooms.all:
            room.screen.apply(StatusChanged(BROKEN))

    # What a person asks for (ui.actions.PageActions)

    def sign_in(self, username: str, password: str) -> None:
        """Sign in with an account that exists."""
        self._account.sign_in(username, password)

    def register(self, username: str, password: str) -> None:
        """Make a new account, and sign in with it."""
        self._account.register(username, password)

    def sign_out(self) -> None:
        """End the login on this browser."""
        self._account.sign_out()

    def come(self, name: str) -> None:
        """Talk as a guest, by the link that was opened."""
        match place_of(self._location.path):
            case RoomPlace(room) if (invitation := self._opened_links.of(room)) and invitation.guests:
                self._account.come(name, invitation.guests)

    def log_in_instead(self) -> None:
        """Show the form for logging in."""
        self._logs_in_instead = True
        self._ask_to_sign_in()

    def keep_name(self, username: str, password: str) -> None:
        """Become an account, as a guest."""
        self._keeps_name = True
        self._account.keep_name(username, password)

    def open_link(self, room: str, invitation: Invitation) -> None:
        """Go to a room by a link."""
        self._opened_links.keep(room, invitation)
        self.open_room(room)

    def ask_link(self, room: str) -> None:
        """See to it that guests can come by a room's link."""
        self._room_links.ask(room)

    def count_link(self, room: str) -> None:
        """Find out how many have come by a room's link."""
        self._room_links.count(room)

    def renew_link(self, room: str) -> None:
        """Make another link to a room."""
        self._room_links.renew(room)

    def open_room(self, room: str) -> None:
        """Go to a room."""
        self._go_to(path_of(room))

    def open_message(self, room: str, message_id: str) -> None:
        """Go to a message of a room, that of a notification."""
        if self._account.login is not None and is_room_name(room):
            self.open_room(room)
            if (screen := self._rooms.shown_screen) is not None:
                screen.show_message(message_id)

    def turn_on_notifications(self) -> None:
        """Have the browser ask whether this page may show notifications; only within a click."""
        self._settings.set_notifications(on=True)

    def drop_shared(self) -> None:
        """Let go of a text that another application has shared."""
        self._shared = ""
        self._page.show_shared("")

    def reload(self) -> None:
        """Load the page again, which brings the newest version; what is begun is kept before."""
        self._keep_drafts()
        self._location.reload()

    def open_home(self) -> None:
        """Go to the list of conversations; the room stays open."""
        self._go_to(LOBBY_PATH)

    def open_settings(self) -> None:
        """Go to the settings; the rooms stay open."""
        self._settings.come_from(self._location.path)
        self._go_to(SETTINGS_PATH)

    def leave_room(self, room: str) -> None:
        """Leave a room, and take it off the list; what was said in it stays in this browser."""
        self._rooms.close(room)
        self._offer_to_come_back(LEFT, room, self._conversations.leave(room))

    def forget_room(self, room: str) -> None:
        """Leave a room, and delete all that this browser has of it, once that cannot be taken back any more."""
        self._rooms.close(room)
        self._offer_to_come_back(FORGOTTEN, room, self._conversations.leave(room, forget=True))
        self._timers.start("forget", FORGETTING_SECONDS, self._delete_forgotten)

    def set_muted(self, room: str, muted: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """Have what is said in a room make itself noticed no more, or again."""
        self._conversations.set_muted(room, muted)
        if muted:
            self._page.offer_undo(MUTED, room, lambda: self.set_muted(room, muted=False))

    def set_archived(self, room: str, archived: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """Put a conversation away, where it is not connected any more, or take it out again."""
        self._conversations.set_archived(room, archived)
        if archived:
            self._rooms.close(room)
            self.open_home()
            self._page.offer_undo(PUT_AWAY, room, lambda: self.set_archived(room, archived=False))
        else:
            self._timers.start("open", OPENING_SECONDS, self._open_listed)

    def set_relay_only(self, only: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """Connect through a relay only from now on, or also directly; in every room, and on this device."""
        self._relay_preference.wish(only=only)
        for driver in self._rooms.drivers:
            driver.relay_only_requested()

    # What comes of signing in (drivers.account.AccountView)

    def show_signing_in(self) -> None:
        """Name and password are being checked."""
        if self._keeps_name:
            self._page.show_keeping_name()
            return
        (self._rooms.shown_screen or self._page).show_signing_in()

    def show_access_fault(self, fault: AccessFault) -> None:
        """Signing in or registering failed."""
        if self._keeps_name:
            self._keeps_name = False
            self._page.show_keeping_name(fault)
            return
        (self._rooms.shown_screen or self._page).show_access_fault(fault)

    def signed_in(self, username: str) -> None:  # noqa: ARG002 - the account knows it too
        """Go to where the address says, which is where the person was going."""
        self._keeps_name = self._logs_in_instead = False
        login = self._account.login
        if login is not None and login.formerly:
            # Rooms that are still open under the name of the guest end first, and write what they have to write there.
            self._rooms.close_all()
            self._conversations.unload()
            move_small_things(self._store, self._ports.keeping.tab, login.formerly, login.username)
        self._go()

    def ask_password(self, username: str) -> None:  # noqa: ARG002 - the account knows it too
        """Ask over every open conversation, which goes on; where none is shown, the form is."""
        for room in self._rooms.all:
            room.screen.ask_password()
        if self._rooms.shown is None:
            self._ask_to_sign_in(*self._expiry)

    def login_renewed(self) -> None:
        """Go on where the login was refused."""
        for room in self._rooms.all:
            room.screen.login_renewed()
            room.driver.login_renewed()
        if self._rooms.shown is None:
            self._go()

    def token_changed(self) -> None:
        """Show the server the token that is valid now, over each WebSocket that was opened with the one before."""
        for driver in self._rooms.drivers:
            driver.token_changed()

    def signed_out(self, fault: AccessFault | None, username: str) -> None:
        """Leave every room, and show the form; the address stays, so that signing in leads back."""
        self._rooms.close_all()
        self._keeps_name = self._logs_in_instead = False
        self._conversations.unload()
        self._attention.end()
        self._settings.unload()
        self._list_lock.let_go()
        self._ask_to_sign_in(fault, username)

    # Places

    def _go_to(self, path: str) -> None:
        self._location.push(path)
        self._go()

    def _go(self) -> None:
        """Show what the address stands for; the room that was shown before stays open."""
        self._opened_links.take()
        self._keep_draft_of_shown()
        self._rooms.show_none()
        login = self._account.login
        if login is None:
            self._ask_to_sign_in()
            return
        if self._account.has_expired:
            self._ask_to_sign_in(*self._expiry)
            return
        self._conversations.load(login.username)
        self._settings.load(login.username)
        self._look_who_looks()
        for guest, account in parse_names(self._store.get(FORMER_GUESTS_KEY + login.username)).items():
            self._guest_names.become(guest, account)
        self._show_place(login)
        self._timers.start("open", OPENING_SECONDS, self._open_listed)

    def _show_place(self, login: Login) -> None:
        match place_of(self._location.path):
            case Lobby():
                self._page.show_start(login.username, self._relay_preference.choice)
                self._relay_preference.look()
                self._launch(self._location.fragment)
            case RoomPlace(room) if login.is_guest and room != login.room:
                self._page.show_not_found(GuestElsewhere(login.room), login.username)
            case RoomPlace(room):
                if self._location.path != path_of(room):
                    self._location.replace(path_of(room))
                self._take_link(room)
                self._show_room(room, login.username)
                if self._opened_links.is_broken(room):
                    self._page.tell(LINK_BROKEN_HERE)
            case SettingsPlace():
                self._settings.show(login.username)
                self._show_relay_choice(self._relay_preference.choice)
                self._relay_preference.look()
            case NoRoom() | NoPlace() as place:
                self._page.show_not_found(place, login.username)

    def _launch(self, fragment: str) -> None:
        """Do what the page was opened for, and forget that: a reload is not to do it again."""
        if fragment == NEW_CONVERSATION:
            self._location.replace(LOBBY_PATH)
            self._page.begin_conversation()
        elif text := shared_text(fragment):
            self._location.replace(LOBBY_PATH)
            self._shared = text
            self._page.show_shared(text)

    def _ask_to_sign_in(self, fault: AccessFault | None = None, username: str = "") -> None:
        """Show the form, unless signing in would lead to nothing: then that is said at once."""
        match place_of(self._location.path):
            case NoRoom() | NoPlace() as place:
                self._page.show_not_found(place)
            case RoomPlace(room) if fault is None or fault is LoginFault.GUEST_ENDED:
                self._ask_to_come(room, fault, username)
            case _:
                self._page.show_sign_in(fault, username)

    def _offer_to_come_back(self, done: Phrase, room: str, row: ConversationRow | None) -> None:
        """Go home from a room that was left, and offer the way back to it."""
        if self._location.path == path_of(room):
            self.open_home()
        if row is not None:
            self._page.offer_undo(done, room, lambda: self._come_back(row))

    def _ask_to_come(self, room: str, fault: AccessFault | None, username: str) -> None:
        """Ask for a name only, where somebody has opened a link that lets guests in."""
        invitation = self._opened_links.of(room)
        if invitation is None or self._logs_in_instead:
            is_broken = self._opened_links.is_broken(room)
            self._page.show_sign_in(LoginFault.LINK_BROKEN if is_broken else fault, username)
        elif invitation.guests is None:
            self._page.show_sign_in(fault or InvitedTo(room), username)
        else:
            self._page.show_guest(room)
            self._tasks.spawn(self._opened_links.look(room, invitation.guests, self._invitation_seen))

    def _invitation_seen(self, room: str, seen: InvitationDetails | AccessFault) -> None:
        """The server has said whose invitation it is, or why it lets nobody in."""
        if isinstance(seen, InvitationDetails):
            self._page.show_inviter(room, seen.inviter)
        else:
            self._page.show_link_fault(room, seen)

    def _take_link(self, room: str) -> None:
        """Keep the secret of a link that was opened, with the room."""
        if invitation := self._opened_links.of(room):
            self._room_links.accept(room, invitation)
            self._opened_links.forget()

    @property
    def _expiry(self) -> tuple[AccessFault, str]:
        """Why the login of now is good no longer, and whose it is."""
        login = self._account.login
        if login is None or not login.is_guest:
            return LoginFault.EXPIRED, login.username if login else ""
        return LoginFault.GUEST_ENDED, ""

    def _come_back(self, row: ConversationRow) -> None:
        """Be in a room again that was left by mistake."""
        self._conversations.come_back(row)
        self.open_room(row.room)

    # Open rooms

    def _show_room(self, room: str, username: str) -> None:
        """Open a room, if it is not open yet, and show it."""
        self._conversations.enter(room)
        if room not in self._rooms:
            self._open_room(room, username)
        screen = self._rooms.show(room).screen
        self._page.show_room(screen, username)
        self._rooms.close_others()
        if self._shared:
            screen.put_in(self._shared)
            self.drop_shared()
        if len(self._conversations.listed) > 1:
            self._attention.took_part()

    def _open_room(self, room: str, username: str) -> None:
        login = self._account.login
        callbacks = RoomCallbacks(
            lambda notice: self._show(room, notice),
            self._account.token_refused,
            self._warn,
            self._token,
            lambda: self._relay_preference.only,
            lambda: self._account.server_ahead,
            formerly=login.name_of_before(room) if login else "",
            sharing=lambda: self._settings.preferences.sharing,
        )
        driver = self._make_room(room, username, self._ports, callbacks, self._tasks)
        screen = self._page.make_room(room, username, driver)
        for account, known in self._known_names.of(username).items():
            screen.apply(ProfileChanged(account, known.name, known.hue))
        self._rooms.add(room, OpenRoom(username, driver, screen), callbacks.formerly)
        self._show_link(room)

    def _open_listed(self) -> None:
        """Open the next of the rooms that stay connected: one after the other, lest one be in the way of another."""
        login = self._account.login
        if login is None or self._account.has_expired:
            return
        listed = [row.room for row in self._conversations.listed if not row.is_archived][:MAX_OPEN]
        if not listed:
            return  # and no lock is held, which would have browsers keep no such page in their history
        if self._list_lock.holder != login.username:
            self._list_lock.claim(login.username, lambda: self._is_signed_in(login.username))  # or the tick asks again
            return
        waiting = [room for room in listed if room not in self._rooms]
        if not waiting or self._rooms.are_too_many:
            return
        self._open_room(waiting[0], login.username)
        self._timers.start("open", OPENING_SECONDS, self._open_listed)

    def _is_signed_in(self, username: str) -> bool:
        login = self._account.login
        return login is not None and login.username == username

    def _room_closed(self, room: str, left: OpenRoom) -> None:
        self._keep_draft(room, left.screen)
        self._page.end_room(left.screen)
        self._conversations.close(room)

    def _delete_forgotten(self) -> None:
        if (login := self._account.login) is not None:
            self._forgetting.look(login.username, self._rooms.names)

    def _forget_deleted(self, username: str, room: str) -> None:
        """Have nothing more of a room on this page that this browser has deleted."""
        self._rooms.unkept.discard((username, room))
        self._page.forget_draft(room, username)

    def _show(self, room: str, notice: Notice) -> None:
        open_room = self._rooms[room]
        if isinstance(notice, MembersChanged):
            self._note_names(notice, open_room.username)
        open_room.screen.apply(notice)
        self._conversations.notice(room, notice, open_room.username)
        match notice:
            case ProfileChanged(account, name, hue):
                self._known_names.learn(open_room.username, account, KnownName(name, min(hue, HUES)))
            case RetentionChanged() if not wishes_to_keep(self._store, open_room.username):
                self._keep_nothing(open_room.username)
            case ItemAdded(item) if item.is_written_here:
                self._attention.took_part()

    def _keep_nothing(self, username: str) -> None:
        self._room_links.keep_nothing(username)
        self._known_names.forget(username)
        self._store.remove(FORMER_GUESTS_KEY + username)

    def _list_changed(self, rows: Sequence[ConversationRow]) -> None:
        self._page.show_conversations(rows)
        if (login := self._account.login) is not None:
            self._attention.list_changed(login.username, rows, announces=self._list_lock.holder == login.username)

    def _look_who_looks(self) -> None:
        self._attention.looked_at(seen=self._document.visible)

    def _note_names(self, notice: MembersChanged, own_name: str) -> None:
        """Note what guests are called who have an account by now, and who has to be told apart."""
        become = [self._guest_names.become(each.username, each.called) for each in notice.members if each.called]
        if any(become) and wishes_to_keep(self._store, own_name):
            self._store.put(FORMER_GUESTS_KEY + own_name, format_names(self._guest_names.accounts))
        self._guest_names.meet([own_name, *(each.username for each in notice.members)])

    def _show_link(self, room: str) -> None:
        """Show how the link of a room stands, if the room is open."""
        if room in self._rooms:
            state = self._room_links.state_of(room)
            url = f"{self._location.url_of(path_of(room))}#{fragment_of(state.invitation)}"
            self._rooms[room].screen.show_link(url, state)

    def _server_time(self) -> float:
        return self._clock.now() + self._account.server_ahead

    def _share_otherwise(self, _preferences: Preferences) -> None:
        for driver in self._rooms.drivers:
            driver.sharing_changed()

    async def _end_visits(self) -> None:
        """Wait until the rooms that were left have nothing more to write, and let go of what the page alone has."""
        await self._rooms.ended()
        self._page.forget_drafts()

    def _show_relay_choice(self, choice: RelayChoice) -> None:
        self._page.show_relay_choice(choice)
        self._settings.show_relay_choice(choice)

    # What happens outside

    def _check(self) -> None:
        """Something has changed outside that may have cut connections, or the page has slept."""
        self._account.checked()
        self._look_at_clock()
        for driver in self._rooms.drivers:
            driver.checked()

    def _tick(self) -> None:
        self._look_at_clock()
        self._timers.start("open", OPENING_SECONDS, self._open_listed)  # the tab that had them open may be gone
        self._delete_forgotten()
        self._update_check.look(PAUSE_SECONDS if self._document.visible else LONG_SECONDS)
        self._timers.start("tick", TICK_SECONDS, self._tick)

    def _look_at_clock(self) -> None:
        """It may be another day."""
        self._page.look_at_clock()
        for room in self._rooms.all:
            room.screen.look_at_clock()

    def _page_hidden(self) -> None:
        """The page may be loaded again, or kept in the browser's history, where it must hold nothing from others."""
        self._keep_drafts()
        self._attention.looked_at(seen=False)
        self._list_lock.let_go()

    def _keep_drafts(self) -> None:
        self._keep_draft_of_shown()
        self._conversations.write()
        for driver in self._rooms.drivers:
            driver.keep_draft()

    def _ask_before_leaving(self, event: DomEvent) -> None:
        # The browser asks in words of its own.
        if self._rooms.would_lose_messages:
            event.prevent_default()

    def _look_at_store(self) -> None:
        """Another tab may have written to localStorage: look at everything that we hold a copy of."""
        self._account.look()
        for room in self._conversations.merge(self._rooms.shown):
            self._rooms.close(room)
        self._show_relay_choice(self._relay_preference.choice)
        self._settings.follow()
        for driver in self._rooms.drivers:
            driver.retention_requested()
            driver.relay_only_requested()

    def _token(self) -> str:
        return self._account.login.token if self._account.login else ""

    def _keep_draft_of_shown(self) -> None:
        if (room := self._rooms.shown) is not None:
            self._keep_draft(room, self._rooms[room].screen)

    def _keep_draft(self, room: str, screen: RoomScreen) -> None:
        self._conversations.begin(room, screen.draft)
