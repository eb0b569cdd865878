from __future__ import annotations

import asyncio
import json

import pytest

from client_py.core.conversation.database_rows import Place
from client_py.core.room_links import RoomLink, format_links, parse_links
from client_py.drivers.draft_storage import DRAFTS_KEY
from client_py.drivers.forgetting import RoomDeletion, forget_room
from client_py.drivers.own_device import device_key
from client_py.drivers.retention import LeftRoom, StoragePorts
from client_py.drivers.room_links import LINKS_KEY
from client_py.ports.storage import Key, Put, StorageFailed
from tests.fakes.ports import FakeClock, FakeDatabase, FakeDatabases, FakeLocks, FakeRandom, FakeStore

DEN = Place("ada", "den")


def ports_of(databases: FakeDatabases) -> StoragePorts:
    """Return what keeping stands on."""
    return StoragePorts(databases, FakeLocks(), FakeStore(), FakeStore(), FakeClock(), FakeRandom())


async def test_nothing_is_left_of_a_room() -> None:
    """Messages, marks and drafts; also of a name that an earlier release took for another one. Others keep theirs."""
    databases = FakeDatabases()
    ports = ports_of(databases)
    gone: list[Key] = [("ada", "den", "message", 1), ("ada", "DEN", "message", 1), ("ada", "Den", "device", "x")]
    stays: list[Key] = [
        ("ada",),
        ("ada", 7),
        ("ada", "denmark", "message", 1),
        ("ada", "a", "message", 1),
        ("ben", "den", "m", 1),
    ]
    await databases.database.write([Put(key, "row") for key in (*gone, *stays)])
    for store in (ports.store, ports.tab):
        store.put(DRAFTS_KEY + "ada", json.dumps({"den": "half", "hall": "a sentence"}))
    ports.tab.put(device_key(DEN), "name")
    ports.store.put(LINKS_KEY + "ada", format_links({"den": RoomLink("s" * 22), "hall": RoomLink("t" * 22)}))
    await forget_room(DEN, ports)
    assert parse_links(ports.store.get(LINKS_KEY + "ada")) == {"hall": RoomLink("t" * 22)}
    assert [key for key, _ in await databases.database.read(())] == sorted(stays, key=_order)
    for store in (ports.store, ports.tab):
        assert json.loads(store.get(DRAFTS_KEY + "ada") or "") == {"hall": "a sentence"}
    assert ports.tab.get(device_key(DEN)) is None
    await forget_room(DEN, ports)


async def test_what_the_page_alone_has_goes_too() -> None:
    """And nobody is its device any more."""
    ports = ports_of(FakeDatabases())
    ports.left_rooms[DEN] = LeftRoom(DEN, "device", None, FakeDatabase())
    await forget_room(DEN, ports)
    assert ports.left_rooms == {}


async def test_database_that_refuses_is_told() -> None:
    """It is tried again."""
    with pytest.raises(StorageFailed):
        await forget_room(DEN, ports_of(FakeDatabases(refusing=True)))


async def test_next_visit_waits_for_the_end() -> None:
    """Else it would read what is about to go."""
    end = asyncio.Event()

    async def work() -> None:
        await end.wait()

    forgetting = RoomDeletion(asyncio.ensure_future(work()))
    waiting = asyncio.ensure_future(forgetting.closed())
    await asyncio.sleep(0)
    assert not waiting.done()
    end.set()
    await waiting


def _order(key: tuple[str | int, ...]) -> list[tuple[bool, str | int]]:
    return [(isinstance(part, str), part) for part in key]
