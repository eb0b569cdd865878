from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from client_py.core.conversation.faults import HistoryFault
from client_py.core.conversation.history_export import ExportFormat
from client_py.core.conversation.notices import (
    HistoryCleared,
    HistoryFailed,
    HistoryLoaded,
    HistoryNotLoaded,
    HistoryPart,
    MessagesFound,
    NewestLoaded,
)
from client_py.core.notices import Notice, RetentionChanged
from client_py.core.retention import Retention
from client_py.ports.storage import Key, StorageFailed, StorageFault
from tests.client_py.drivers.test_room import Stage
from tests.client_py.drivers.test_room_kept import THEIRS, WORDS
from tests.fakes.ports import FakeDatabase, FakeDatabases, settle


class UnreadableDatabase(FakeDatabase):
    """A database that cannot be read any more, when the test says so."""

    unreadable = False

    async def read(self, prefix: Key, **limits: Any) -> list[tuple[Key, str]]:
        """Return rows, or fail."""
        if self.unreadable:
            raise StorageFailed(StorageFault.FAILED, "The disk is broken.")
        return list(await super().read(prefix, **limits))


def keeping(stage: Stage) -> list[Retention]:
    """Return what was shown of the keeping."""
    return [notice.keeping for notice in stage.notices if isinstance(notice, RetentionChanged)]


async def test_room_answers_what_is_asked_before_it_is_open() -> None:
    """The page has its buttons before the database is there."""
    stage = Stage()
    stage.driver.start()
    stage.driver.search("anything")
    stage.driver.load_earlier(THEIRS.id)
    stage.driver.clear_history()
    stage.driver.export(ExportFormat.JSON, WORDS)
    await settle()
    assert stage.failures == []
    assert stage.notices[-3:] == [
        MessagesFound("anything", (), complete=True),
        HistoryLoaded((), has_earlier=False, before=THEIRS.id),
        HistoryCleared(()),
    ]
    assert [json.loads(text)["messages"] for _, _, text in stage.downloads.saved] == [[]]


async def test_room_follows_a_wish_from_before_it_is_open() -> None:
    """What the person wants while the database is being opened is done as soon as it is."""
    stage = Stage()
    stage.driver.start()
    stage.driver.set_keeping(False)
    await settle()
    assert keeping(stage) == [Retention(kept=True), Retention(kept=False)]
    assert await stage.databases.database.read(()) == []


async def test_room_follows_the_wish_of_another_tab_from_before_it_is_open() -> None:
    """It is not missed while the database is being opened."""
    stage = Stage()
    database = stage.databases.database
    database.open_for_writing.clear()
    stage.driver.start()
    await settle()
    stage.store.put("p2pchat.keep:alice", "no")
    stage.driver.retention_requested()
    await settle()
    assert stage.notices == []
    database.open_for_writing.set()
    await settle()
    assert keeping(stage)[-1] == Retention(kept=False)


async def test_room_shows_nothing_after_it_was_left() -> None:
    """What is still under way would be shown in the room that comes next."""
    stage = Stage()
    await stage.connect()
    stage.receive_frame(THEIRS)
    await settle()
    shown: list[Notice] = list(stage.notices)
    stage.driver.load_earlier(THEIRS.id)
    stage.driver.search("morning")
    stage.driver.clear_history()
    stage.driver.stop()
    await settle()
    assert stage.notices == shown
    assert stage.failures == []


async def test_room_opens_nothing_when_it_was_left_before() -> None:
    """The device is free again, and nothing is shown."""
    stage = Stage()
    stage.driver.start()
    stage.driver.stop()
    await settle()
    assert stage.notices == []
    assert stage.sockets.opened == []
    assert stage.locks.held == set()


async def test_room_tells_what_cannot_be_read() -> None:
    """Each wish gets its answer all the same, so that nothing waits for ever; a failed clearing changes nothing."""
    database = UnreadableDatabase()
    stage = Stage()
    stage.databases = FakeDatabases(database)
    stage = Stage(stage)
    await stage.connect()
    database.unreadable = True
    before = len(stage.notices)
    stage.driver.load_earlier(THEIRS.id)
    stage.driver.load_later(THEIRS.id)
    stage.driver.load_newest()
    stage.driver.search("morning")
    stage.driver.export(ExportFormat.TEXT, WORDS)
    stage.driver.clear_history()
    await settle()
    assert stage.notices[before:] == [
        HistoryNotLoaded(HistoryPart.EARLIER),
        HistoryNotLoaded(HistoryPart.LATER),
        HistoryNotLoaded(HistoryPart.NEWEST),
        MessagesFound("morning", (), complete=False),
        HistoryFailed(HistoryFault.NOT_EXPORTED),
        HistoryFailed(HistoryFault.NOT_CLEARED),
    ]
    assert stage.downloads.saved == []
    assert stage.warnings == [
        "The earlier messages could not be read: failed: The disk is broken.",
        "The later messages could not be read: failed: The disk is broken.",
        "The newest messages could not be read: failed: The disk is broken.",
        "The history could not be searched: failed: The disk is broken.",
        "The history could not be exported: failed: The disk is broken.",
        "The history could not be cleared: failed: The disk is broken.",
    ]


@pytest.mark.parametrize("ended_by", ["another search", "nothing to look for", "leaving"])
async def test_room_searches_no_longer_than_somebody_waits(ended_by: str) -> None:
    """The database is left to what is asked of it next."""
    database = FakeDatabase()
    stage = Stage()
    stage.databases = FakeDatabases(database)
    stage = Stage(stage)
    await stage.connect()
    database.hanging = True
    stage.driver.search("morning")
    await settle()
    database.hanging = False
    if ended_by == "another search":
        stage.driver.search("evening")
    elif ended_by == "nothing to look for":
        stage.driver.end_search()
        stage.driver.load_newest()
    else:
        stage.driver.stop()
    await settle()
    answers = [notice for notice in stage.notices if isinstance(notice, MessagesFound | NewestLoaded)]
    expected: dict[str, list[Notice]] = {
        "another search": [MessagesFound("evening", (), complete=True)],
        "nothing to look for": [NewestLoaded((), has_earlier=False)],
        "leaving": [],
    }
    assert answers == expected[ended_by]
    assert [task for task in asyncio.all_tasks() if "HistoryRequests" in repr(task.get_coro())] == []
    assert stage.failures == []


async def test_room_takes_bytes_for_a_sign_of_life() -> None:
    """A slow line that brings part of a frame is not repaired: the peer connection has counted more than before."""
    stage = Stage()
    await stage.connect()
    stage.driver.checked()
    await settle()
    stage.connection.received = 1_000
    stage.clock.advance(2)
    await settle()
    assert "restart_ice" not in stage.connection.done
