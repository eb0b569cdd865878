from __future__ import annotations

import asyncio

import pytest

from client_py.core.conversation.database_rows import Place
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_records import Entry, Receipt, Snapshot
from client_py.core.conversation.items import Item, Text
from client_py.core.retention import Retention, RetentionFault
from client_py.drivers.history_storage import MAX_TOGETHER
from client_py.drivers.retention import LeftRoom, RetentionDriver, StoragePorts
from client_py.drivers.tasks import Tasks
from client_py.ports.storage import Put, StorageFailed, StorageFault
from tests.fakes.ports import FakeClock, FakeDatabases, FakeLocks, FakeRandom, FakeStore, settle

PLACE = Place("ada", "den")


class Stage:
    """A history storage among fakes; `before` shares its browser, or only its page."""

    def __init__(
        self,
        before: Stage | None = None,
        place: Place = PLACE,
        *,
        max_together: int = MAX_TOGETHER,
        same_page: bool = False,
    ) -> None:
        self.databases: FakeDatabases = before.databases if before else FakeDatabases()
        self.locks: FakeLocks = before.locks if before else FakeLocks()
        self.store: FakeStore = before.store if before else FakeStore()
        self.random: FakeRandom = before.random if before else FakeRandom()
        self.shown: list[Retention] = []
        self.failures: list[BaseException] = []
        is_of_page = before is not None and same_page
        self.tab: FakeStore = before.tab if before and is_of_page else FakeStore()
        self.left_rooms: dict[Place, LeftRoom] = before.left_rooms if before and is_of_page else {}
        ports = StoragePorts(
            self.databases,
            self.locks,
            self.store,
            self.tab,
            FakeClock(),
            self.random,
            max_together,
            self.left_rooms,
        )
        self.retention = RetentionDriver(place, ports, Tasks(self.failures.append), self.shown.append)

    async def keep(self, *texts: str) -> None:
        """Keep messages that came in at once."""
        for text in texts:
            message = Item(f"message-{text:0>12}", Direction.INCOMING, "ben", Text(text), 1.0)
            self.retention.storage.store(Entry(message))
        await settle()

    async def texts(self) -> list[str]:
        """Return all that is kept now."""
        return [message.text for message in await self.retention.storage.everything()]

    async def rows(self) -> int:
        """Count what the browser holds."""
        return len(await self.databases.database.read(()))


async def test_browser_keeps_unless_told_otherwise() -> None:
    """What one page has kept, the next one finds."""
    stage = Stage()
    assert await stage.retention.open() == Snapshot()
    assert stage.shown == [Retention(kept=True)]
    await stage.keep("Hello")
    await stage.retention.close()
    snapshot = await Stage(stage).retention.open()
    assert [message.text for message in snapshot.items] == ["Hello"]


async def test_transactions_are_no_larger_than_the_ports_say() -> None:
    """What came in at once is kept one after the other, where a test wants to see what comes between."""
    stage = Stage(max_together=2)
    await stage.retention.open()
    before = len(stage.databases.database.written)
    await stage.keep("One", "Two", "Three")
    assert [len(changes) for changes in stage.databases.database.written[before:]] == [4, 2]


async def test_turning_off_forgets_every_room_and_goes_on_in_memory() -> None:
    """Nothing is left in the browser, and the page still has what it shows."""
    stage = Stage()
    other = Stage(stage, Place("ada", "attic"))
    for each in (other, stage):
        await each.retention.open()
        await each.keep("Hello")
    await stage.retention.set_keeping(kept=False)
    assert await stage.rows() == 0
    assert stage.shown[-1] == Retention(kept=False)
    await stage.keep("Again")
    assert await stage.texts() == ["Hello", "Again"]
    assert await stage.rows() == 0


async def test_wish_of_another_tab_is_followed() -> None:
    """A tab that is told looks at the wish, and keeps nothing more."""
    stage = Stage()
    other = Stage(stage)
    for each in (stage, other):
        await each.retention.open()
    await stage.retention.set_keeping(kept=False)
    await other.retention.look_at_wish()
    await other.keep("Hello")
    assert other.shown[-1] == Retention(kept=False)
    assert await stage.rows() == 0


async def test_turning_on_keeps_what_the_page_has() -> None:
    """What was said while nothing was kept is kept from then on."""
    stage = Stage()
    stage.store.put("p2pchat.keep:ada", "no")
    await stage.retention.open()
    assert stage.shown == [Retention(kept=False)]
    await stage.keep("Hello")
    assert await stage.rows() == 0
    await stage.retention.set_keeping(kept=True)
    assert stage.shown[-1] == Retention(kept=True)
    await stage.retention.close()
    snapshot = await Stage(stage).retention.open()
    assert [message.text for message in snapshot.items] == ["Hello"]


async def test_browser_without_locks_keeps_nothing_and_says_so() -> None:
    """Outside a secure context two tabs could be one device."""
    stage = Stage()
    stage.locks.supported = False
    await stage.retention.open()
    assert stage.shown == [Retention(kept=False, changeable=False, fault=RetentionFault.INSECURE)]
    await stage.keep("Hello")
    assert await stage.texts() == ["Hello"]


async def test_browser_that_refuses_the_database_says_so() -> None:
    """The room opens all the same."""
    stage = Stage()
    stage.databases.refusing = True
    await stage.retention.open()
    assert stage.shown == [Retention(kept=False, changeable=False, fault=RetentionFault.FORBIDDEN)]
    assert stage.locks.held == set()


async def test_database_that_is_taken_away_is_told() -> None:
    """What comes from then on goes into the page's memory."""
    stage = Stage()
    await stage.retention.open()
    rows = await stage.rows()
    stage.databases.take_away()
    assert stage.shown[-1] == Retention(kept=False, changeable=False, fault=RetentionFault.TAKEN_AWAY)
    await stage.keep("Hello")
    assert await stage.texts() == ["Hello"]
    assert await stage.rows() == rows


async def test_device_is_held_to_the_end() -> None:
    """Even where nothing is kept under its name any more, no other page may be it, since this one may come back."""
    stage = Stage()
    await stage.retention.open()
    await stage.retention.set_keeping(kept=False)
    assert len(stage.locks.held) == 1
    await stage.retention.close()
    assert len(stage.locks.held) == 1
    after = Stage(stage, same_page=True)
    await after.retention.open()
    assert after.retention.storage.device == stage.retention.storage.device
    assert stage.failures == []


async def test_device_is_freed_only_when_all_is_kept() -> None:
    """The page that takes it up must find what was written last."""
    stage = Stage()
    await stage.retention.open()
    stage.databases.database.open_for_writing.clear()
    await stage.keep("Hello")
    closing = asyncio.ensure_future(stage.retention.close())
    await settle()
    assert len(stage.locks.held) == 1
    stage.databases.database.open_for_writing.set()
    await closing
    assert stage.locks.held == set()


async def test_messages_are_given_page_by_page() -> None:
    """Earlier ones on demand, the oldest at last, each once."""
    stage = Stage()
    await stage.retention.open()
    for number in range(450):
        message = Item(f"message-{number:012}", Direction.INCOMING, "ben", Text(str(number)), 1.0)
        stage.retention.storage.store(Entry(message))
    await settle()
    await stage.retention.close()
    after = Stage(stage)
    snapshot = await after.retention.open()
    pages = [snapshot.items]
    has_earlier = snapshot.has_earlier
    while has_earlier:
        messages, has_earlier = await after.retention.storage.earlier(pages[0][0].id)
        pages.insert(0, messages)
    assert [len(page) for page in pages] == [50, 80, 80, 80, 80, 80]
    assert [message.text for page in pages for message in page] == [str(number) for number in range(450)]
    assert all(message.delivery is None for message in snapshot.items)


async def test_messages_are_given_page_by_page_on_the_way_back() -> None:
    """Later ones on demand, the newest at last; or the newest at once."""
    stage = Stage()
    await stage.retention.open()
    for number in range(200):
        message = Item(f"message-{number:012}", Direction.INCOMING, "ben", Text(str(number)), 1.0)
        stage.retention.storage.store(Entry(message))
    await settle()
    storage = stage.retention.storage
    first, has_later = await storage.later("message-000000000009")
    assert ([message.text for message in first], has_later) == ([str(number) for number in range(10, 90)], True)
    rest, has_later = await storage.later("message-000000000119")
    assert ([message.text for message in rest], has_later) == ([str(number) for number in range(120, 200)], False)
    newest, has_earlier = await storage.newest()
    assert (newest, has_earlier) == (rest, True)
    assert await storage.later("message-000000000199") == ((), False)
    await stage.retention.close()


async def test_search_stops_at_a_limit() -> None:
    """The newest come first, and that there are more is told."""
    stage = Stage()
    await stage.retention.open()
    for number in range(130):
        message = Item(f"message-{number:012}", Direction.OUTGOING, "ada", Text(f"say {number}"), 1.0, Delivery.QUEUED)
        stage.retention.storage.store(Entry(message))
    await settle()
    found, complete = await stage.retention.storage.search("say")
    assert (len(found), complete, found[0].excerpt) == (100, False, "say 129")
    found, complete = await stage.retention.storage.search("SAY 12")
    assert (found[-1].excerpt, complete) == ("say 12", True)
    assert await stage.retention.storage.search("  ") == ((), True)


async def test_browser_that_fails_while_the_device_is_taken_up_frees_it() -> None:
    """The name is nobody's, for nothing is kept under it."""
    stage = Stage()
    stage.databases.database.failing = True
    await stage.retention.open()
    assert stage.shown == [Retention(kept=False, changeable=False, fault=RetentionFault.FULL)]
    assert stage.locks.held == set()
    assert stage.databases.database.handles == 0


async def test_browser_that_fails_when_keeping_is_turned_on_is_let_go_of() -> None:
    """The page goes on with what it has, and the next page is no device that is not there."""
    stage = Stage()
    stage.store.put("p2pchat.keep:ada", "no")
    await stage.retention.open()
    await stage.keep("Hello")
    stage.databases.database.failing = True
    await stage.retention.set_keeping(kept=True)
    assert stage.shown[-1] == Retention(kept=False, changeable=False, fault=RetentionFault.FULL)
    assert await stage.texts() == ["Hello"]
    assert stage.databases.database.handles == 0
    assert stage.tab == {}


async def test_browser_that_fails_when_keeping_is_turned_off_says_so() -> None:
    """What could not be forgotten is told, and the page goes on with what it has."""
    stage = Stage()
    await stage.retention.open()
    await stage.keep("Hello")
    stage.databases.database.failing = True
    await stage.retention.set_keeping(kept=False)
    assert stage.shown[-1] == Retention(kept=False, changeable=False, fault=RetentionFault.NOT_REMOVED)
    await stage.keep("Again")
    assert await stage.texts() == ["Hello", "Again"]
    assert stage.databases.database.handles == 0


async def test_what_could_not_be_removed_is_removed_by_the_next_page() -> None:
    """Nothing remains of what the person wanted forgotten; as long as it does, they are told."""
    stage = Stage()
    await stage.retention.open()
    await stage.keep("Hello")
    stage.databases.database.failing = True
    await stage.retention.set_keeping(kept=False)
    second, third, fourth = Stage(stage), Stage(stage), Stage(stage)
    await second.retention.open()
    assert second.shown == [stage.shown[-1]]
    assert await stage.rows() > 0
    stage.databases.database.failing = False
    await third.retention.open()
    assert third.shown == [Retention(kept=False)]
    assert await stage.rows() == 0
    writes = len(stage.databases.database.written)
    await fourth.retention.open()
    assert len(stage.databases.database.written) == writes
    assert stage.databases.database.handles == 0


async def test_wish_that_comes_while_the_database_fails_is_carried_out() -> None:
    """What was kept is removed, whatever the history stands on by then."""
    stage = Stage()
    await stage.retention.open()
    await stage.keep("Hello")
    database = stage.databases.database
    database.open_for_writing.clear()
    await stage.keep("Again")
    wishing = asyncio.ensure_future(stage.retention.set_keeping(kept=False))
    await settle()
    database.failing = True
    database.open_for_writing.set()
    await settle()
    assert wishing.done()
    assert stage.shown[-1].fault is RetentionFault.NOT_REMOVED
    assert await stage.texts() == ["Hello", "Again"]


async def test_rows_of_no_room_are_passed_over() -> None:
    """Something else has written there: the room opens all the same, and what was kept is found."""
    stage = Stage(place=Place(PLACE.account, "Den"))
    await stage.retention.open()
    await stage.keep("hello")
    await stage.retention.close()
    account = PLACE.account
    await stage.databases.database.write([Put((account,), ""), Put((account, 7), ""), Put((account, "Ben"), "")])
    later = Stage(stage)
    await later.retention.open()
    assert await later.texts() == ["hello"]


async def test_wishes_are_carried_out_one_at_a_time() -> None:
    """Several looks at once take the device once, and leave nothing held behind."""
    stage = Stage()
    stage.store.put("p2pchat.keep:ada", "no")
    await stage.retention.open()
    stage.store.remove("p2pchat.keep:ada")
    await asyncio.gather(*(stage.retention.look_at_wish() for _ in range(3)))
    assert stage.shown.count(Retention(kept=True)) == 1
    await stage.retention.close()
    await stage.retention.look_at_wish()
    assert stage.locks.held == set()


@pytest.mark.parametrize("fault", StorageFault)
async def test_every_fault_of_storage_is_told(fault: StorageFault) -> None:
    """It keeps its name on its way to the person, and brings along what the browser says."""
    stage = Stage()
    stage.databases.refusing = True
    stage.databases.refusal = StorageFailed(fault, "AbortError: no")
    await stage.retention.open()
    expected = Retention(kept=False, changeable=False, fault=RetentionFault(fault.value), reason="AbortError: no")
    assert stage.shown == [expected]


async def test_history_under_a_name_with_capitals_is_still_there() -> None:
    """An earlier release kept "Den" and "den" as two rooms; under the one name that is left, what there is is found."""
    before = None
    for room in ("Attic", "Den", "Denmark", "zoo"):
        before = Stage(before, Place("ada", room))
        await before.retention.open()
        await before.keep(room)
        await before.retention.close()
    for room, texts in (("den", ["Den"]), ("attic", ["Attic"]), ("zoo", ["zoo"]), ("new", [])):
        stage = Stage(before, Place("ada", room))
        await stage.retention.open()
        assert await stage.texts() == texts
        await stage.keep("more")
        await stage.retention.close()
        again = Stage(before, Place("ada", room))
        await again.retention.open()
        assert await again.texts() == [*texts, "more"]
        await again.retention.close()
    other = Stage(before, Place("ben", "den"))
    await other.retention.open()
    assert await other.texts() == []


async def queue(stage: Stage, text: str) -> None:
    """Write a message that nobody has got yet."""
    message = Item(f"message-{text:0>12}", Direction.OUTGOING, "ada", Text(text), 1.0, Delivery.QUEUED)
    receipt = Receipt(message.id, {"ben": {}})
    stage.retention.storage.store(Entry(message, receipts=(receipt,)))
    await settle()


async def test_room_that_is_not_kept_lasts_as_long_as_the_page() -> None:
    """Left and entered again, it has what waits, as the same device; another page has nothing of it."""
    stage = Stage()
    stage.locks.supported = False
    await stage.retention.open()
    await queue(stage, "Anyone?")
    await stage.retention.close()
    after = Stage(stage, same_page=True)
    snapshot = await after.retention.open()
    assert [item.text for item in snapshot.pending] == ["Anyone?"]
    assert after.retention.storage.device == stage.retention.storage.device
    await after.retention.close()
    assert await Stage(stage).retention.open() == Snapshot()


async def test_room_that_the_browser_failed_to_keep_is_kept_once_it_can() -> None:
    """What was said meanwhile waits in the page; another one of this browser cannot be its device before that."""
    stage = Stage()
    await stage.retention.open()
    await queue(stage, "Kept")
    stage.databases.database.failing = True
    await queue(stage, "Not kept")
    device = stage.retention.storage.device
    await stage.retention.close()
    assert len(stage.locks.held) == 1
    in_vain = Stage(stage, same_page=True)
    await in_vain.retention.open()
    assert in_vain.shown[-1].fault is RetentionFault.FULL
    assert await in_vain.texts() == ["Kept", "Not kept"]
    await in_vain.retention.close()
    stage.databases.database.failing = False
    after = Stage(stage, same_page=True)
    snapshot = await after.retention.open()
    assert after.shown == [Retention(kept=True)]
    assert [item.text for item in snapshot.pending] == ["Kept", "Not kept"]
    assert after.retention.storage.device == device
    await after.retention.close()
    assert stage.locks.held == set()
    assert [item.text for item in (await Stage(stage).retention.open()).items] == ["Kept", "Not kept"]
