from __future__ import annotations

from client_py.drivers.memory_database import MemoryDatabase
from client_py.ports.storage import Put, Remove, RemoveAll


async def filled() -> MemoryDatabase:
    """Return one with five rows."""
    database = MemoryDatabase()
    await database.write([Put(("a", number, "x"), str(number)) for number in (10, 9, 100)])
    await database.write([Put(("a", "text"), "t"), Put(("b",), "b")])
    return database


async def test_rows_come_in_the_order_of_their_keys() -> None:
    """Numbers by size and before texts, as in IndexedDB."""
    database = await filled()
    assert [value for _, value in await database.read(("a",))] == ["9", "10", "100", "t"]


async def test_newest_before_a_key_are_given() -> None:
    """Only the number asked for, still in order."""
    database = await filled()
    rows = await database.read(("a",), before=("a", 100, "x"), newest=1)
    assert rows == [(("a", 10, "x"), "10")]
    assert await database.read(("a",), newest=0) == []
    assert len(await database.read(("a",), newest=9)) == 4


async def test_oldest_after_a_key_are_given() -> None:
    """Only the number asked for, in order, and never the key itself nor what lies beside the prefix."""
    database = await filled()
    rows = await database.read(("a",), after=("a", 9, "x"), oldest=2)
    assert [value for _, value in rows] == ["10", "100"]
    assert [value for _, value in await database.read(("a",), after=("a", 10))] == ["10", "100", "t"]
    assert await database.read(("a",), after=("a", "text"), oldest=1) == []
    assert await database.read(("b",), after=("a", 9, "x")) == [(("b",), "b")]
    assert await database.read(("a",), after=("b",)) == []


async def test_row_is_not_written_where_another_stands() -> None:
    """Neither before the batch nor within it; each change tells whether it was made."""
    database = await filled()
    known = ("id", 1)
    changes = [
        Put(("m", 1), "first", unless=(known,)),
        Put(known, "1", unless=(known,)),
        Put(("m", 2), "2", unless=(known,)),
    ]
    assert await database.write(changes) == [True, True, False]
    assert await database.get([("m", 1), ("m", 2)]) == ["first", None]


async def test_rows_are_removed_alone_and_together() -> None:
    """What lies beside a prefix stays."""
    database = await filled()
    await database.write([Remove(("b",)), Remove(("nothing",)), RemoveAll(("a", 10))])
    assert [value for _, value in await database.read(())] == ["9", "100", "t"]
