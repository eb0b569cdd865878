from __future__ import annotations

from client_py.drivers.memory_database import MemoryDatabase
from client_py.ports.storage import Append, Change, Key, Put, Remove, RemoveAll


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
    assert await database.write(changes) == [("m", 1), known, None]
    assert await database.get([("m", 1), ("m", 2)]) == ["first", None]


async def test_rows_are_removed_alone_and_together() -> None:
    """What lies beside a prefix stays."""
    database = await filled()
    removals: list[Change] = [Remove(("b",)), Remove(("nothing",)), RemoveAll(("a", 10))]
    assert await database.write(removals) == [("b",), ("nothing",), ("a", 10)]
    assert [value for _, value in await database.read(())] == ["9", "100", "t"]


def append(name: str, first: int, *, unless: tuple[Key, ...] = ()) -> Append:
    """Return a change that appends to the list "l", with numbers from some on."""
    return Append(("l",), name, f"row {name}", range(first, 1_000), ("i", name), unless)


async def test_rows_are_appended_after_the_greatest_number() -> None:
    """Or with the first one of those that may be; the index says which it was, and each change its key."""
    database = await filled()
    assert await database.write([append("x", 5), append("y", 5)]) == [("l", 5, "x"), ("l", 6, "y")]
    assert await database.write([append("z", 100), append("a", 100)]) == [("l", 100, "z"), ("l", 101, "a")]
    assert await database.write([append("b", 5)]) == [("l", 102, "b")]
    assert [value for _, value in await database.read(("l",))] == ["row x", "row y", "row z", "row a", "row b"]
    assert await database.get([("i", "y"), ("i", "b")]) == ["6", "102"]


async def test_row_is_appended_once() -> None:
    """What the index knows stands where it stands, and what is not to be written has no key."""
    database = await filled()
    await database.write([append("x", 5), append("y", 5)])
    changes = [append("x", 7), append("w", 7, unless=(("i", "y"),)), append("v", 7)]
    assert await database.write(changes) == [("l", 5, "x"), None, ("l", 7, "v")]
    assert len(await database.read(("l",))) == 3


async def test_row_is_appended_beside_what_no_page_has_written() -> None:
    """A number beyond all that may be, a text in the place of one, and an index that says none, or none of these."""
    database = await filled()
    foreign: list[Key] = [("l",), ("l", 2**60, "x"), ("l", "text", "x"), ("k", 7), ("m", 7)]
    await database.write([Put(key, "") for key in foreign])
    spoilt = {"x": "first", "y": "-1", "z": "9" * 9_999, "v": "²", "u": "1000", "w": "7"}
    await database.write([Put(("i", name), row) for name, row in spoilt.items()])
    keys = await database.write([append(name, 5) for name in spoilt])
    assert keys == [*(("l", number, name) for number, name in enumerate("xyzvu", start=5)), ("l", 7, "w")]


async def test_last_number_is_given_out_again() -> None:
    """Nothing is lost where no number is left; names keep the rows apart."""
    database = await filled()
    assert await database.write([append("x", 999), append("y", 999)]) == [("l", 999, "x"), ("l", 999, "y")]
    assert await database.write([append("z", 3)]) == [("l", 999, "z")]
