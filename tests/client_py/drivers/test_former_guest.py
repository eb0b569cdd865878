from __future__ import annotations

from collections.abc import Sequence

import pytest

from client_py.core.conversation.database_rows import Place
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_records import Entry, Mark, Receipt
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation_list import ConversationRow, format_rows, parse_rows
from client_py.core.drafts import format_drafts, parse_drafts
from client_py.core.room_links import RoomLink, format_links, parse_links
from client_py.drivers import former_guest
from client_py.drivers.conversation_list import CONVERSATIONS_KEY
from client_py.drivers.draft_storage import DRAFTS_KEY
from client_py.drivers.former_guest import move_rows
from client_py.drivers.former_guest_store import WHOLE, move_small_things
from client_py.drivers.history_storage import HistoryStorage
from client_py.drivers.own_device import OwnDevice, OwnDevices, device_key
from client_py.drivers.preferences import PREFERENCES_KEY
from client_py.drivers.retention import NOT_KEPT, WISH_KEY
from client_py.drivers.room_links import LINKS_KEY
from client_py.drivers.tasks import Tasks
from client_py.ports.storage import Change, Key, StorageFailed, StorageFault
from tests.fakes.ports import FakeClock, FakeDatabase, FakeLocks, FakeRandom, FakeStore, settle

NAME = "ben~bcdfgh"
GUEST, ACCOUNT = Place(NAME, "den"), Place("Benjamin", "den")


class Browser:
    """One browser in which a guest has talked, and has become an account."""

    def __init__(self) -> None:
        self.database, self.locks, self.tab = FakeDatabase(), FakeLocks(), FakeStore()
        self.clock, self.random = FakeClock(), FakeRandom()

    async def take_up(self, place: Place, tab: FakeStore | None = None) -> OwnDevice:
        """Be a device there."""
        devices = OwnDevices(place, self.locks, self.tab if tab is None else tab, self.clock, self.random)
        return await devices.take_up(self.database)

    def storage(self, place: Place, device: str) -> HistoryStorage:
        """Return what a device keeps there."""
        return HistoryStorage(place, device, self.database, self.clock, Tasks(fail), fail)

    async def talk(self, device: str, number: int = 1) -> None:
        """Have the guest write a message that waits, and hear one."""
        mine = Item(f"mine-{number:016}", Direction.OUTGOING, NAME, Text(f"mine {number}"), 1.0, Delivery.QUEUED)
        theirs = Item(f"ada:theirs-{number:016}", Direction.INCOMING, "ada", Text(f"theirs {number}"), 2.0)
        storage = self.storage(GUEST, device)
        storage.store(Entry(mine, (Receipt(mine.id, {"ada": {"adas-tab": Delivery.QUEUED}}),)))
        storage.store(Entry(theirs, marks=(Mark("ada", "adas-tab", 1, 5, 5, 3),)))
        await settle()

    async def move(self) -> None:
        """Take it all along."""
        await move_rows(self.database, self.locks, self.tab, GUEST, ACCOUNT)


def fail(reason: object) -> None:
    """Fail the test in which something fails behind its back."""
    raise AssertionError(reason)


async def test_conversation_goes_on_under_the_new_name() -> None:
    """As the same device, with what was said, what waits to be delivered, and how far each side is."""
    browser = Browser()
    before = await browser.take_up(GUEST)
    await browser.talk(before.name)
    storage = browser.storage(GUEST, before.name)
    storage.keep_resume_token("token.mac")
    await storage.close()
    before.release()
    await browser.move()
    assert await browser.database.read(GUEST.prefix) == []
    after = await browser.take_up(ACCOUNT)
    assert (after.name, after.resume_token) == (before.name, "token.mac")
    snapshot = await browser.storage(ACCOUNT, after.name).load()
    assert [item.text for item in snapshot.items] == ["mine 1", "theirs 1"]
    assert [item.text for item in snapshot.pending] == ["mine 1"]
    assert snapshot.marks == (Mark("ada", "adas-tab", 1, 5, 5, 3),)
    assert device_key(GUEST) not in browser.tab
    assert browser.locks.held == {f"p2pchat:Benjamin/den/{after.name}"}


async def test_own_message_that_comes_again_is_known() -> None:
    """From another device of the same person, for one: it stands there once."""
    browser = Browser()
    device = await browser.take_up(GUEST)
    await browser.talk(device.name)
    device.release()
    await browser.move()
    after = await browser.take_up(ACCOUNT)
    again = Item(f"mine-{1:016}", Direction.OUTGOING, "Benjamin", Text("mine 1"), 1.0, from_other_device=True)
    storage = browser.storage(ACCOUNT, after.name)
    storage.store(Entry(again, marks=(Mark("Benjamin", "other-tab", 1, 1, 1, 0),)))
    await settle()
    assert [item.text for item in (await storage.load()).items] == ["mine 1", "theirs 1"]


class CrashingDatabase(FakeDatabase):
    """A database under which the page ends before the write of some number."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 10**6

    async def write(self, changes: Sequence[Change]) -> Sequence[Key | None]:
        """Write, or end."""
        self.left -= 1
        if self.left < 0:
            raise StorageFailed(StorageFault.CLOSED)
        return await super().write(changes)


@pytest.mark.parametrize("writes", range(6))
async def test_move_that_a_crash_has_ended_is_carried_on(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it was: the next page finds everything once."""
    monkeypatch.setattr(former_guest, "MOVED_AT_ONCE", 3)
    browser = Browser()
    browser.database = database = CrashingDatabase()
    device = await browser.take_up(GUEST)
    for number in range(3):
        await browser.talk(device.name, number)
    device.release()
    database.left = writes
    with pytest.raises(StorageFailed):
        await browser.move()
    assert browser.locks.held == set()
    database.left = 10**6
    await browser.move()
    after = await browser.take_up(ACCOUNT)
    snapshot = await browser.storage(ACCOUNT, after.name).load()
    assert after.name == device.name
    assert sorted(item.text for item in snapshot.items) == sorted(
        f"{who} {n}" for n in range(3) for who in ("mine", "theirs")
    )
    assert [item.text for item in snapshot.pending] == [f"mine {number}" for number in range(3)]
    assert await browser.database.read(GUEST.prefix) == []


async def test_other_tab_that_is_still_the_guest_keeps_what_is_its_own() -> None:
    """It writes there as long as it lives; what it has left follows later."""
    browser, other_tab = Browser(), FakeStore()
    mine, other = await browser.take_up(GUEST), await browser.take_up(GUEST, other_tab)
    await browser.talk(mine.name, 1)
    await browser.talk(other.name, 2)
    mine.release()
    await browser.move()
    after = await browser.take_up(ACCOUNT)
    assert after.name == mine.name
    snapshot = await browser.storage(ACCOUNT, after.name).load()
    assert [item.text for item in snapshot.pending] == ["mine 1"]
    assert len(snapshot.items) == 4
    deliveries = [item.delivery for item in snapshot.items if item.is_written_here]
    assert deliveries == [Delivery.QUEUED] * 2, "what the other tab has written is not there yet"
    assert await browser.database.read(GUEST.outbox_of(other.name)) != []
    other.release()
    after.release()
    await browser.move()
    heir = await browser.take_up(ACCOUNT)
    assert len((await browser.storage(ACCOUNT, heir.name).load()).pending) == 2


async def test_what_another_tab_has_delivered_meanwhile_is_known_when_it_follows() -> None:
    """A copy of how far its messages were stands there until then."""
    browser, other_tab = Browser(), FakeStore()
    other = await browser.take_up(GUEST, other_tab)
    await browser.talk(other.name, 1)
    await browser.talk(other.name, 2)
    await browser.move()
    storage = browser.storage(GUEST, other.name)
    for number, delivery in ((1, Delivery.READ), (2, Delivery.DELIVERED)):
        storage.store(Entry(receipts=(Receipt(f"mine-{number:016}", {"ada": {"adas-tab": delivery}}),)))
    await settle()
    other.release()
    await browser.move()
    heir = await browser.take_up(ACCOUNT)
    snapshot = await browser.storage(ACCOUNT, heir.name).load()
    deliveries = [item.delivery for item in snapshot.items if item.is_written_here]
    assert (deliveries, snapshot.pending) == ([Delivery.READ, Delivery.DELIVERED], ())


async def test_what_stands_under_the_new_name_already_is_newer() -> None:
    """A row that comes late leaves it alone."""
    browser = Browser()
    device = await browser.take_up(GUEST)
    await browser.talk(device.name)
    device.release()
    await browser.move()
    after = await browser.take_up(ACCOUNT)
    storage = browser.storage(ACCOUNT, after.name)
    storage.store(Entry(marks=(Mark("ada", "adas-tab", 2, 9, 9, 9),)))
    browser.storage(GUEST, device.name).store(Entry(marks=(Mark("ada", "adas-tab", 1, 6, 6, 3),)))
    await settle()
    await browser.move()
    assert (await storage.load()).marks == (Mark("ada", "adas-tab", 2, 9, 9, 9),)


def test_small_things_go_along() -> None:
    """The list, drafts of this tab and of all, links, what was chosen; twice is as good as once."""
    store, tab = FakeStore(), FakeStore()
    link = RoomLink("s" * 22)
    store.put(CONVERSATIONS_KEY + NAME, format_rows({"den": ConversationRow("den", 5.0)}))
    store.put(LINKS_KEY + NAME, format_links({"den": link}))
    store.put(WISH_KEY + NAME, NOT_KEPT)
    store.put(PREFERENCES_KEY + NAME, "chosen")
    for place in (store, tab):
        place.put(DRAFTS_KEY + NAME, format_drafts({"den": "begun"}))
    for _ in range(2):
        move_small_things(store, tab, NAME, "Benjamin")
        assert parse_rows(store[CONVERSATIONS_KEY + "Benjamin"]) == {"den": ConversationRow("den", 5.0)}
        assert parse_links(store[LINKS_KEY + "Benjamin"]) == {"den": link}
        assert (store[WISH_KEY + "Benjamin"], store[PREFERENCES_KEY + "Benjamin"]) == (NOT_KEPT, "chosen")
        assert [parse_drafts(place[DRAFTS_KEY + "Benjamin"]) for place in (store, tab)] == [{"den": "begun"}] * 2
        assert not [key for place in (store, tab) for key in place if key.endswith(NAME)]


def test_what_the_account_has_already_stays() -> None:
    """It has been used since, in this browser."""
    store, tab = FakeStore(), FakeStore()
    for name, used in ((NAME, 5.0), ("Benjamin", 9.0)):
        store.put(CONVERSATIONS_KEY + name, format_rows({"den": ConversationRow("den", used)}))
    for key in WHOLE:
        store.put(key + NAME, "of the guest")
        store.put(key + "Benjamin", "since then")
    move_small_things(store, tab, NAME, "Benjamin")
    assert parse_rows(store[CONVERSATIONS_KEY + "Benjamin"])["den"].used_at == 9.0
    assert [store[key + "Benjamin"] for key in WHOLE] == ["since then"] * len(WHOLE)
