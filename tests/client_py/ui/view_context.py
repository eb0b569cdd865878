"""What views stand on in tests: ports that do as the test says, and actions that remember what was asked for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation_list import ConversationRow
from client_py.core.peer.ice_servers import RelayChoice
from client_py.ports.page import NearDay
from client_py.ui.view_context import ViewContext
from client_py.words.phrases import Words
from tests.fakes.document import FakeDocument

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from client_py.core.conversation.history_export import ExportFormat, ExportWords
    from client_py.core.invitation_links import Invitation
    from client_py.ports.disposal import Dispose
    from client_py.ports.time import Clock
    from client_py.ui.actions import RoomActions
    from client_py.ui.page import Page
    from client_py.ui.room.room_screen import RoomScreen

DAY = 86_400.0
DIRECTLY = RelayChoice(only=False)
"""What most people choose, where nothing is known of a relay yet."""


class Alarms:
    """A clock that stands still until the test lets the waiting callbacks come."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.time = 1_000 * DAY

    def now(self) -> float:
        """Return the time that the test has set, which is after whatever was said."""
        return self.time

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Dispose:
        """Wait for `ring`."""
        assert seconds > 0
        self.waiting.append(callback)

        def dispose() -> None:
            if callback in self.waiting:
                self.waiting.remove(callback)

        return dispose

    def ring(self) -> None:
        """Let everything come that waits."""
        waiting, self.waiting = self.waiting, []
        for callback in waiting:
            callback()


class PlainFormats:
    """Times as numbers: "0:60" is a minute after the epoch."""

    def time(self, seconds: float) -> str:
        """Write the seconds of the day."""
        return f"0:{seconds % DAY:.0f}"

    def day(self, seconds: float) -> str:
        """Number the day."""
        return f"Day {seconds // DAY:.0f}"

    def near_day(self, seconds: float) -> NearDay | None:  # noqa: ARG002 - the signature of Formats
        """Know neither today nor yesterday."""
        return None

    def brief(self, seconds: float) -> str:
        """Write the day."""
        return self.day(seconds)

    def full(self, seconds: float) -> str:
        """Write both."""
        return f"{self.day(seconds)}, {self.time(seconds)}"


class Calendar(PlainFormats):
    """The same, which knows today and yesterday by a clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def near_day(self, seconds: float) -> NearDay | None:
        """Compare the day with that of the clock."""
        return {0: NearDay.TODAY, 1: NearDay.YESTERDAY}.get(int(self._clock.now() // DAY - seconds // DAY))


class Site:
    """An address bar that is only read."""

    path = "/"
    fragment = ""

    def url_of(self, path: str) -> str:
        """Return a whole address."""
        return f"https://chat.example{path}"

    def push(self, path: str) -> None:
        """Go somewhere."""
        self.path = path

    def replace(self, path: str) -> None:
        """Be somewhere else."""
        self.path = path

    def reload(self) -> None:
        """Load the page again."""
        self.path += "#reloaded"

    def on_change(self, callback: Callable[[], None]) -> Dispose:
        """Take note of who would like to know of changes, of which there are none."""
        self.watchers = [callback]
        return self.watchers.clear


class Scissors:
    """A clipboard that takes what it is given, unless it is out of order."""

    def __init__(self) -> None:
        self.copied: list[str] = []
        self.shared: list[tuple[str, str]] = []
        self.works = True
        self.can_share = False

    def share(self, title: str, url: str) -> Awaitable[bool]:
        """Note what is shared, and say later how it went."""
        self.shared.append((title, url))
        return self.copy(url)

    def copy(self, text: str) -> Awaitable[bool]:
        """Copy at once, and say later how it went."""
        self.copied.append(text)
        outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        outcome.set_result(self.works)
        return outcome


class Dice:
    """Chance that is prescribed: the numbers in their order, and then the last one again and again."""

    def __init__(self, numbers: Iterable[float] = (0.0,)) -> None:
        self.numbers = list(numbers)

    def random(self) -> float:
        """Return the next number."""
        return self.numbers.pop(0) if len(self.numbers) > 1 else self.numbers[0]

    def token(self) -> str:
        """Return a token that is none."""
        return "0" * 22


@dataclass
class Asked:
    """What a person asked for, in the order of asking: the action's name, then what it was given."""

    calls: list[tuple[str | bool, ...]] = field(default_factory=list)
    on_ask: Callable[[], None] = lambda: None
    """What comes at once of asking for a link."""

    def sign_in(self, username: str, password: str) -> None:
        """Remember it."""
        self.calls.append(("sign_in", username, password))

    def register(self, username: str, password: str) -> None:
        """Remember it."""
        self.calls.append(("register", username, password))

    def sign_out(self) -> None:
        """Remember it."""
        self.calls.append(("sign_out",))

    def open_room(self, room: str) -> None:
        """Remember it."""
        self.calls.append(("open_room", room))

    def open_link(self, room: str, invitation: Invitation) -> None:
        """Remember it."""
        self.calls.append(("open_link", room, invitation.secret))

    def ask_link(self, room: str) -> None:
        """Remember it."""
        self.calls.append(("ask_link", room))
        self.on_ask()

    def count_link(self, room: str) -> None:
        """Remember it."""
        self.calls.append(("count_link", room))

    def renew_link(self, room: str) -> None:
        """Remember it."""
        self.calls.append(("renew_link", room))

    def come(self, name: str) -> None:
        """Remember it."""
        self.calls.append(("come", name))

    def log_in_instead(self) -> None:
        """Remember it."""
        self.calls.append(("log_in_instead",))

    def keep_name(self, username: str, password: str) -> None:
        """Remember it."""
        self.calls.append(("keep_name", username, password))

    def open_home(self) -> None:
        """Remember it."""
        self.calls.append(("open_home",))

    def open_settings(self) -> None:
        """Remember it."""
        self.calls.append(("open_settings",))

    def leave_room(self, room: str) -> None:
        """Remember it."""
        self.calls.append(("leave_room", room))

    def set_archived(self, room: str, archived: bool) -> None:  # noqa: FBT001 - the signature of PageActions
        """Remember it."""
        self.calls.append(("set_archived", room, archived))

    def forget_room(self, room: str) -> None:
        """Remember it."""
        self.calls.append(("forget_room", room))

    def set_muted(self, room: str, muted: bool) -> None:  # noqa: FBT001 - the signature of PageActions
        """Remember it."""
        self.calls.append(("set_muted", room, muted))

    def turn_on_notifications(self) -> None:
        """Remember it."""
        self.calls.append(("turn_on_notifications",))

    def reload(self) -> None:
        """Remember it."""
        self.calls.append(("reload",))

    def drop_shared(self) -> None:
        """Remember it."""
        self.calls.append(("drop_shared",))

    def set_relay_only(self, only: bool) -> None:  # noqa: FBT001 - the signature of PageActions
        """Remember it."""
        self.calls.append(("set_relay_only", only))

    def send(self, text: str) -> None:
        """Remember it."""
        self.calls.append(("send", text))

    def typed(self) -> None:
        """Remember it."""
        self.calls.append(("typed",))

    def draft_changed(self, text: str) -> None:
        """Remember it."""
        self.calls.append(("draft_changed", text))

    def reading_changed(self, reading: bool) -> None:  # noqa: FBT001 - the signature of RoomActions
        """Remember it."""
        self.calls.append(("reading_changed", reading))

    def load_earlier(self, oldest: str) -> None:
        """Remember it."""
        self.calls.append(("load_earlier", oldest))

    def load_later(self, newest: str) -> None:
        """Remember it."""
        self.calls.append(("load_later", newest))

    def load_newest(self) -> None:
        """Remember it."""
        self.calls.append(("load_newest",))

    def search(self, query: str) -> None:
        """Remember it."""
        self.calls.append(("search", query))

    def end_search(self) -> None:
        """Remember it."""
        self.calls.append(("end_search",))

    def export(self, form: ExportFormat, words: ExportWords) -> None:  # noqa: ARG002 - the signature of RoomActions
        """Remember it."""
        self.calls.append(("export", form))

    def clear_history(self) -> None:
        """Remember it."""
        self.calls.append(("clear_history",))

    def set_keeping(self, kept: bool) -> None:  # noqa: FBT001 - the signature of RoomActions
        """Remember it."""
        self.calls.append(("set_keeping", kept))

    def of(self, name: str) -> list[tuple[str | bool, ...]]:
        """Return the calls of one action."""
        return [call for call in self.calls if call[0] == name]


@dataclass
class World:
    """A page with all that its views stand on."""

    document: FakeDocument = field(default_factory=FakeDocument)
    clock: Alarms = field(default_factory=Alarms)
    clipboard: Scissors = field(default_factory=Scissors)
    random: Dice = field(default_factory=Dice)
    asked: Asked = field(default_factory=Asked)
    reported: list[BaseException] = field(default_factory=list)
    words: Words = field(default_factory=Words)

    choice: RelayChoice = DIRECTLY

    @staticmethod
    def row(room: str, unread: int = 0) -> ConversationRow:
        """Return a conversation of the list."""
        return ConversationRow(room, unread=unread)

    @property
    def context(self) -> ViewContext:
        """The ports, as views take them."""
        formats, report = PlainFormats(), self.reported.append
        return ViewContext(self.document, Site(), self.clock, formats, self.clipboard, self.random, report, self.words)


def incoming(text: str = "hello", *, at: float = 0.0, author: str = "bob", message_id: str = "") -> Item:
    """Make a message that someone else wrote."""
    return Item(message_id or f"in-{author}-{at}-{text[:20]}", Direction.INCOMING, author, Text(text), at)


def outgoing(
    text: str = "hello", *, at: float = 0.0, delivery: Delivery = Delivery.QUEUED, message_id: str = ""
) -> Item:
    """Make a message of one's own."""
    return Item(message_id or f"out-{at}-{text[:20]}", Direction.OUTGOING, "alice", Text(text), at, delivery)


def open_room(page: Page, actions: RoomActions, room: str = "den", username: str = "alice") -> RoomScreen:
    """Open a room, and show it."""
    screen = page.make_room(room, username, actions)
    page.show_room(screen, username)
    return screen
