"""Awaits the database: keeps one room's conversation for one device, and finds it again.

Whatever fails there is told to the person, and the room goes on in the page's memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from itertools import islice

from client_py.core.conversation.database_rows import (
    Place,
    device_row,
    item_row,
    mark_row,
    position_of,
    read_item,
    read_mark,
    read_position,
    read_receipt,
    receipt_row,
)
from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.history_records import Entry, Kept, Receipt, Snapshot
from client_py.core.conversation.history_search import Match, Query
from client_py.core.conversation.item_ids import with_author, without_author
from client_py.core.conversation.item_order import positions_to_come
from client_py.core.conversation.items import Item
from client_py.core.conversation.search_folding import folded_pieces
from client_py.drivers.memory_database import MemoryDatabase
from client_py.drivers.tasks import Tasks
from client_py.ports.storage import Append, Change, Database, Key, Put, Remove, StorageFailed
from client_py.ports.time import Clock

PAGE_MESSAGES = 80
"""How many messages are shown at first, and at each request for more: they fill the largest screen without a stall."""
PAGE_CHARACTERS = 1_000_000
"""How much text they have at most, and one message more: half of what the page may have, so that what goes to one side
of it leaves there what was before the reader's eyes."""
FIRST_READ = 10
"""How many messages are read before it is known how long they are: of the longest, 2.6 MB to copy and to parse."""
READ_CHARACTERS = 2_000_000
"""How much is read at once from then on, as far as messages are as long as those before."""
MAX_TOGETHER = 100
"""How many entries go into one transaction: enough to share its fixed cost, and not enough to hold the page up."""
MAX_POSITIONS = 10_000
"""For how many messages the place is known without asking the database; many more than a page shows."""
MAX_FOUND = 100
RESCUE_SECONDS = 5.0
"""How long the page waits for a database that has failed already, before it goes on without what is in there."""
READ_AT_ONCE = 50
"""How many messages are read at once where all are looked at."""
ROWS_AT_ONCE = 500
"""How many rows where they are only copied or passed over, and nothing else of the room is done meanwhile."""
FORGOTTEN_AT_ONCE = 200
"""How many messages are forgotten in one transaction: each costs the page some calls of the browser."""
FOLDED_AT_ONCE = 10_000
"""How many characters are folded for a search before the page has its turn: some letters stand for a whole sentence."""

Row = tuple[Key, str]
_Receipts = Mapping[tuple[str, str], Receipt | None]
"""By device and message; None for those that cannot be read."""


def next_read(count: int, rows: Sequence[Row], most: int) -> int:
    """Return how many rows to read after the last `count`, `most` at most.

    They may be many times longer than those before, so that the number only doubles.
    """
    characters = sum(len(row) for _, row in rows)
    return max(1, min(2 * count, READ_CHARACTERS * count // max(1, characters), most))


def kept(entries: Sequence[Entry], outcomes: Sequence[Key | None]) -> list[Kept]:
    """Say of entries which of their messages are new, and where they stand, by what became of their changes."""
    keys = iter(outcomes[::2])  # of the two changes that each message comes to, the first
    return [_kept(entry, None if entry.item is None else next(keys)) for entry in entries]


def _kept(entry: Entry, key: Key | None) -> Kept:
    return Kept(entry, new=False) if key is None else Kept(entry, position=position_of(key) or 0)


class HistoryStorage:
    """One room as this browser keeps it for one device. Entries are kept in their order, many in one transaction."""

    def __init__(
        self,
        place: Place,
        device: str,
        database: Database,
        clock: Clock,
        tasks: Tasks,
        failed: Callable[[StorageFailed], None],
    ) -> None:
        self.device = device
        self.max_together = MAX_TOGETHER
        """How many entries go into one transaction; fewer where a test wants to see what comes between them."""
        self._place = place
        self._database = database
        self._clock = clock
        self._tasks = tasks
        self._failed = failed
        self._last_position = 0
        """The greatest that we know of; what comes into another database stands after it, too."""
        self._positions: dict[str, int] = {}
        """Where the messages stand that were read, which other devices of this browser may have stored."""
        # Bounded by what its conversation lets wait, and by what the others may send without acknowledgement.
        self._queue: deque[Entry] = deque()
        self._is_writing = False
        self._writer: asyncio.Task[None] | None = None
        self._token_writer: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self.stored: Callable[[Sequence[Kept]], None] = lambda _together: None
        """Called with the entries of each transaction, once they are safe."""

    @property
    def database(self) -> Database:
        """Where it all stands now."""
        return self._database

    # Keeping

    def store(self, entry: Entry) -> None:
        """Keep an entry after those before it, and then call `stored`."""
        self._queue.append(entry)
        if not self._is_writing:
            self._is_writing = True
            # Somebody waits for a message; a mark can wait until that is shown.
            run = self._tasks.spawn if entry.item is None else self._tasks.begin
            self._writer = run(self._write_queue())

    def keep_resume_token(self, token: str) -> None:
        """Keep the token that makes this device the same peer again."""
        self._token_writer = self._tasks.spawn(self._write_resume_token(token))

    def abandon(self) -> None:
        """Go on in the page's memory with what comes from now on, where nothing can be read any more."""
        self._database = MemoryDatabase()

    async def fall_back(self) -> None:
        """Go on in the page's memory, with all that the database still gives of this room."""
        async with self._turn:
            await self._fall_back()

    async def move_to(self, database: Database) -> None:
        """Take everything of this room along to another database."""
        async with self._turn:
            await self._copy_to(database)
            self._database = database

    async def close(self) -> None:
        """Wait until all that was to be kept is kept."""
        writing = [task for task in (self._writer, self._token_writer) if task is not None]
        if writing:
            await asyncio.wait(writing)

    async def _write_resume_token(self, token: str) -> None:
        await self._write([Put(self._place.device(self.device), device_row(self._clock.now(), token))])

    async def _write_queue(self) -> None:
        try:
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), self.max_together))]
                together = kept(batch, await self._write(self._changes(batch)))
                self._last_position = max(self._last_position, *(each.position for each in together))
                self.stored(together)
                if not any(entry.item for entry in self._queue):
                    await asyncio.sleep(0)  # what was shown just now is drawn before its marks are kept
        finally:
            self._is_writing = False

    async def _write(self, changes: Sequence[Change]) -> Sequence[Key | None]:
        async with self._turn:
            try:
                return await self._database.write(changes)
            except StorageFailed as error:
                await self._fall_back()
                self._failed(error)
                return await self._database.write(changes)

    async def _fall_back(self) -> None:
        memory = MemoryDatabase()
        # A full disk can be read still; whatever cannot stays where it is, for when the page is loaded again.
        with suppress(StorageFailed, TimeoutError):
            async with asyncio.timeout(RESCUE_SECONDS):
                await self._copy_to(memory)
        self._database = memory

    async def _copy_to(self, database: Database) -> None:
        last, count = None, FIRST_READ
        while rows := await self._database.read(self._place.prefix, after=last, oldest=count):
            await database.write([Put(key, row) for key, row in rows])
            last, count = rows[-1][0], next_read(count, rows, ROWS_AT_ONCE)

    def _changes(self, entries: Sequence[Entry]) -> list[Change]:
        """Return the changes that entries add up to: two for each item, and then what remains of all the rest."""
        place, changes, rest = self._place, list[Change](), dict[Key, Change]()
        positions = positions_to_come(self._clock.now(), self._last_position)
        for entry in entries:
            if (item := entry.item) is not None:
                row, index = item_row(item), self._position_key(item.id)
                known, known_before = self._id_keys(item.id)
                # One of ours has just got its name; to look for it first would be in vain.
                unless = () if item.is_written_here else (known, known_before)
                changes.append(Append(place.messages, item.id, row, positions, index, unless))
                changes.append(Put(known, "", unless=unless))
                if item.is_written_here:
                    key = self._outbox_key(item.id)
                    rest[key] = Put(key, row)
            for receipt in entry.receipts:
                key = (*place.receipts_of(self.device), receipt.item_id)
                rest[key] = Remove(key) if receipt.is_finished else Put(key, receipt_row(receipt))
                if receipt.is_settled:
                    key = self._outbox_key(receipt.item_id)
                    rest[key] = Remove(key)
            for mark in entry.marks:
                key = (*place.marks_of(self.device), mark.account, mark.device)
                rest[key] = Put(key, mark_row(mark))
            for names in entry.forgotten:
                key = (*place.marks_of(self.device), *names)
                rest[key] = Remove(key)
        return [*changes, *rest.values()]

    # Finding again

    async def load(self, resume_token: str | None = None) -> Snapshot:
        """Return what was kept of the room."""
        place, database = self._place, self._database
        receipts = _receipts_in(await database.read(place.receipts))
        if rows := await database.read(place.messages, newest=1):
            self._last_position = position_of(rows[-1][0]) or 0
        own = await self._in_order([receipt for (device, _), receipt in receipts.items() if device == self.device])
        pending = await self._pending([receipt for receipt in own if not receipt.is_settled])
        here = {item.id for item in pending}
        marks = await database.read(place.marks_of(self.device))
        items, has_earlier = await self._newest()
        return Snapshot(
            items=items,
            has_earlier=has_earlier,
            pending=pending,
            receipts=tuple(receipt for receipt in own if receipt.is_settled or receipt.item_id in here),
            marks=tuple(mark for key, row in marks if (mark := read_mark(str(key[-2]), str(key[-1]), row))),
            resume_token=resume_token,
        )

    async def earlier(self, message_id: str) -> tuple[tuple[Item, ...], bool]:
        """Return the messages before one, the oldest first, and whether there are still earlier ones."""
        async with self._turn:
            before = await self._key_of(message_id)
            return await self._newest(before)

    async def later(self, message_id: str) -> tuple[tuple[Item, ...], bool]:
        """Return the messages after one, the oldest first, and whether there are still later ones."""
        async with self._turn:
            after = await self._key_of(message_id)
            while True:
                rows, has_more = await self._page(self._after, after)
                shown = _shown(self._items(rows, await self._deliveries()))
                if shown or not has_more:
                    return shown, has_more
                after = rows[-1][0]

    async def newest(self) -> tuple[tuple[Item, ...], bool]:
        """Return the last messages, the oldest first, and whether there are earlier ones."""
        async with self._turn:
            return await self._newest()

    async def _newest(self, before: Key | None = None) -> tuple[tuple[Item, ...], bool]:
        while True:
            rows, has_more = await self._page(self._before, before)
            rows.reverse()
            shown = _shown(self._items(rows, await self._deliveries()))
            if shown or not has_more:
                return shown, has_more
            before = rows[0][0]

    async def _page(
        self, read: Callable[[Key | None, int], Awaitable[Sequence[Row]]], edge: Key | None
    ) -> tuple[list[Row], bool]:
        """Read rows for one page, those next to its edge first, and tell whether there are more."""
        rows: list[Row] = []
        count, characters = FIRST_READ, 0
        while True:
            found = await read(edge, count)
            for row in found:
                if len(rows) == PAGE_MESSAGES or characters > PAGE_CHARACTERS:
                    return rows, True
                rows.append(row)
                characters += len(row[1])
            if len(found) < count:
                return rows, False
            edge, count = found[-1][0], next_read(count, found, PAGE_MESSAGES + 1 - len(rows))

    async def _before(self, key: Key | None, count: int) -> Sequence[Row]:
        """Return the newest before a key, the newest first."""
        return (await self._database.read(self._place.messages, before=key, newest=count))[::-1]

    async def _after(self, key: Key | None, count: int) -> Sequence[Row]:
        """Return the oldest after a key."""
        return await self._database.read(self._place.messages, after=key, oldest=count)

    async def _key_of(self, message_id: str) -> Key:
        """Find a message in the transcript."""
        if message_id not in self._positions:
            await self._find_positions([message_id])
        return self._place.message(self._positions.get(message_id, 0), message_id)

    def _id_keys(self, message_id: str) -> tuple[Key, Key]:
        """Return where it is kept that a message is here: with its author, and as releases before 0.2 kept it."""
        ids = self._place.ids_of(self.device)
        return (*ids, with_author(message_id, self._place.account)), (*ids, without_author(message_id))

    def _position_key(self, message_id: str) -> Key:
        """Return where it is kept at which position a message stands, whichever tab of this browser has stored it."""
        return (*self._place.positions, with_author(message_id, self._place.account))

    def _outbox_key(self, item_id: str) -> Key:
        return (*self._place.outbox_of(self.device), item_id)

    async def _find_positions(self, ids: Sequence[str]) -> None:
        """Find out where messages stand in the transcript; releases before 0.2 kept it for each device."""
        keys = [key for message_id in ids for key in (self._position_key(message_id), *self._id_keys(message_id))]
        rows = iter(await self._database.get(keys))
        for message_id, *places in zip(ids, rows, rows, rows, strict=True):
            if found := next(filter(None, map(read_position, places)), 0):
                self._positions[message_id] = found

    async def search(self, typed: str) -> tuple[tuple[Match, ...], bool]:
        """Return the messages that answer a query, the newest first, and whether these are all."""
        query, found, folded = Query(typed), list[Match](), 0
        if not query.words:
            return (), True
        async for messages in self._backwards():
            for message in reversed(messages):
                pieces = []
                for piece in folded_pieces(message.text):
                    pieces.append(piece)
                    folded += piece.length
                    if folded > FOLDED_AT_ONCE:
                        await asyncio.sleep(0)
                        folded = 0
                if match := query.match(message, pieces):
                    if len(found) == MAX_FOUND:
                        return tuple(found), False
                    found.append(match)
        return tuple(found), True

    async def everything(self) -> list[Item]:
        """Return the whole history, the oldest message first."""
        pages = [messages async for messages in self._backwards()]
        return list({message.id: message for messages in reversed(pages) for message in messages}.values())

    async def clear(self) -> tuple[Item, ...]:
        """Forget the history but for what has yet to be delivered, and give that.

        The ids stay, so that nothing is shown again that somebody sends once more. What another tab writes meanwhile
        stands after all that is forgotten, and stays too.
        """
        async with self._turn:
            place, database = self._place, self._database
            last = await database.read(place.messages, newest=1)
            # After that look, so that the receipt is there of whatever else another tab writes up to it.
            receipts = await self._receipts()
            waiting = {receipt.item_id for receipt in receipts.values() if receipt and not receipt.is_settled}
            pending: dict[str, Item] = {}
            async for rows in self._up_to(last):
                kept_rows = [row for row in rows if str(row[0][-1]) in waiting]
                kept = [each for each in self._items(kept_rows, _deliveries_of(receipts)) if each.is_readable]
                await database.write(self._forgetting(rows, {each.id for each in kept}))
                for each in kept:
                    pending.setdefault(each.id, each)
            forgotten = [(key, each) for key, each in receipts.items() if key[0] == self.device]
            await database.write(
                [
                    Remove((*place.receipts_of(device), item_id))
                    for (device, item_id), receipt in forgotten
                    if receipt is None or receipt.is_settled
                ]
            )
        return tuple(pending.values())

    def _forgetting(self, rows: Sequence[Row], kept_ids: Collection[str]) -> list[Change]:
        """Return what forgets messages, and leaves some where they stand."""
        changes: list[Change] = []
        for key, _ in rows:
            index = self._position_key(str(key[-1]))
            is_kept = str(key[-1]) in kept_ids
            # Releases before 0.2 kept their places elsewhere.
            changes += [Put(index, str(position_of(key)))] if is_kept else [Remove(key), Remove(index)]
        return changes

    async def _up_to(self, last: Sequence[Row]) -> AsyncIterator[Sequence[Row]]:
        """Give the rows of the transcript up to one, the oldest first; none if there is none."""
        after: Key | None = None
        messages, count = self._place.messages, FIRST_READ
        end = (*last[0][0], "") if last else messages
        while rows := await self._database.read(messages, after=after, before=end, oldest=count):
            after, count = rows[-1][0], next_read(count, rows, FORGOTTEN_AT_ONCE)
            yield rows

    async def _backwards(self) -> AsyncIterator[Sequence[Item]]:
        pieces = self._pieces(READ_AT_ONCE)
        while True:
            async with self._turn:
                rows = await anext(pieces, None)
                if rows is None:
                    return
                messages = self._items(rows, await self._deliveries())
            yield messages

    async def _pieces(self, most: int) -> AsyncIterator[Sequence[Row]]:
        """Read the whole transcript backwards, `most` rows at once."""
        before, count = None, FIRST_READ
        while rows := await self._database.read(self._place.messages, before=before, newest=count):
            before, count = rows[0][0], next_read(count, rows, most)
            yield rows

    async def _receipts(self) -> _Receipts:
        return _receipts_in(await self._database.read(self._place.receipts))

    async def _deliveries(self) -> Mapping[str, Delivery | None]:
        """Return how far messages have come whose rows were read before: one without a receipt has been read by then.

        Asked for first, one that another tab writes meanwhile would be taken for read.
        """
        return _deliveries_of(await self._receipts())

    async def _in_order(self, receipts: Sequence[Receipt | None]) -> list[Receipt]:
        """Put receipts of this device into the order of writing, those that can be read."""
        readable = [receipt for receipt in receipts if receipt is not None]
        await self._find_positions([receipt.item_id for receipt in readable])
        return sorted(readable, key=lambda receipt: self._positions.get(receipt.item_id, 0))

    async def _pending(self, receipts: Sequence[Receipt]) -> tuple[Item, ...]:
        """Return the items of receipts; one that cannot be read cannot be sent either."""
        ids = [receipt.item_id for receipt in receipts]
        rows = await self._database.get([self._outbox_key(item_id) for item_id in ids])
        # Releases before 0.2 had no rows for the outbox: there, what waits stands in the transcript alone.
        places = [self._place.message(self._positions.get(item_id, 0), item_id) for item_id in ids]
        rows_before = await self._database.get(places) if None in rows else [None] * len(ids)
        items = (
            read_item(receipt.item_id, found, receipt.delivery)
            for receipt, row, row_before in zip(receipts, rows, rows_before, strict=True)
            if (found := row if row is not None else row_before) is not None
        )
        return tuple(item for item in items if item.is_readable)

    def _items(self, rows: Sequence[Row], deliveries: Mapping[str, Delivery | None]) -> tuple[Item, ...]:
        """Read rows of the transcript; an item that two tabs of this browser have stored is there once."""
        items: dict[str, Item] = {}
        for key, row in rows:
            position = position_of(key)
            if position is None:
                continue  # it stands among messages, and is none
            item_id = str(key[-1])
            self._positions.pop(item_id, None)
            self._positions[item_id] = position
            if item_id not in items:
                delivery = deliveries.get(item_id, Delivery.READ)
                items[item_id] = read_item(item_id, row, delivery, position=position)
        for item_id in tuple(islice(self._positions, max(0, len(self._positions) - MAX_POSITIONS))):
            del self._positions[item_id]
        return tuple(items.values())


def _shown(items: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(item for item in items if item.is_shown)


def _receipts_in(rows: Sequence[Row]) -> _Receipts:
    return {(str(key[-2]), str(key[-1])): read_receipt(str(key[-1]), row) for key, row in rows}


def _deliveries_of(receipts: _Receipts) -> Mapping[str, Delivery | None]:
    """Return how far messages have come; of one that cannot be told, that is not known, while one without was read."""
    return {message_id: receipt.delivery if receipt else None for (_, message_id), receipt in receipts.items()}
