from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Page

from e2e.browsers import Browsers
from e2e.python_page import PythonPage
from e2e.server import Server

if TYPE_CHECKING:
    from e2e.in_page import (
        NO_KEY,
        STEPS,
        Append,
        Change,
        Database,
        Key,
        MemoryDatabase,
        Put,
        Remove,
        RemoveAll,
        Sequence,
        StorageFault,
        add_store,
        asyncio,
        closings,
        failure_of,
        fault_of,
        open_database,
        opened,
        random,
    )

VERSION = 2
"""How many steps the database of a page has; they are known in the page alone, for they need a browser."""

# The functions that a test defines run in the page (see PythonPage); what the test does elsewhere is JavaScript.

OPEN = """
([version, isPolite]) => new Promise((resolve, reject) => {
    const request = indexedDB.open("p2pchat", version);
    request.onupgradeneeded = () => {
        const stores = request.result.objectStoreNames;
        if (!stores.contains("rows")) request.result.createObjectStore("rows").put("kept", ["alice", 1]);
    };
    request.onsuccess = () => {
        window.database = request.result;
        if (isPolite) window.database.onversionchange = () => window.database.close();
        resolve([...request.result.objectStoreNames]);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => {
        window.isBlocked = true;
        setTimeout(() => reject(new Error("Another tab does not give way.")), 5000);
    };
})
"""
CLOSE = "() => window.database.close()"
# A DOMException that the browser throws by itself has a stack, without which Pyodide does not take it for an error.
BREAK_OPEN = """
() => {
    IDBFactory.prototype.openBefore = IDBFactory.prototype.open;
    IDBFactory.prototype.open = () => {
        throw Object.assign(new DOMException("The operation is insecure.", "SecurityError"), { stack: "" });
    };
}
"""
MEND_OPEN = "() => { IDBFactory.prototype.open = IDBFactory.prototype.openBefore; }"
HIDE = """
() => {
    window.indexedDBBefore = Object.getOwnPropertyDescriptor(window, "indexedDB");
    Object.defineProperty(window, "indexedDB", { value: undefined, configurable: true });
}
"""
SHOW = '() => Object.defineProperty(window, "indexedDB", window.indexedDBBefore) && null'
FILL = """
() => {
    IDBObjectStore.prototype.putBefore = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => {
        throw Object.assign(new DOMException("No room.", "QuotaExceededError"), { stack: "" });
    };
}
"""
EMPTY = "() => { IDBObjectStore.prototype.put = IDBObjectStore.prototype.putBefore; }"


async def open_elsewhere(tab: Page, version: int = 1, *, polite: bool = True) -> Any:
    """Open the database in another tab; a polite one gives way to a newer version. Gives the stores that are there."""
    return await tab.evaluate(OPEN, [version, polite])


async def test_database_gives_what_was_written(python: PythonPage) -> None:
    """A row is there until it is removed, alone or with all that begins like it."""

    async def written() -> object:
        rows = await open_database()
        await rows.write([Put(("alice", "message", number), f"text {number}") for number in range(5)])
        await rows.write([Put(("bob",), "“¿ß?” 👋🏽\0"), Put(("alice", "message", 0), "another text")])
        await rows.write([Remove(("alice", "message", 1)), Remove(("nobody",))])
        keys: list[Key] = [("alice", "message", 0), ("alice", "message", 1), ("alice",), ("bob",)]
        found: list[object] = [await rows.get(keys), await rows.get([])]
        await rows.write([RemoveAll(("alice", "message"))])
        found += [await rows.get([*keys, ("alice", "message", 4)]), await rows.write([])]
        rows.close()
        return found

    text = "“¿ß?” 👋🏽\0"
    assert await python.run(written) == [["another text", None, None, text], [], [None, None, None, text, None], []]


async def test_database_reads_in_order_of_keys(python: PythonPage) -> None:
    """Numbers come before texts and a key before those that go on where it ends; keys are tuples of int and str."""

    async def read() -> object:
        rows = await open_database()
        keys: list[Key] = [
            ("b",),
            ("a", "x"),
            ("a", 10),
            ("a", 9, "z"),
            ("a", 9),
            ("a",),
            ("aa",),
            (1_795_000_000_000,),
        ]
        await rows.write([Put(key, str(key)) for key in keys])
        found = [[key for key, _ in await rows.read(prefix)] for prefix in ((), ("a",), ("a", 9), ("a", 9, "z", 1))]
        assert [value for _, value in await rows.read(("a", 9))] == ["('a', 9)", "('a', 9, 'z')"]
        rows.close()
        return repr(found[0]), found[1:]

    assert await python.run(read) == [
        "[(1795000000000,), ('a',), ('a', 9), ('a', 9, 'z'), ('a', 10), ('a', 'x'), ('aa',), ('b',)]",
        [[["a"], ["a", 9], ["a", 9, "z"], ["a", 10], ["a", "x"]], [["a", 9], ["a", 9, "z"]], []],
    ]


async def test_database_reads_newest_before_a_key(python: PythonPage) -> None:
    """What scrolling back needs: a number of the last rows, of those before one; or all that there are."""

    async def read() -> object:
        rows = await open_database()
        await rows.write([Put(("room", number), "") for number in range(10)])
        await rows.write([Put(("roof",), ""), Put(("rooms",), "")])
        limits: list[tuple[Key | None, int | None]] = [
            *((None, 1), (None, 3), (None, 10), (None, 99)),
            *((("room", 5), None), (("room", 5), 1), (("room", 5), 2), (("room", 5), 99)),
            *((("room", 0), 3), (("room",), None), (("a",), 3), (("z",), 2)),
        ]
        found = [await rows.read(("room",), before=before, newest=newest) for before, newest in limits]
        found.append(await rows.read(("nothing",), newest=3))
        rows.close()
        return [[key[1] for key, _ in rows] for rows in found]

    assert await python.run(read) == [
        *([9], [7, 8, 9], [*range(10)], [*range(10)]),
        *([0, 1, 2, 3, 4], [4], [3, 4], [0, 1, 2, 3, 4]),
        *([], [], [], [8, 9]),
        [],
    ]


async def test_database_reads_oldest_after_a_key(python: PythonPage) -> None:
    """A key that is there is neither after nor before itself, and one that is not there has its place."""

    async def read() -> object:
        rows = await open_database()
        others: list[Key] = [("attic", 5), ("room", 3, "tail"), ("rooms", 1)]
        await rows.write(
            [Put(("room", number), f"{number}") for number in (1, 2, 3, 4)] + [Put(key, "") for key in others]
        )
        limits: list[tuple[Key | None, int | None]] = [
            (None, 2),
            (("room", 2), None),
            (("room", 2), 1),
            (("room", 2, "which is not there"), 2),
            (("room", 4), 3),
            (("attic", 9), 1),
            (("rooms", 0), None),
        ]
        found = [await rows.read(("room",), after=after, oldest=oldest) for after, oldest in limits]
        found.append(await rows.read(("room",), after=("room", 1), before=("room", 4)))
        found.append(await rows.read(("room",), after=("room", 3), before=("room", 2)))
        rows.close()
        return [[[*key[1:]] for key, _ in each] for each in found]

    assert await python.run(read) == [
        [[1], [2]],
        [[3], [3, "tail"], [4]],
        [[3]],
        [[3], [3, "tail"]],
        [],
        [[1]],
        [],
        [[2], [3], [3, "tail"]],
        [],
    ]


async def test_database_heeds_unless(python: PythonPage) -> None:
    """A row is not written if another is there: from before, or by a change before it in the same batch."""

    async def made() -> object:
        rows = await open_database()
        once = Put(("message", 1), "first", unless=(("id",),))
        found: list[Sequence[Key | None]] = [
            await rows.write([once, Put(("id",), "", unless=(("id",),)), Put(("other",), "")]),
            await rows.write([Put(("message", 2), "2nd", unless=(("id",),)), Put(("id",), "again", unless=(("id",),))]),
            await rows.write([Put(("new",), "", unless=(("new",),)), Put(("message", 3), "", unless=(("new",),))]),
            await rows.write([Remove(("id",)), Put(("id",), "again", unless=(("id",),))]),
            await rows.write([RemoveAll(("ne",)), Put(("new",), "", unless=(("new",),))]),
            await rows.write([RemoveAll(("new",)), Put(("new",), "again", unless=(("new",),))]),
        ]
        values = [value for _, value in await rows.read(())]
        rows.close()
        return [[key is not None for key in keys] for keys in found], values

    assert await python.run(made) == [
        [[True, True, True], [False, False], [True, False], [True, True], [True, False], [True, True]],
        ["again", "first", "again", ""],
    ]


async def test_database_numbers_what_two_tabs_append_in_one_order(python: PythonPage) -> None:
    """Each gets the number after the greatest that is there, whichever of them wrote that, from wherever it counts."""

    async def appended() -> object:
        first, second = await open_database(), await open_database()
        await first.write(
            [Put(("l", 9_000_000_000_000_000, "no number of the list"), ""), Put(("k", 50), ""), Put(("l", "50"), "")]
        )

        def append(name: str, start: int) -> Append:
            return Append(("l",), name, name, range(start, 8_640_000_000_000_001), ("i", name))

        # Both ask at once: what one of them reads before it writes, the other may change meanwhile.
        heard = [
            (first.write([append(f"f{number}", 40), append("both", 10)]), second.write([append(f"s{number}", 3)]))
            for number in range(20)
        ]
        keys = [key for writes in heard for key, *_ in await asyncio.gather(*writes)]
        late = [
            *await first.write([append("late", 1_795_000_000_000)]),
            *await second.write([append("last", 5)]),
        ]
        found = [
            await second.read(("l",), before=("l", 9_000_000_000_000_000)),
            await first.get([("i", "both"), ("i", "last")]),
        ]
        first.close()
        second.close()
        return keys, late, found

    keys, late, (rows, indexes) = await python.run(appended)
    numbers = [key[1] for key in keys]
    assert len({*numbers}) == 40
    assert late == [["l", 1_795_000_000_000, "late"], ["l", 1_795_000_000_001, "last"]]
    assert indexes == ["41", "1795000000001"]
    assert [key for key, _ in rows] == sorted([*keys, ["l", 41, "both"], *late], key=lambda key: key[1])
    assert [value for _, value in rows if value[0] in "fs"] == [key[2] for key in sorted(keys, key=lambda key: key[1])]


async def test_database_does_as_memory_does(python: PythonPage) -> None:
    """What stands in where nothing is kept gives the same answers, to whatever comes."""

    async def differences() -> object:
        chance = random.Random(5)  # the same in every run
        rows, memory = await open_database(), MemoryDatabase()

        def key() -> Key:
            return tuple(chance.choice(("a", "b", 1, 2)) for _ in range(chance.randint(0, 3)))

        def change() -> Change:
            removals: tuple[Change, ...] = (Remove(key()), RemoveAll((*key(), "a")))
            unless = chance.choice(((), (key(),), (key(), key())))
            put = Put(key(), str(chance.random()), unless)
            start, name = chance.choice((1, 50, 99)), chance.choice("cdefgh")
            numbers, index = range(start, 100), ("i", name)
            append = Append(("l",), name, str(chance.random()), numbers, index, chance.choice((unless, (index,))))
            return chance.choice((put, put, put, append, *removals))

        def change_of_list() -> Change:
            return chance.choice((RemoveAll(("l",)), Remove(("i", chance.choice("cdefgh"))), Put(("i", "c"), "x")))

        async def answers(database: Database, changes: Sequence[Change], keys: Sequence[Key]) -> object:
            prefix, before = keys[:2]
            return (
                [*await database.write(changes)],
                [*await database.get(keys)],
                [*await database.read(prefix)],
                [*await database.read(prefix, before=before)],
                [*await database.read(prefix, before=before, newest=2)],
                [*await database.read(prefix, after=before)],
                [*await database.read(prefix, after=before, oldest=2)],
                [*await database.read(("l",))],
            )

        found = []
        for _ in range(300):
            make = change_of_list if chance.random() < 0.1 else change
            changes, keys = [make() for _ in range(chance.randint(1, 6))], [key() for _ in range(4)]
            theirs, ours = await answers(memory, changes, keys), await answers(rows, changes, keys)
            if theirs != ours:
                found.append(repr((changes, keys, theirs, ours)))
        rows.close()
        return found

    assert await python.run(differences) == []


async def test_database_makes_all_changes_or_none(python: PythonPage) -> None:
    """When one change fails, those before it are undone; and the database goes on."""

    async def left() -> object:
        rows = await open_database()
        failures = [
            await failure_of(rows.write([Put(("at once",), ""), Put(NO_KEY, "")])),
            await failure_of(rows.write([Put(("later",), "", unless=(("x",),)), Remove(NO_KEY)])),
            await failure_of(rows.write([Put(("x",), "", unless=(NO_KEY,))])),
        ]
        await rows.write([Put(("after",), "")])
        keys = [key for key, _ in await rows.read(())]
        rows.close()
        return keys, [failure is not None and "DataError" in failure.reason for failure in failures]

    assert await python.run(left) == [[["after"]], [True, True, True]]


async def test_database_keeps_writing_when_nobody_waits(python: PythonPage) -> None:
    """Closing lets through what is being written, even if the task that wrote it is no more."""

    async def left() -> object:
        rows = await open_database()
        writing = asyncio.ensure_future(rows.write([Put((number,), "") for number in range(100)]))
        await asyncio.sleep(0)
        writing.cancel()
        rows.close()
        again = await open_database()
        count = len(await again.read(()))
        again.close()
        return count

    assert await python.run(left) == 100


async def test_database_keeps_rows_when_closed(python: PythonPage) -> None:
    """What was written is there when it is opened again; what is closed says so."""

    async def reopened() -> object:
        rows = await open_database()
        await rows.write([Put(("a", 1), "kept")])
        rows.close()
        rows.close()
        again = await open_database()
        found = await again.read(("a",))
        again.close()
        faults = [await fault_of(operation) for operation in (rows.read(()), rows.get([("a",)]))]
        return found, faults == [StorageFault.CLOSED, StorageFault.CLOSED], closings

    assert await python.run(reopened) == [[[["a", 1], "kept"]], True, []]


async def test_database_upgrades_older_version(python: PythonPage, tab: Page) -> None:
    """Only the steps that an older database lacks are run, and its rows stay."""
    await open_elsewhere(tab, version=1)
    await tab.evaluate(CLOSE)

    async def upgraded() -> object:
        rows = await open_database([*STEPS, add_store("second"), add_store("third")])
        found = await rows.read(())
        rows.close()
        return found

    assert await python.run(upgraded) == [[["alice", 1], "kept"]]
    assert await open_elsewhere(tab, version=VERSION + 2) == ["rows", "second", "third"]


async def test_database_stays_when_a_step_fails(python: PythonPage, tab: Page) -> None:
    """A mistake in a step is reported, and leaves the database as it was."""
    await open_elsewhere(tab, version=1)
    await tab.evaluate(CLOSE)

    async def failed() -> object:
        def fail(_database: object, _transaction: object) -> None:
            raise ZeroDivisionError

        reported: list[BaseException] = []
        failure = await failure_of(open_database([*STEPS, add_store("second"), fail], failed=reported.append))
        return failure is not None and "AbortError" in failure.reason, [type(error).__name__ for error in reported]

    assert await python.run(failed) == [True, ["ZeroDivisionError"]]
    assert await open_elsewhere(tab, version=1) == ["rows"]


async def test_database_refuses_newer_version(python: PythonPage, tab: Page) -> None:
    """An old page does not touch what a newer one has written, and says what to do."""
    await open_elsewhere(tab, version=9)
    await tab.evaluate(CLOSE)

    async def refused() -> object:
        return await fault_of(open_database()) == StorageFault.NEWER

    assert await python.run(refused)


async def test_database_gives_way_to_newer_version(python: PythonPage, tab: Page) -> None:
    """Another tab that needs a newer version gets it at once; this page is told, and what it writes then fails."""

    async def open_here() -> None:
        opened.append(await open_database())

    async def closed() -> object:
        return closings, await fault_of(opened[0].write([Put(("a",), "")])) == StorageFault.CLOSED

    await python.run(open_here)
    assert await open_elsewhere(tab, version=VERSION + 1) == ["rows"]
    assert not await tab.evaluate("() => window.isBlocked")
    assert await python.run(closed) == [["closed"], True]


async def test_database_does_not_wait_for_ever(python: PythonPage, tab: Page) -> None:
    """A tab that does not give way is named; and what opens too late is let go of."""
    await open_elsewhere(tab, version=1, polite=False)

    async def blocked() -> object:
        return await fault_of(open_database([*STEPS, add_store("second")], patience=0.3)) == StorageFault.BLOCKED

    async def told() -> object:
        return closings

    assert await python.run(blocked)
    await tab.evaluate(CLOSE)
    assert await open_elsewhere(tab, version=VERSION + 2) == ["rows", "second"]
    assert not await tab.evaluate("() => window.isBlocked")
    assert await python.run(told) == []


@pytest.mark.parametrize(("breaking", "mending"), [(BREAK_OPEN, MEND_OPEN), (HIDE, SHOW)], ids=["refused", "absent"])
async def test_database_says_that_it_is_forbidden(python: PythonPage, breaking: str, mending: str) -> None:
    """Where the browser refuses, or has no database, a person reads why nothing is kept."""

    async def forbidden() -> object:
        return await fault_of(open_database()) == StorageFault.FORBIDDEN

    await python.page.evaluate(breaking)
    try:
        assert await python.run(forbidden)
    finally:
        await python.page.evaluate(mending)


async def test_database_says_that_there_is_no_room(python: PythonPage) -> None:
    """Without room, a person reads what to do; nothing of the batch is written."""

    async def open_here() -> None:
        opened.append(await open_database())

    async def full() -> object:
        fault = await fault_of(opened[0].write([Remove(("a",)), Put(("a",), "", unless=(("b",),))]))
        return fault == StorageFault.FULL

    async def close() -> object:
        left = await opened[0].read(())
        opened[0].close()
        return left

    await python.run(open_here)
    await python.page.evaluate(FILL)
    try:
        assert await python.run(full)
    finally:
        await python.page.evaluate(EMPTY)
    assert await python.run(close) == []


async def test_database_says_that_browser_is_full(browsers: Browsers, server: Server) -> None:
    """A browser that is really full says so only when the transaction ends, which then undoes everything."""
    # Chromium looks at the quota now and then: the limit has to be there before the first database.
    context = await (await browsers.get("chromium")).new_context()
    python = await PythonPage.open(context, server, "chromium")
    session = await context.new_cdp_session(python.page)
    await session.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 1_000_000})

    async def filled() -> object:
        rows = await open_database()
        await rows.write([Put(("before",), "")])
        fault = await fault_of(rows.write([Put((number,), "x" * 100_000) for number in range(20)]))
        await rows.write([Remove(("nothing",))])
        left = [key for key, _ in await rows.read(())]
        rows.close()
        return fault == StorageFault.FULL, left

    assert await python.run(filled) == [True, [["before"]]]
    await context.close()


@pytest.mark.parametrize("python_page", ["chromium"], indirect=True)  # Firefox lets no test do this
async def test_database_tells_when_it_is_cleared(python: PythonPage) -> None:
    """The person clears what the browser keeps: the page is told."""
    session = await python.page.context.new_cdp_session(python.page)
    origin = await python.page.evaluate("() => location.origin")

    async def open_here() -> None:
        opened.append(await open_database())

    async def closed() -> object:
        for _ in range(50):
            await asyncio.sleep(0 if closings else 0.1)
        return closings, await fault_of(opened[0].write([Put(("a",), "")])) == StorageFault.CLOSED

    await python.run(open_here)
    await session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "indexeddb"})
    assert await python.run(closed) == [["closed"], True]


async def test_database_leaves_no_proxies(python: PythonPage) -> None:
    """However often it is used, JavaScript holds no more of Python than before: the two of `versionchange`, `close`."""

    async def open_here() -> None:
        opened.append(await open_database())

    async def use() -> None:
        for number in range(50):
            await opened[0].write([Put((number,), "", unless=((number, "x"),)), RemoveAll(("b",))])
            await opened[0].read((), newest=5)
            await opened[0].get([(number,)])
            await fault_of(opened[0].write([Put(NO_KEY, "")]))

    async def close() -> None:
        opened[0].close()

    before = await python.count_proxies()
    await python.run(open_here)
    assert await python.count_proxies() == before + 2
    await python.run(use)
    assert await python.count_proxies() == before + 2
    await python.run(close)
    assert await python.count_proxies() == before
