"""A page of the simulated world: the production driver in a simulated browser, and a person who writes."""

from __future__ import annotations

import itertools
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from client_py.core import frames
from client_py.core.attention import Announce, Attention, AttentionEffect, PlaySound, ShowCount, Wait, Withdraw
from client_py.core.conversation.database_rows import read_item
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.features import OURS, Abilities
from client_py.core.conversation.item_ids import without_author
from client_py.core.conversation.items import Item, Reaction, Text
from client_py.core.conversation.notices import (
    DeliveryChanged,
    HistoryLoaded,
    ItemAdded,
    ProfileChanged,
    TypingChanged,
    UnreadChanged,
)
from client_py.core.conversation.sharing import EVERYTHING, Sharing
from client_py.core.conversation_list import ConversationRow, noticed
from client_py.core.frames import FRAMES, Features, ItemPart
from client_py.core.notices import (
    DraftLoaded,
    MembersChanged,
    Notice,
    ReadingChanged,
    RelayChoiceChanged,
    RetentionChanged,
    StatusChanged,
)
from client_py.core.preferences import Preferences
from client_py.core.status_line import Status
from client_py.drivers.former_guest_store import move_small_things
from client_py.drivers.room import Repertoire, RoomCallbacks, RoomDriver
from client_py.drivers.tasks import Tasks
from client_py.ports.storage import Key
from tests.fakes.agenda import Action
from tests.fakes.browser import Browser, ViewContext
from tests.fakes.browser_ports import ports_of
from tests.fakes.ports import FakeStore
from tests.fakes.profile import Profile
from tests.fakes.shared_login import SharedLogin

LONG = "long " * 3_500
"""Travels in parts."""
INVARIANTS_CHECKED_EVERY = 7
"""Inputs; what is once broken seldom mends itself before the next look, and looking costs as much as all the rest."""
KEEPING_SECONDS = 1.0
"""By then, what is begun in the composer is kept."""
UNFORESEEN = ("A peer's frame failed", "A peer sent what cannot be read", "The server sent what cannot be read")
"""How warnings begin that no fault of this world explains."""


@dataclass(slots=True)
class Written:
    """A message of a person's own, and what became of it."""

    accounts: tuple[str, ...]
    """Who was in the room when it was written, as far as its writer knew."""
    says: str
    """Whose it is, and which (`said`)."""
    is_text: bool
    shown: dict[str, Delivery] = field(default_factory=dict)
    """How far it has come, by the place of each tab that shows it; the others learn of it when they are loaded."""

    @property
    def delivery(self) -> Delivery:
        """How far it has come."""
        return max(self.shown.values(), default=Delivery.QUEUED)


@dataclass(slots=True)
class Begun:
    """What stands in the composer of a tab."""

    text: str
    since: float
    is_kept: bool = False
    """Whether it was certainly kept when its page ended."""


@dataclass(slots=True)
class Disk:
    """A browser of one person, with what is safe in it, and what its tabs have said of that."""

    context: ViewContext
    account: str
    profile: Profile = field(init=False)
    username: str = field(init=False)
    login: SharedLogin = field(init=False)
    tabs: dict[str, FakeStore] = field(default_factory=dict)
    """What each tab keeps in which pages are, one after the other, by its place."""
    order: dict[str, int] = field(default_factory=dict)
    """All messages by id, numbered in the order in which they came to be safe here, by way of whichever tab."""
    held: set[str] = field(default_factory=set)
    """What the messages of others say that are safe here (`said`)."""
    ids_of_others: list[str] = field(default_factory=list)
    """The ids of those messages, as their authors made them."""
    written: dict[str, Written] = field(default_factory=dict)
    """Its person's messages by id, in the order in which they came to be safe here."""
    begun: dict[str, Begun] = field(default_factory=dict)
    """What stands in the composer of each tab, by its place."""
    addressees: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By message: who was in the room when it was written, as far as its page knew."""

    def __post_init__(self) -> None:
        self.username = self.account
        """What its person is called now: who has been a guest is known to the others by the name of then."""
        self.profile = Profile(self.context.agenda, self.context.storing, self._note_kept)
        self.login = SharedLogin(self.context.agenda, self.context.server, self.account)

    def _note_kept(self, key: Key, row: str) -> None:
        item = read_item(str(key[-1]), row)
        if self.username != self.account and item.id in self.order:
            return  # another tab has kept it under the name of the guest, and it stands there once
        self.order[item.id] = len(self.order)
        if item.is_written_here:
            is_text = isinstance(item.body, Text)
            self.written[item.id] = Written(self.addressees[item.id], said(item), is_text=is_text)
        else:
            self.held.add(said(item))
            self.ids_of_others.append(without_author(item.id))


class Page:
    """One page, from its opening on."""

    def __init__(
        self,
        place: str,
        account: str,
        disk: Disk,
        numbers: itertools.count[int],
        abilities: Abilities = OURS,
    ) -> None:
        self.abilities = abilities
        """What its release can do."""
        self.place = place
        """Where it stands in the network; its messages say it too."""
        self.disk = disk
        self._username = disk.username
        self._numbers = numbers
        tab = self._tab = disk.tabs.setdefault(place, FakeStore())
        self._browser = Browser(disk.context, disk.profile, tab, place, account, disk.login)
        disk.login.pages.append(self)
        self._browser.loop.entered = self._check_now_and_then
        if abilities is not OURS:
            self._browser.frame_received = self._check_frame
        self._ports = ports_of(self._browser)
        self._tasks = Tasks(_fail)
        self._driver: RoomDriver | None = None
        self._driver_before: RoomDriver | None = None
        """That of the visit before, which may not have come to its end."""
        self._heard = 0
        self._is_open = False
        self._slept_at = 0.0
        self._show_nothing()

    def _show_nothing(self) -> None:
        self.status = Status.CONNECTING
        self.received: dict[str, list[int]] = {}
        """The numbers of the messages that came in, by the place that wrote them, as they are shown."""
        self.reactions: set[str] = set()
        """What else came in while it was open (`said`)."""
        self._transcript: list[Item] = []
        """What it shows, in its order."""
        self._members: tuple[str, ...] = ()
        self.row = ConversationRow("den")
        """How the conversation stands in the list."""
        self._attention = Attention()
        self._attention.list_changed([self.row], announces=True)
        self._unseen: set[str] = set()
        """The messages that others have sent since its person looked last, or wrote elsewhere."""
        self._announced = 0
        """How many of them they have been told of."""
        self._is_open = False
        self.owed_draft = ""
        """What it has yet to show in the composer."""
        self.profiles: dict[str, frames.Profile] = {}
        """What others want to be called, by account."""
        for written in self.disk.written.values():
            if written.shown.get(self.place) is Delivery.SENT:
                written.shown[self.place] = Delivery.QUEUED

    @property
    def is_open(self) -> bool:
        """Whether it shows what was kept."""
        return self._is_open

    @property
    def transcript(self) -> list[str]:
        """The ids of what it shows, in its order."""
        return [item.id for item in self._transcript]

    @property
    def is_asleep(self) -> bool:
        """Whether it is frozen, and shows what it knew before."""
        return self._browser.loop.is_frozen

    @property
    def is_online(self) -> bool:
        """Whether it runs, and can ask the server."""
        browser = self._browser
        return not (browser.loop.has_ended or browser.loop.is_frozen or browser.is_silenced)

    @property
    def has_open_channel(self) -> bool:
        """Whether there is a channel to anyone."""
        channels = [connection.channel for connection in self._browser.connections]
        return any(channel is not None and channel.ready_state == "open" for channel in channels)

    # What a person does, and what befalls them

    def enter(self) -> None:
        """Go into the room, unless that is done."""
        if self._driver is None:
            login, begun = self.disk.login, self.disk.begun.get(self.place)
            self.owed_draft = begun.text if begun is not None and begun.is_kept else ""
            self._username = username = self.disk.username
            formerly = self.disk.account if username != self.disk.account else ""
            if formerly:
                move_small_things(self.disk.profile.store, self._tab, formerly, username)
            callbacks = RoomCallbacks(
                self._show,
                login.refused,
                _warn,
                lambda: login.token,
                lambda: False,
                formerly=formerly,
                sharing=self._own_sharing,
            )
            driver = self._driver = RoomDriver(
                "den", username, self._ports, callbacks, self._tasks, Repertoire(self.abilities)
            )
            self._do(lambda: driver.start(after=self._driver_before))

    def write(self, *, long: bool = False, copied_id: str = "") -> None:
        """Send a message that says whose it is, and which; perhaps under the id of somebody else's."""
        if (driver := self._driver) is not None and not self.is_asleep:
            own_id, number = self._next_id()
            text = f"{self.place} {number} {LONG if long else ''}"
            self._do(driver.typed)
            self._do_with_id(copied_id or own_id, lambda: driver.send(text))

    def react(self) -> None:
        """Say something that is no message, with its own id in it."""
        if (driver := self._driver) is not None and not self.is_asleep and "reaction" in self.abilities.features:
            item_id, _ = self._next_id()
            body = Reaction(self.place, item_id, "👍")
            self._do_with_id(item_id, lambda: driver.say(body))

    def begin(self) -> None:
        """Write something, and do not send it yet."""
        self._put_into_composer(f"{self.place} begins {next(self._numbers)}")

    def finish(self) -> None:
        """Send what is begun, or drop it."""
        self._put_into_composer("")

    def _put_into_composer(self, text: str) -> None:
        if (driver := self._driver) is not None and self._is_open and not self.is_asleep:
            self.owed_draft = ""
            self.disk.begun[self.place] = Begun(text, self._browser.agenda.now)
            self._do(lambda: driver.draft_changed(text))

    def _note_draft(self) -> None:
        """The page ends: what was begun just now may be kept, or what was before."""
        if (begun := self.disk.begun.get(self.place)) is not None and not begun.is_kept:
            end = self._slept_at if self.is_asleep else self._browser.agenda.now
            begun.is_kept = end > begun.since + KEEPING_SECONDS
            if not begun.is_kept:
                del self.disk.begun[self.place]

    def _next_id(self) -> tuple[str, int]:
        number = next(self._numbers)
        return f"{self.place:0>8}-{number:08}", number

    def _do_with_id(self, item_id: str, write: Action) -> None:
        self.disk.addressees[item_id] = self._members
        self._browser.random.given.append(item_id)
        self._do(write)

    def _do(self, act: Action) -> None:
        self._browser.loop.enter(act)

    def read(self, *, reading: bool) -> None:
        """Look at the page, or away from it."""
        if (driver := self._driver) is not None:
            self._do(lambda: driver.reading_changed(reading))

    def share(self) -> None:
        """Hear that the person lets others know more or less of them; a page that is asleep hears it when it wakes."""
        if (driver := self._driver) is not None and not self.is_asleep:
            self._do(driver.sharing_changed)

    def _own_sharing(self) -> Sharing:
        return self._sharing_of(self.disk.account)

    def _sharing_of(self, account: str) -> Sharing:
        return self.disk.context.sharing.get(account, EVERYTHING)

    def hear_of_token(self, *, renewed: bool) -> None:
        """Hear that the login has another token, or that its person has logged in again."""
        if (driver := self._driver) is not None and not self.become():
            self._do(driver.login_renewed if renewed else driver.token_changed)

    def become(self) -> bool:
        """Go on as the account that its person has become; returns whether they have, and the page did not know."""
        loop = self._browser.loop
        if self._driver is None or self._username == self.disk.username or loop.is_frozen or loop.has_ended:
            return False
        self._stop()
        self.enter()
        return True

    def lose_server(self) -> None:
        """Lose the connection to the server, without knowing it yet."""
        if self._browser.line is not None:
            self._browser.line.cut()

    def be_silenced(self, seconds: float) -> None:
        """Have a line to the server for some time that brings nothing, not even a refusal."""
        self.lose_server()
        self._browser.silent_until = max(self._browser.silent_until, self._browser.agenda.now + seconds)

    def check(self) -> None:
        """Hear from the browser that the network is another, or that the page is seen again."""
        if self._driver is not None and not self.become():
            self._do(self._driver.checked)

    def sleep(self, seconds: float) -> None:
        """Be frozen for some time, with the machine or by the browser; what happens meanwhile is heard afterwards."""
        if not self.is_asleep:
            self._browser.loop.freeze()
            self._slept_at = self._browser.agenda.now
            self.lose_server()
            self._browser.agenda.after(seconds, self.wake)

    def wake(self) -> None:
        """Wake up, and hear what was missed."""
        if self.is_asleep:
            self._browser.loop.thaw()
            self.check()
            self.share()

    def leave(self) -> None:
        """Go to the lobby; what the driver has still to do, it does meanwhile."""
        self.wake()
        if self._browser.agenda.chance(0.3):
            self.begin()
        self._stop()

    def _stop(self) -> None:
        if self._driver is not None:
            self._do(self._driver.stop)
            if (begun := self.disk.begun.get(self.place)) is not None:
                begun.is_kept = True
            self._driver_before, self._driver = self._driver, None
            self._show_nothing()

    def close(self) -> None:
        """Close the page, which its browser does without asking it."""
        self._note_draft()
        self._browser.close()

    def crash(self) -> None:
        """End without a word to anyone; the tab may be another one afterwards."""
        self._note_draft()
        self._browser.crash()
        if self._browser.agenda.chance(0.5):
            del self.disk.tabs[self.place]
            self.disk.begun.pop(self.place, None)

    def forget(self) -> None:
        """End with the world."""
        self._browser.loop.end()

    # What it shows

    def _show(self, notice: Notice) -> None:  # noqa: C901, PLR0912 - a table of notices
        self.row = noticed(self.row, notice, self._username, self._browser.agenda.now)
        self._note_unseen(notice)
        self._attend(self._attention.list_changed([self.row], announces=True))
        match notice:
            case StatusChanged(line):
                self.status = line.status
            case MembersChanged(members):
                self._members = tuple(member.username for member in members)
            case HistoryLoaded(items):
                self._is_open = True
                self._transcript.extend(items)
                for item in items:
                    self._add(item)
            case ItemAdded(item):
                if all(other.id != item.id for other in self._transcript):
                    insort(self._transcript, item, key=_position_of)
                self._add(item)
            case DeliveryChanged(item_id, delivery):
                self._note_delivery(item_id, delivery)
            case RetentionChanged(keeping):
                assert keeping.kept, keeping.fault
            case DraftLoaded(text):
                self._check_draft(text)
                self.owed_draft = ""
            case TypingChanged(writers):
                self._check_writers(writers)
            case ProfileChanged(account, name, hue):
                own = (self.disk.account, self._username)
                assert account not in own, f"{self.place} is told what it is called itself"
                self.profiles[account] = frames.Profile(name, hue)
            case UnreadChanged() | RelayChoiceChanged() | ReadingChanged():
                pass  # they promise nothing, or promise it in the row
            case _:
                raise AssertionError(f"nobody has asked for {notice}")

    def _note_unseen(self, notice: Notice) -> None:
        match notice:
            case ItemAdded(item) if item.direction is Direction.OUTGOING:
                if not item.is_written_here:
                    self._unseen.clear()
            case ItemAdded(item) if item.is_shown and not self.row.is_reading:
                self._unseen.add(item.id)
            case ReadingChanged(reading=True):
                self._unseen.clear()
        self._announced = min(self._announced, len(self._unseen))

    def _attend(self, effects: Iterable[AttentionEffect]) -> None:
        """Have it announce what is new, and assert that it is."""
        for effect in effects:
            match effect:
                case Wait(seconds):
                    self._wait(seconds)
                case Announce():
                    assert not self.row.is_reading, f"{self.place} is told of what it looks at"
                    assert effect.count == len(self._unseen), f"{self.place} is told of {effect.count}: {self._unseen}"
                    assert effect.count > self._announced, f"{self.place} is told twice of {self._unseen}"
                    self._announced = effect.count
                case PlaySound() | ShowCount() | Withdraw():
                    pass

    def _wait(self, seconds: float) -> None:
        attention, browser = self._attention, self._browser
        browser.agenda.after(seconds, lambda: browser.loop.enter(lambda: self._waited(attention)))

    def _waited(self, attention: Attention) -> None:
        if attention is self._attention:  # or the room was left, and perhaps entered again
            now = self._browser.agenda.now
            self._attend(attention.waited([self.row], Preferences(), now, is_shown=True, in_front=False))

    def _check_writers(self, writers: tuple[str, ...]) -> None:
        """Assert that nobody is shown writing who wants nobody to know, or to somebody who tells nobody."""
        assert not writers or self._own_sharing().typing, f"{self.place} sees {writers} write"
        for account in writers:
            assert self._sharing_of(account).typing, f"{self.place} sees {account} write"

    def _check_draft(self, text: str) -> None:
        """Assert that a tab goes on with what was begun in it, and with nothing of its own that is gone."""
        begun = self.disk.begun.get(self.place)
        if begun is not None and begun.is_kept and (begun.text or text.startswith(f"{self.place} ")):
            assert text == begun.text, f"{self.place} goes on with {text!r} instead of {begun.text!r}"

    def _add(self, item: Item) -> None:
        assert item.is_readable
        if item.is_written_here:
            self._note_delivery(item.id, item.delivery or Delivery.QUEUED)
        elif isinstance(item.body, Text):
            name, number = said(item).split(" ")
            self.received.setdefault(name, []).append(int(number))
        else:
            assert said(item) not in self.reactions, f"{said(item)} is there already"
            self.reactions.add(said(item))

    def _note_delivery(self, item_id: str, delivery: Delivery) -> None:
        assert item_id in self.disk.written, f"{item_id} is shown as {delivery.name}, and is not safe here"
        if delivery is Delivery.READ:
            assert self._own_sharing().read_receipts, f"{self.place} is shown what was read"
        self.disk.written[item_id].shown[self.place] = delivery

    # What is looked at all the time

    def _check_now_and_then(self) -> None:
        self._heard += 1
        if self._heard % INVARIANTS_CHECKED_EVERY == 0 and self._driver is not None:
            self._driver.check_invariants()
            self._check_row()

    def _check_row(self) -> None:
        """Assert that the list says of the conversation what the room shows."""
        row, last = self.row, self.row.last
        assert not (row.is_reading and row.unread), f"{row.unread} are unread at {self.place}, where they are looked at"
        assert (last is None) is not any(item.is_shown for item in self._transcript), f"{last} at {self.place}"
        if last is not None:
            assert last.item_id in self.transcript, f"{self.place} does not show {last}"
            # What comes from another device has no delivery, though its id may have been written here.
            if last.delivery is not None and (written := self.disk.written.get(last.item_id)) is not None:
                shown = written.shown[self.place]
                assert last.delivery is shown, f"{last.delivery} in the list of {self.place}, and {shown} in the room"

    def _check_frame(self, text: str) -> None:
        """Assert that a page of before gets nothing that it does not know."""
        frame = FRAMES.decode(text)
        if isinstance(frame, ItemPart):
            known = {"text", *self.abilities.features}  # a kind needs the feature of its own name
            assert frame.kind in known, f"{self.place} cannot take {frame.kind}"
        assert self.abilities.has_items or not isinstance(frame, ItemPart | Features), f"{self.place} is too old"
        assert "profile" in self.abilities.features or not isinstance(frame, frames.Profile), (
            f"{self.place} has no names"
        )


def _position_of(item: Item) -> int:
    return item.position


def said(item: Item) -> str:
    """Return whose an item is, and which, by what it says: its id may be a lie."""
    if isinstance(item.body, Reaction):
        return f"{item.body.author} {int(item.body.target[-8:])}"
    name, number, _ = item.text.split(" ", 2)
    return f"{name} {number}"


def _warn(sentence: str) -> None:
    assert not sentence.startswith(UNFORESEEN), sentence


def _fail(error: BaseException) -> None:
    raise error
