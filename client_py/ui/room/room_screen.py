"""Shows a room: its header, the conversation, and the composer, each following the notices that concern it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from client_py.core.conversation.items import Text
from client_py.core.conversation.notices import (
    DeliveryChanged,
    HistoryCleared,
    HistoryFailed,
    HistoryLoaded,
    HistoryNotLoaded,
    ItemAdded,
    ItemRefused,
    LaterLoaded,
    MessagesFound,
    NewestLoaded,
    ProfileChanged,
    TypingChanged,
    UnreadChanged,
)
from client_py.core.drafts import MAX_DRAFT_CHARACTERS
from client_py.core.notices import (
    DraftLoaded,
    MembersChanged,
    Notice,
    ReadingChanged,
    RelayChoiceChanged,
    RetentionChanged,
    StatusChanged,
)
from client_py.core.shown_names import ShownNames
from client_py.core.status_line import Status, StatusLine
from client_py.ui.room.composer import Composer, Draft
from client_py.ui.room.empty_room import Placeholder
from client_py.ui.room.password_prompt import PasswordPrompt
from client_py.ui.room.people import PeerList
from client_py.ui.room.retention_switch import RetentionFaultLine
from client_py.ui.room.room_header import RoomHeader
from client_py.ui.room.status_strip import StatusView, WaitingLine
from client_py.ui.room.typing_indicator import TypingIndicator
from client_py.ui.transcript.transcript import Transcript
from client_py.words.room import ROOM, item_fault, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.core.conversation.notices import ConversationNotice
    from client_py.core.notices import Member
    from client_py.core.retention import Retention
    from client_py.core.room_links import LinkState
    from client_py.core.server.access_faults import AccessFault
    from client_py.ui.actions import PageActions, RoomActions
    from client_py.ui.view_context import ViewContext


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is in which room, and what they have begun to write there."""

    room: str
    username: str
    draft: Draft
    unread: int = 0
    """How many messages have come before that the person has not seen."""


class RoomScreen:
    """One visit to a room, from opening it to leaving it."""

    def __init__(self, context: ViewContext, visit: Visit, actions: RoomActions, page_actions: PageActions) -> None:
        self.room = visit.room
        self._username = visit.username
        self._left = False
        self._is_entered = False
        self._put_in = ""
        self._kept = True
        self._document = document = context.document
        self._words = words = context.words
        self._clock, self._formats = context.clock, context.formats
        self._day = self._formats.day(self._clock.now())
        self._listeners = ExitStack()
        self._status = StatusView(document, words, context.clock, self.keep_end)
        self._names = ShownNames(visit.username)
        self._members: Sequence[Member] = ()
        self._writers: Sequence[str] = ()
        peers = PeerList(document, words, visit.username, self._names)
        self._header = RoomHeader(context, visit, peers, self._status, actions, page_actions)
        self._waiting = WaitingLine(document, words)
        self._writing = TypingIndicator(document, words, self.keep_end)
        link = context.location.url_of(f"/chat/{visit.room}")
        self._placeholder = Placeholder(context, visit.room, link, visit.username, page_actions)
        self._transcript = Transcript(
            context,
            actions,
            self._names,
            self._placeholder.element,
            self._waiting.element,
            self._writing.element,
            unread=visit.unread,
        )
        self._keeping_fault = RetentionFaultLine(document, words, self.keep_end)
        self._password = PasswordPrompt(document, words, visit.username, page_actions, self.keep_end)
        self._composer = Composer(document, words, visit.draft, actions, self.keep_end)
        for part in (
            self._status,
            self._header,
            self._placeholder,
            self._transcript,
            self._keeping_fault,
            self._password,
            self._composer,
        ):
            self._listeners.callback(part.dispose)
        create = document.create
        troubles = (
            self._status.strip,
            self._keeping_fault.element,
            self._transcript.fault.element,
            self._password.element,
        )
        self.element = create(
            "section",
            {"class": "screen room", "aria-label": words.say(ROOM, room=visit.room)},
            create(
                "div",
                {"class": "room-parts"},
                self._header.element,
                create("div", {"class": "troubles"}, *troubles),
                self._transcript.element,
                self._composer.element,
            ),
        )

    def begin(self) -> None:
        """Stand where the person was, or at the newest message, with the keyboard in the composer."""
        self._composer.begin()
        self._transcript.begin()

    def pause(self) -> None:
        """Note where the person was; nobody reads here meanwhile."""
        self._transcript.pause()

    def show_muted(self, *, muted: bool) -> None:
        """Show whether the room makes itself noticed."""
        self._header.menu.show_muted(muted=muted)

    def put_in(self, text: str) -> None:
        """Put a text into the composer, once what was begun there before is in it."""
        if self._is_entered:
            self._composer.restore(text, "")
        else:
            self._put_in = text

    def show_message(self, message_id: str) -> None:
        """Bring a message before the person's eyes, if it is on the page."""
        self._transcript.show_message(message_id)

    @property
    def draft(self) -> str:
        """What is begun and not sent."""
        return self._composer.text

    def apply(self, notice: Notice) -> None:
        """Show what has changed; what comes after the room was left is not shown."""
        if self._left:
            return
        match notice:
            case StatusChanged(line):
                self._show_status(line)
            case DraftLoaded(text):
                self._composer.load(text)
            case MembersChanged(members):
                self._show_members(members)
            case RetentionChanged(keeping):
                self._show_keeping(keeping)
            case RelayChoiceChanged(choice):
                self._header.relay.show(choice)
            case UnreadChanged() | ReadingChanged():
                pass  # the list of conversations tells of it, and the title
            case _:
                self._apply_to_conversation(notice)

    def _apply_to_conversation(self, notice: ConversationNotice) -> None:  # noqa: C901, PLR0912 - a table of notices
        match notice:
            case HistoryLoaded(messages, has_earlier, before):
                self._transcript.prepend(messages, before=before, has_earlier=has_earlier)
            case LaterLoaded(messages, has_later, after):
                self._transcript.add_later(messages, after=after, has_later=has_later)
            case NewestLoaded(messages, has_earlier):
                self._transcript.show_newest(messages, has_earlier=has_earlier)
            case HistoryNotLoaded(part):
                self._transcript.show_fault(part)
            case HistoryCleared(messages):
                self._transcript.start_over(messages)
                self._header.search.search.start_over()
            case HistoryFailed(fault):
                self._header.menu.show_fault(fault)
            case MessagesFound():
                self._header.search.search.show(notice)
            case ItemAdded(item):
                if item.is_shown:
                    self._transcript.append(item)
            case DeliveryChanged(item_id, delivery):
                self._transcript.show_delivery(item_id, delivery)
            case TypingChanged(usernames):
                self._writers = usernames
                self._writing.show([*map(self._name_of, usernames)])
            case ProfileChanged(account, name, hue):
                self._names.learn(account, name, hue)
                self._name_again()
            case ItemRefused(body, fault):
                text = body.text if isinstance(body, Text) else ""
                self._composer.restore(text, item_fault(self._words, fault))
            case UnreadChanged():
                pass
            case _:
                assert_never(notice)

    def _show_status(self, line: StatusLine) -> None:
        if not self._is_entered:
            self._is_entered = True
            if self._put_in:
                self._composer.restore(self._put_in, "")
        self._status.show(line)
        self._waiting.show(line)
        self._placeholder.show_status(line)
        # Where there is no place for the person, there is nobody to write to.
        self._composer.element.hidden = line.status is Status.FULL

    def call_self(self, name: str) -> None:
        """The person of this page wants to be called like this; somebody who calls themselves so is no longer alone."""
        self._names.call_self(name)
        self._name_again()

    def _name_of(self, account: str) -> str:
        return name_of(self._words, self._names.of(account))

    def _name_again(self) -> None:
        """Call everybody as they are called now."""
        self._header.peers.show(self._members)
        self._placeholder.show_members(self._members, self._name_of)
        self._writing.show([*map(self._name_of, self._writers)])
        self._transcript.name_authors()

    def _show_members(self, members: Sequence[Member]) -> None:
        self._members = members
        self._names.note(member.username for member in members)
        self._name_again()
        self._transcript.note_others(each.username for each in members if each.username != self._username)

    def _show_keeping(self, keeping: Retention) -> None:
        self._kept = keeping.kept
        self._keeping_fault.show(keeping)
        self._header.menu.show_keeping(keeping)
        for part in (self._status, self._waiting):
            part.show_keeping(kept=keeping.kept)

    @property
    def would_lose_messages(self) -> bool:
        """Whether something is begun, or waits to be delivered, that this browser does not keep beyond the page."""
        is_draft_lost = len(self._composer.text) > MAX_DRAFT_CHARACTERS if self._kept else bool(self._composer.text)
        return is_draft_lost or (self._transcript.has_waiting and not self._kept)

    def look_at_clock(self) -> None:
        """Say "Today" of another day, once it is one."""
        day = self._formats.day(self._clock.now())
        if day != self._day:
            self._day = day
            self._transcript.name_days()
            self._header.search.search.name_days()

    def show_link(self, link: str, state: LinkState) -> None:
        """Show the room's link, wherever it stands."""
        for card in (self._header.invite.card, self._placeholder.card):
            card.show(link, state)

    def ask_password(self) -> None:
        """Ask for the password, since the login has expired; the conversation goes on."""
        self._password.ask()

    def show_signing_in(self) -> None:
        """Show that the password is being checked."""
        self._password.show_checking()

    def show_access_fault(self, fault: AccessFault) -> None:
        """Show why signing in again failed."""
        self._password.show_fault(fault)

    def login_renewed(self) -> None:
        """Ask for no password any more."""
        self._password.rest()

    def dispose(self) -> None:
        """Stop listening, in every part."""
        self._left = True
        self._listeners.close()

    def keep_end(self) -> None:
        """Follow the end of the conversation, where something has taken a line from it or given one back."""
        self._transcript.keep_end()
