from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from client_py.core.conversation.database_rows import Place, item_row, position_of
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_records import Entry, Kept, Mark, Receipt, Snapshot
from client_py.core.conversation.history_search import Match
from client_py.core.conversation.items import Item, Reaction, Text, Unknown
from client_py.core.frames import MAX_ITEM_BYTES
from client_py.drivers import history_storage as storage
from client_py.drivers.history_storage import HistoryStorage
from client_py.drivers.memory_database import MemoryDatabase
from client_py.drivers.tasks import Tasks
from client_py.ports.storage import Key, Put, StorageFailed, StorageFault
from tests.fakes.ports import FakeClock, FakeDatabase, settle
from tests.releases import HISTORY_0_1, rows_of

PLACE = Place("ada", "den")
MARK = Mark("ben", "bens-tab", heard=1, received=2, read=1, acknowledged=3)


class Stage:
    """The history of a device among fakes; `before` shares its database."""

    def __init__(
        self,
        before: Stage | None = None,
        device: str = "adas-tab",
        now: float = 1_000_000.0,
        database: FakeDatabase | None = None,
    ) -> None:
        self.database: FakeDatabase = before.database if before else database or FakeDatabase()
        self.stored: list[tuple[str | None, bool]] = []
        self.positions: list[int] = []
        self.faults: list[StorageFailed] = []
        self.failures: list[BaseException] = []
        tasks = Tasks(self.failures.append)
        self.storage = HistoryStorage(PLACE, device, self.database, FakeClock(now), tasks, self.faults.append)
        self.storage.stored = self._stored

    def _stored(self, together: Sequence[Kept]) -> None:
        self.stored += [(kept.entry.item.text if kept.entry.item else None, kept.new) for kept in together]
        self.positions += [kept.position for kept in together if kept.entry.item]

    async def spoil(self, prefix: Key, row: str, *, message_id: str) -> None:
        """Write something else in the place of what is kept of a message, or under another last part of a key."""
        (key,) = [key for key, _ in await self.database.read(prefix) if key[-1] == message_id]
        await self.database.write([Put(key, row)])

    async def keep(self, *entries: Entry) -> None:
        """Keep entries, and wait until they are."""
        for entry in entries:
            self.storage.store(entry)
        await settle()


def incoming(text: str) -> Item:
    """Return a message of Ben."""
    return Item(f"ben:message-{text}", Direction.INCOMING, "ben", Text(text), 1.0)


def outgoing(text: str, delivery: Delivery = Delivery.QUEUED) -> Item:
    """Return a message of ours."""
    return Item(f"message-{text}", Direction.OUTGOING, "ada", Text(text), 1.0, delivery)


def written(text: str, delivery: Delivery = Delivery.QUEUED) -> Entry:
    """Return what is kept of a message to Ben."""
    message = outgoing(text, delivery)
    return Entry(message, (Receipt(message.id, {"ben": {"bens-tab": delivery}}),))


async def test_archive_gives_what_it_has_kept() -> None:
    """Messages stand in their order, and ours wait with their receipts as long as somebody is owed them."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")), written("2", Delivery.DELIVERED), written("3"), Entry(marks=(MARK,)))
    queued, delivered = outgoing("3"), outgoing("2", Delivery.DELIVERED)
    assert await Stage(stage).storage.load("token") == Snapshot(
        items=(incoming("1"), delivered, queued),
        pending=(queued,),
        receipts=(
            Receipt(delivered.id, {"ben": {"bens-tab": Delivery.DELIVERED}}),
            Receipt(queued.id, {"ben": {"bens-tab": Delivery.QUEUED}}),
        ),
        marks=(MARK,),
        resume_token="token",
    )


async def test_archive_forgets_what_nothing_more_can_be_learned_of() -> None:
    """The receipt of a message that was read is removed, and so are marks that are given up."""
    stage = Stage()
    await stage.keep(written("1"), Entry(marks=(MARK,)))
    read = Receipt("message-1", {"ben": {"bens-tab": Delivery.READ}})
    await stage.keep(Entry(receipts=(read,), forgotten=((MARK.account, MARK.device),)))
    assert await stage.storage.load() == Snapshot(items=(outgoing("1", Delivery.READ),))


async def test_archive_tells_of_a_message_whether_it_is_new() -> None:
    """A message that is kept already is not kept twice, in one transaction as little as in two."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")), Entry(incoming("1")), Entry(marks=(MARK,)))
    await stage.keep(Entry(incoming("1")))
    assert stage.stored == [("1", True), ("1", False), (None, False), ("1", False)]
    assert await stage.storage.everything() == [incoming("1")]


async def test_archive_keeps_messages_of_two_authors_apart() -> None:
    """Who copies an id takes nobody's message away; and what an account has written is not written again by another."""
    stage = Stage()
    copies = [replace(incoming("1"), id=f"{author}:message-1", author=author) for author in ("cleo", "ben", "cleo")]
    await stage.keep(written("1"), *map(Entry, copies))
    assert stage.stored == [("1", True), ("1", True), ("1", True), ("1", False)]
    assert [message.author for message in (await Stage(stage).storage.load()).items] == ["ada", "cleo", "ben"]


async def test_archive_knows_ids_that_an_earlier_release_has_kept() -> None:
    """They stand there without their author; what is sent again is known by them, and found by them."""
    stage = Stage()
    old = replace(incoming("1"), id="message-1")
    await stage.database.write(
        [Put(PLACE.message(7, old.id), item_row(old)), Put((*PLACE.ids_of("adas-tab"), old.id), "7")]
    )
    await stage.keep(Entry(incoming("1")), Entry(incoming("2")))
    assert stage.stored == [("1", False), ("2", True)]
    assert await stage.storage.later(old.id) == ((incoming("2"),), False)


async def test_archive_writes_once_what_changes_often_in_one_transaction() -> None:
    """Of a mark and a receipt that several entries have, the last one is kept, and what was given up last is gone."""
    stage = Stage()
    stage.database.open_for_writing.clear()
    await stage.keep(Entry(incoming("1"), marks=(MARK,)))
    later, other = replace(MARK, received=3), replace(MARK, device="bens-phone")
    stage.storage.store(Entry(incoming("2"), marks=(MARK,)))
    stage.storage.store(Entry(marks=(other,)))
    stage.storage.store(Entry(incoming("3"), marks=(later,), forgotten=((other.account, other.device),)))
    stage.database.open_for_writing.set()
    await settle()
    item_rows = 2 * 2
    assert [len(changes) for changes in stage.database.written] == [2 + 1, item_rows + 2]
    assert stage.stored == [("1", True), ("2", True), (None, False), ("3", True)]
    assert (await stage.storage.load()).marks == (later,)


async def test_archive_bounds_entries_written_at_once() -> None:
    """What stands in line after them goes into the next transaction, and the page can be drawn in between."""
    stage = Stage()
    stage.database.open_for_writing.clear()
    await stage.keep(Entry(incoming("0")))
    await stage.keep(*(Entry(incoming(str(number))) for number in range(1, storage.MAX_TOGETHER + 2)))
    stage.database.open_for_writing.set()
    await settle()
    assert [len(changes) // 2 for changes in stage.database.written] == [1, storage.MAX_TOGETHER, 1]
    assert stage.stored == [(str(number), True) for number in range(storage.MAX_TOGETHER + 2)]


async def test_archive_tells_what_is_stored_only_after_it_is() -> None:
    """As long as the database writes, nobody is told."""
    stage = Stage()
    stage.database.open_for_writing.clear()
    await stage.keep(Entry(incoming("1")))
    assert stage.stored == []
    stage.database.open_for_writing.set()
    await settle()
    assert stage.stored == [("1", True)]


async def test_archive_goes_on_in_memory_when_the_database_fails() -> None:
    """It tells why once, and loses nothing of what was there, nor of what comes from then on."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")))
    stage.database.failing = True
    await stage.keep(Entry(incoming("2")))
    await stage.keep(Entry(incoming("3")))
    assert [failed.fault for failed in stage.faults] == [StorageFault.FULL]
    assert stage.stored == [("1", True), ("2", True), ("3", True)]
    assert await stage.storage.everything() == [incoming("1"), incoming("2"), incoming("3")]
    await stage.keep(Entry(incoming("1")))
    assert stage.stored[-1] == ("1", False)


async def test_archive_goes_on_with_what_comes_when_nothing_can_be_read() -> None:
    """What it cannot take along is no reason to stop."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")))
    stage.database.failing = stage.database.unreadable = True
    await stage.keep(Entry(incoming("2")))
    assert stage.stored[-1] == ("2", True)
    assert await stage.storage.everything() == [incoming("2")]


async def test_archive_does_not_wait_for_a_database_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while it goes on without what is in there, and the person is told."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")))
    monkeypatch.setattr(storage, "RESCUE_SECONDS", 0.0)
    stage.database.failing = stage.database.hanging = True
    await stage.keep(Entry(incoming("2")))
    assert stage.stored[-1] == ("2", True)
    assert [failed.fault for failed in stage.faults] == [StorageFault.FULL]


async def test_archive_closes_after_the_last_entry_is_kept() -> None:
    """Also where that one came while another was being written."""
    stage = Stage()
    stage.storage.store(Entry(incoming("1")))
    await settle()
    stage.storage.store(Entry(incoming("2")))
    await stage.storage.close()
    assert stage.stored == [("1", True), ("2", True)]


async def test_archive_stores_after_what_a_later_clock_wrote() -> None:
    """A clock that was set back puts nothing before what stands there already."""
    stage = Stage()
    await Stage(stage, now=2_000_000.0).keep(Entry(incoming("1")))
    await stage.storage.load()
    await stage.keep(Entry(incoming("2")))
    assert await stage.storage.everything() == [incoming("1"), incoming("2")]


async def test_archive_gives_what_is_before_a_message_of_this_page() -> None:
    """The place of one that was stored since the page was opened is found by its id."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")), Entry(incoming("2")), Entry(incoming("3")))
    assert await stage.storage.earlier("ben:message-3") == ((incoming("1"), incoming("2")), False)
    assert await stage.storage.earlier("message-unknown") == ((), False)


async def test_archive_shows_a_message_of_two_tabs_once() -> None:
    """Both have heard what was said in the room while both were there; it is kept where the first of them put it."""
    stage = Stage()
    other = Stage(stage, "adas-other-tab", 1_000_001.0)
    await stage.keep(Entry(incoming("1")))
    await other.keep(Entry(incoming("2")), Entry(incoming("1")))
    assert other.stored == [("2", True), ("1", True)]
    assert other.positions[1] == stage.positions[0] < other.positions[0]
    assert await stage.storage.everything() == [incoming("1"), incoming("2")]


class SharedDatabase(FakeDatabase):
    """A database to which another tab does something after each look into it."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def read(self, prefix: Key, **limits: Any) -> Sequence[tuple[Key, str]]:
        """Return rows as they were before."""
        rows = await super().read(prefix, **limits)
        if self.meanwhile is not None:
            await self.meanwhile()
        return rows


async def test_archive_does_not_take_for_read_what_another_tab_writes_meanwhile() -> None:
    """It may come between two looks into the database: its receipt is not missed where the message is seen."""
    database = SharedDatabase()
    stage = Stage(database=database)
    other = Stage(stage, "adas-other-tab")
    await other.keep(written("0"))
    numbers = count(1)
    database.meanwhile = lambda: other.keep(written(str(next(numbers))))
    items = [*(await stage.storage.load()).items, *(await stage.storage.newest())[0]]
    items += [*(await stage.storage.later("message-0"))[0], *await stage.storage.everything()]
    assert len(items) > 4
    assert {item.delivery for item in items} == {Delivery.QUEUED}


async def test_archive_shows_once_what_two_tabs_of_an_earlier_release_have_kept() -> None:
    """There each tab had a row of its own, and the first one counts."""
    stage = Stage()
    message = incoming("1")
    for position, device in ((7, "adas-tab"), (9, "adas-other-tab")):
        key = (*PLACE.ids_of(device), message.id)
        await stage.database.write(
            [Put(PLACE.message(position, message.id), item_row(message)), Put(key, str(position))]
        )
    await stage.keep(Entry(incoming("2")))
    assert (await stage.storage.load()).items == (message, incoming("2"))
    assert await stage.storage.everything() == [message, incoming("2")]


WRONG_CLOCKS = [1_172_800.0, 9e12, -1.0]


@pytest.mark.parametrize("wrong", WRONG_CLOCKS, ids=["ahead", "beyond-all-days", "before-1970"])
async def test_archive_keeps_messages_in_the_order_in_which_tabs_hear_them(wrong: float) -> None:
    """Whatever their clocks say: positions are given out by the database, which all tabs share."""
    stages = [Stage(now=wrong)]
    stages += [Stage(stages[0], f"adas-tab-{number}", now) for number, now in enumerate((1_000_000.0, wrong))]
    for stage in stages:
        await stage.storage.load()
    for number in range(9):
        await stages[number % 3].keep(Entry(incoming(str(number))))
    messages = [incoming(str(number)) for number in range(9)]
    positions = [position for three in zip(*(stage.positions for stage in stages), strict=True) for position in three]
    assert positions == sorted(set(positions))
    assert (await Stage(stages[0]).storage.load()).items == tuple(messages)
    assert await stages[1].storage.earlier("ben:message-5") == (tuple(messages[:5]), False)


async def test_archive_puts_behind_the_last_message_what_comes_after_the_database_was_taken_away() -> None:
    """Its memory is empty then, but the page shows what was there, and the clock may have been set back."""
    stage = Stage()
    await Stage(stage, "adas-other-tab", now=2_000_000.0).keep(Entry(incoming("1")))
    await stage.keep(Entry(incoming("2")))
    stage.storage.abandon()
    await stage.keep(Entry(incoming("3")))
    assert stage.positions[0] < stage.positions[1]
    assert await stage.storage.everything() == [incoming("3")]


async def test_archive_takes_for_new_what_another_tab_has_cleared() -> None:
    """What this tab has not heard yet stands at the end then; what waits keeps its place."""
    stage = Stage()
    other = Stage(stage, "adas-other-tab")
    await stage.keep(Entry(incoming("1")), written("2"))
    await stage.storage.clear()
    await other.keep(Entry(incoming("1")), Entry(replace(outgoing("2"), from_other_device=True, delivery=None)))
    assert other.stored == [("1", True), ("2", True)]
    assert other.positions[1] == stage.positions[1] < other.positions[0]
    assert [message.text for message in await stage.storage.everything()] == ["2", "1"]


async def test_archive_clears_nothing_that_another_tab_writes_meanwhile() -> None:
    """It was said after the person had asked for that; and it is known for what it is when this tab hears it, too."""
    database = SharedDatabase()
    stage = Stage(database=database)
    other = Stage(stage, "adas-other-tab")
    await stage.keep(Entry(incoming("before")))
    numbers = count(1)

    async def hear_and_write() -> None:
        number = next(numbers)
        await other.keep(Entry(incoming(f"in-{number}")), written(f"out-{number}"))

    database.meanwhile = hear_and_write
    await stage.storage.clear()
    database.meanwhile = None
    kept = [message.text for message in await stage.storage.everything()]
    assert len(kept) >= 4
    assert kept == [f"{way}-{number}" for number in range(1, next(numbers)) for way in ("in", "out")]
    await stage.keep(Entry(incoming("in-1")))
    assert [message.text for message in await stage.storage.everything()] == kept


async def test_archive_clears_a_long_history_piece_by_piece() -> None:
    """Nothing is left where one piece ends and the next begins, but what waits."""
    stage = Stage()
    await stage.keep(*(Entry(incoming(str(number))) for number in range(2 * storage.FORGOTTEN_AT_ONCE)))
    await stage.keep(written("waits"), Entry(incoming("last")))
    assert await stage.storage.clear() == (outgoing("waits"),)
    assert await stage.storage.everything() == [outgoing("waits")]
    assert await stage.storage.clear() == (outgoing("waits"),)


async def test_archive_keeps_once_what_stands_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two tabs of an earlier release have each kept what waits, and one piece ends between the two."""
    monkeypatch.setattr(storage, "FORGOTTEN_AT_ONCE", 1)
    stage = Stage()
    await stage.keep(written("waits"))
    [(key, row)] = await stage.database.read(PLACE.messages)
    await stage.database.write([Put(PLACE.message((position_of(key) or 0) + 1, "message-waits"), row)])
    assert await stage.storage.clear() == (outgoing("waits"),)


async def test_archive_reads_a_long_history_piece_by_piece() -> None:
    """Nothing is missing or double where one piece ends and the next begins."""
    stage = Stage()
    messages = [incoming(str(number)) for number in range(1_001)]
    await stage.keep(*map(Entry, messages))
    assert await stage.storage.everything() == messages
    found, complete = await stage.storage.search("1000")
    assert (found, complete) == ((Match(messages[1_000], "1000"),), True)


async def test_search_lets_the_page_go_on() -> None:
    """It has its turn between the parts of each message."""
    stage = Stage()
    await stage.keep(*(Entry(incoming(f"{number} {'ü' * 5 * storage.FOLDED_AT_ONCE}")) for number in range(20)))
    searching, turns = asyncio.create_task(stage.storage.search("needle")), 0
    while not searching.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 90


def messages_read(stage: Stage) -> list[int]:
    """Return how many messages were asked for at each reading, and forget it."""
    limits = [each for prefix, each in stage.database.reads if prefix == PLACE.messages]
    stage.database.reads.clear()
    return [each.get("newest") or each.get("oldest", 0) for each in limits]


LONGEST = "a" * (MAX_ITEM_BYTES - 10)


async def test_archive_reads_so_many_messages_as_are_shown() -> None:
    """Of short ones a page full; of the longest, a few; and it goes on where the page before ended."""
    stage = Stage()
    await stage.keep(*(Entry(incoming(str(number))) for number in range(100)))
    stage.database.reads.clear()
    newest, has_earlier = await stage.storage.newest()
    assert ([item.text for item in newest], has_earlier) == ([str(number) for number in range(20, 100)], True)
    assert messages_read(stage) == [10, 20, 40, 11]
    assert [item.text for item in (await stage.storage.later("ben:message-0"))[0]] == [str(n) for n in range(1, 81)]

    stage = Stage()
    messages = [replace(incoming(str(number)), body=Text(f"{number} {LONGEST}")) for number in range(50)]
    await stage.keep(*map(Entry, messages))
    stage.database.reads.clear()
    newest, has_earlier = await stage.storage.newest()
    assert (newest, has_earlier, messages_read(stage)) == (tuple(messages[-4:]), True, [10])
    assert await stage.storage.earlier(newest[0].id) == (tuple(messages[-8:-4]), True)
    assert await stage.storage.later(messages[7].id) == (tuple(messages[8:12]), True)
    assert await stage.storage.later(messages[47].id) == (tuple(messages[48:]), False)
    assert await stage.storage.earlier(messages[2].id) == (tuple(messages[:2]), False)


async def test_archive_reads_few_of_the_longest_messages_at_once() -> None:
    """Also where all are looked at: what is read at once is copied and parsed at once."""
    stage = Stage()
    messages = [replace(incoming(str(number)), body=Text(f"{number} {LONGEST}")) for number in range(30)]
    await stage.keep(*map(Entry, messages))
    stage.database.reads.clear()
    assert await stage.storage.everything() == messages
    assert messages_read(stage) == [10, 7, 7, 7, 8]


async def test_archive_looks_at_a_long_history_piece_by_piece_to_clear_it() -> None:
    """The page has its turn in between; what waits is found wherever it stands, and keeps its order."""
    stage = Stage()
    await stage.keep(
        *(written(f"{number}") if number in (3, 1_500) else Entry(incoming(f"{number}")) for number in range(2_000))
    )
    stage.database.reads.clear()
    assert await stage.storage.clear() == (outgoing("3"), outgoing("1500"))
    assert messages_read(stage) == [1, 10, 20, 40, 80, 160, *[200] * 10]
    assert await stage.storage.everything() == [outgoing("3"), outgoing("1500")]


@pytest.mark.parametrize(
    ("count", "length", "expected"), [(10, 100, 20), (40, 100, 50), (10, 400_000, 5), (10, 4_000_000, 1), (0, 0, 1)]
)
def test_reading_goes_by_how_long_messages_were(count: int, length: int, expected: int) -> None:
    """Twice as many as before, if they were short; and one always."""
    rows = [(("key",), "a" * length)] * count
    assert storage.next_read(count, rows, storage.READ_AT_ONCE) == expected


async def test_archive_clears_all_but_what_is_yet_to_be_delivered() -> None:
    """Receipts of what is gone go with it; the ids stay, so that nothing of it is new again."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")), written("2"), written("3", Delivery.DELIVERED), written("4"))
    assert await stage.storage.clear() == (outgoing("2"), outgoing("4"))
    snapshot = await stage.storage.load()
    assert snapshot.items == snapshot.pending == (outgoing("2"), outgoing("4"))
    assert [receipt.item_id for receipt in snapshot.receipts] == ["message-2", "message-4"]
    await stage.keep(Entry(incoming("1")))
    assert stage.stored[-1] == ("1", False)


async def test_archive_moves_to_another_database() -> None:
    """All of the room is there then, and what comes later goes there."""
    stage, memory = Stage(), MemoryDatabase()
    await stage.keep(Entry(incoming("1")))
    stage.database.reads.clear()
    await stage.storage.move_to(memory)
    assert [limits["oldest"] for _, limits in stage.database.reads] == [10, 20], "a long history goes piece by piece"
    rows = await stage.database.read(())
    await stage.keep(Entry(incoming("2")))
    assert await stage.database.read(()) == rows
    assert [message.text for message in await stage.storage.everything()] == ["1", "2"]
    assert len(await memory.read(PLACE.messages)) == 2


SPOILT = ["no json", "[" * 9_000, "{}", '{"from":"ben","at":1e13,"out":false,"text":"Hi"}']


@pytest.mark.parametrize("spoilt", SPOILT, ids=["text", "deep", "shape", "moment"])
async def test_archive_shows_the_others_beside_what_is_spoilt(spoilt: str) -> None:
    """A message that cannot be read stands at its place, is never found, and is given out with all the others."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")), Entry(incoming("2")), written("3"))
    await stage.spoil(PLACE.messages, spoilt, message_id="ben:message-2")
    after = Stage(stage)
    shown = (await after.storage.load()).items
    assert [(message.id, message.text, message.is_readable) for message in shown] == [
        ("ben:message-1", "1", True),
        ("ben:message-2", "", False),
        ("message-3", "3", True),
    ]
    assert shown[1].sent_at == pytest.approx(1_000_000.0, abs=1)
    assert tuple(await after.storage.everything()) == shown
    assert (await after.storage.search("2"), await after.storage.search("3")) == (
        ((), True),
        ((Match(shown[2], "3"),), True),
    )
    assert await after.storage.earlier("message-3") == (shown[:2], False)
    assert await after.storage.later("ben:message-2") == (shown[2:], False)


async def test_archive_sends_nothing_of_ours_that_is_spoilt() -> None:
    """Nobody knows what it said; what waits beside it is sent, and is all that is left when the history is cleared."""
    stage = Stage()
    await stage.keep(written("1"), written("2"))
    await stage.spoil(PLACE.messages, "no json", message_id="message-1")
    await stage.spoil(PLACE.outbox_of("adas-tab"), "no json", message_id="message-1")
    after = Stage(stage)
    snapshot = await after.storage.load()
    assert snapshot.pending == (outgoing("2"),)
    assert [receipt.item_id for receipt in snapshot.receipts] == ["message-2"]
    assert await after.storage.clear() == (outgoing("2"),)
    assert await after.storage.everything() == [outgoing("2")]


async def test_archive_sends_what_only_the_transcript_has_lost() -> None:
    """What waits has a row of its own; also where the history is cleared."""
    stage = Stage()
    await stage.keep(written("1"), written("2"))
    await stage.spoil(PLACE.messages, "no json", message_id="message-1")
    after = Stage(stage)
    assert (await after.storage.load()).pending == (outgoing("1"), outgoing("2"))
    await after.storage.clear()
    assert (await Stage(stage).storage.load()).pending == (outgoing("1"), outgoing("2"))


async def test_archive_keeps_in_the_outbox_what_is_owed_and_no_more() -> None:
    """An item leaves it when nobody is owed it, also within one transaction."""
    stage = Stage()
    await stage.keep(written("1"), written("2", Delivery.DELIVERED), Entry(incoming("3")))
    assert [key[-1] for key, _ in await stage.database.read(PLACE.outbox_of("adas-tab"))] == ["message-1"]
    await stage.keep(Entry(receipts=written("1", Delivery.DELIVERED).receipts))
    assert not await stage.database.read(PLACE.outbox_of("adas-tab"))


async def test_archive_keeps_what_is_no_message() -> None:
    """A reaction waits like a message, and is no line of the transcript; an unknown item is one."""
    stage = Stage()
    reaction = replace(outgoing("1"), body=Reaction("ben", "bens-message-000001", "👍"))
    unknown = replace(incoming("2"), body=Unknown("unheard-of", "{}"))
    await stage.keep(Entry(reaction, written("1").receipts), Entry(unknown))
    snapshot = await Stage(stage).storage.load()
    assert (snapshot.items, snapshot.pending) == ((unknown,), (reaction,))
    assert await stage.storage.everything() == [reaction, unknown]


async def test_archive_passes_over_many_that_are_no_messages() -> None:
    """A request for earlier or later messages is given some as long as there are any."""
    stage = Stage()
    reactions = [
        Entry(replace(incoming(str(number)), body=Reaction("ada", "adas-message-000001", "👍")))
        for number in range(2 * storage.PAGE_MESSAGES)
    ]
    await stage.keep(Entry(incoming("first")), *reactions, Entry(incoming("last")))
    first, last = incoming("first"), incoming("last")
    assert await stage.storage.newest() == ((last,), True)
    assert await stage.storage.earlier(last.id) == ((first,), False)
    assert await stage.storage.later(first.id) == ((last,), False)


async def test_archive_takes_up_what_the_first_release_has_kept() -> None:
    """Transcript, receipts and marks; what waits stands in no outbox there, and is sent all the same."""
    stage = Stage(device="adas-device-0000000001")
    await stage.database.write([Put(key, row) for key, row in rows_of(HISTORY_0_1)])
    snapshot = await stage.storage.load()
    assert [(item.text, item.delivery) for item in snapshot.items] == [
        ("Hello Ada", None),
        ("Hello Ben", Delivery.READ),
        ("Grüße aus\nder Straße 🍅", None),
        ("delivered, not read", Delivery.DELIVERED),
        ("sent, not acknowledged", Delivery.QUEUED),
        ("waits for Ben", Delivery.QUEUED),
    ]
    assert [item.text for item in snapshot.pending] == ["sent, not acknowledged", "waits for Ben"]
    assert [receipt.item_id[-1] for receipt in snapshot.receipts] == ["2", "3", "4"]
    assert snapshot.marks == (Mark("ben", "bens-device-0000000001", 1, 2, 2, 2),)
    again = Item("ben:bens-message-000000000002", Direction.INCOMING, "ben", Text("again"), 1.0)
    await stage.keep(Entry(again), Entry(incoming("new")))
    assert stage.stored[-2:] == [("again", False), ("new", True)]
    assert await stage.storage.everything() == [*snapshot.items, incoming("new")]


async def test_archive_does_not_know_how_far_a_message_has_come_whose_receipt_is_spoilt() -> None:
    """It is neither shown as read nor sent to the next to come."""
    stage = Stage()
    await stage.keep(written("1"), written("2"))
    await stage.spoil(PLACE.receipts, '{"ben":{"bens-tab":9}}', message_id="message-1")
    snapshot = await Stage(stage).storage.load()
    assert [message.delivery for message in snapshot.items] == [None, Delivery.QUEUED]
    assert snapshot.pending == (outgoing("2"),)


async def test_archive_takes_a_mark_that_is_spoilt_for_none() -> None:
    """The others are there, and the conversation puts that device in step again."""
    stage = Stage()
    other = replace(MARK, device="bens-phone")
    await stage.keep(Entry(incoming("1"), marks=(MARK, other)))
    await stage.spoil(PLACE.marks_of("adas-tab"), "[1,2,3,1e99]", message_id=MARK.device)
    assert (await Stage(stage).storage.load()).marks == (other,)


async def test_archive_passes_over_what_stands_under_no_key_of_ours() -> None:
    """A row that no release has written is no message."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")))
    foreign: list[Key] = [PLACE.messages, (*PLACE.messages, "late", "m"), (*PLACE.messages, 2**60, "m")]
    await stage.database.write([Put(key, "{}") for key in foreign])
    after = Stage(stage)
    assert (await after.storage.load()).items == (incoming("1"),)
    await after.keep(Entry(incoming("2")))
    assert await after.storage.everything() == [incoming("1"), incoming("2")]


async def test_archive_finds_no_place_by_an_id_that_is_spoilt() -> None:
    """Nothing stands before it, then; it is known all the same that the message is here."""
    stage = Stage()
    await stage.keep(Entry(incoming("1")), Entry(incoming("2")))
    await stage.spoil(PLACE.positions, "first", message_id="ben:message-2")
    after = Stage(stage)
    assert await after.storage.earlier("ben:message-2") == ((), False)
    await after.keep(Entry(incoming("2")))
    assert after.stored == [("2", False)]
