from __future__ import annotations

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_export import ExportFormat, ExportWords
from client_py.core.conversation.notices import HistoryCleared, HistoryLoaded, ItemAdded, MessagesFound
from client_py.core.frames import FRAMES, Ack, Frame, Hello, MessagePart, Resume
from client_py.core.notices import DraftLoaded, RetentionChanged
from client_py.core.retention import Retention, RetentionFault
from protocol import requests
from tests.client_py.drivers.test_room import Stage
from tests.fakes.ports import settle

THEIRS = MessagePart(1, "theirs-0000000000001", 1_000.0, 1, 1, "Good morning")

WORDS = ExportWords("unreadable", "unknown", "unknown time")


def frames(stage: Stage) -> list[Frame]:
    """Return what went over the last channel."""
    return [FRAMES.decode(text) for text in stage.channel.sent]


def loaded(stage: Stage) -> list[tuple[str, Direction, Delivery | None]]:
    """Return the history that was shown at the start."""
    history = next(notice for notice in stage.notices if isinstance(notice, HistoryLoaded))
    return [(message.text, message.direction, message.delivery) for message in history.items]


async def reload(stage: Stage) -> Stage:
    """Leave the page, and load it again in the same tab."""
    stage.driver.stop()
    await settle()
    after = Stage(stage)
    await after.connect()
    return after


async def test_room_shows_its_history_after_a_reload() -> None:
    """What was said stands there again, with how far it has come."""
    stage = Stage()
    await stage.connect()
    stage.driver.send("Hello")
    await settle()
    stage.receive_frame(Ack(1))
    stage.receive_frame(THEIRS)
    await settle()
    after = await reload(stage)
    assert loaded(after) == [
        ("Hello", Direction.OUTGOING, Delivery.DELIVERED),
        ("Good morning", Direction.INCOMING, None),
    ]


async def test_reloaded_page_is_the_same_device_and_peer() -> None:
    """It says the same name, asks for its place, and goes on from its mark."""
    stage = Stage()
    await stage.connect()
    stage.receive_frame(THEIRS)
    await settle()
    after = await reload(stage)
    assert frames(after)[0] == frames(stage)[0]
    assert frames(after)[1] == Resume(1, 0)
    assert after.sent()[0] == requests.Join("den", "resume")


async def test_reloaded_page_sends_again_what_was_not_acknowledged() -> None:
    """Under the same id, so that nobody sees it twice."""
    stage = Stage()
    await stage.connect()
    stage.driver.send("Hello")
    await settle()
    before = frames(stage)[-1]
    after = await reload(stage)
    assert frames(after)[-1] == before


async def test_message_is_acknowledged_only_when_it_is_kept() -> None:
    """As long as the database writes, nothing is claimed."""
    stage = Stage()
    await stage.connect()
    stage.databases.database.open_for_writing.clear()
    stage.receive_frame(THEIRS)
    await settle()
    assert Ack(1) not in frames(stage)
    stage.databases.database.open_for_writing.set()
    await settle()
    assert frames(stage)[-1] == Ack(1)


async def test_message_that_is_kept_already_is_not_shown_again() -> None:
    """A device that has forgotten what it sent sends it once more, and is told that it is here."""
    stage = Stage()
    await stage.connect()
    stage.receive_frame(THEIRS)
    await settle()
    after = Stage(stage)
    stage.driver.stop()
    await settle()
    await after.connect()
    after.receive_frame(MessagePart(2, THEIRS.id, 1_000.0, 1, 1, THEIRS.text))
    await settle()
    assert frames(after)[-1] == Ack(2)
    assert not any(isinstance(notice, ItemAdded) for notice in after.notices)


async def test_many_messages_are_kept_in_one_transaction() -> None:
    """While one is being written, the others wait together."""
    stage = Stage()
    await stage.connect()
    database = stage.databases.database
    database.open_for_writing.clear()
    for number in range(20):
        stage.driver.send(str(number))
    writes = len(database.written)
    database.open_for_writing.set()
    await settle()
    assert len(database.written) <= writes + 2
    assert [frame.text for frame in frames(stage) if isinstance(frame, MessagePart)] == [str(n) for n in range(20)]


async def test_what_is_written_early_is_sent() -> None:
    """The composer is there before the database is open, and loses nothing."""
    stage = Stage()
    stage.driver.start()
    stage.driver.send("Early bird")
    await settle()
    assert [notice.item.text for notice in stage.notices if isinstance(notice, ItemAdded)] == ["Early bird"]


async def test_what_is_written_early_is_kept_where_the_room_is_left_at_once() -> None:
    """It is sent at the next visit."""
    stage = Stage()
    stage.driver.start()
    stage.driver.send("Early bird")
    stage.driver.stop()
    await settle()
    assert stage.notices == []
    after = Stage(stage)
    await after.connect()
    assert loaded(after) == [("Early bird", Direction.OUTGOING, Delivery.QUEUED)]
    assert stage.sockets.opened == []


async def test_failing_database_is_told_and_the_conversation_goes_on() -> None:
    """The page's memory takes over, with the message that could not be kept."""
    stage = Stage()
    await stage.connect()
    stage.databases.database.failing = True
    stage.receive_frame(THEIRS)
    await settle()
    keeping = [notice.keeping for notice in stage.notices if isinstance(notice, RetentionChanged)]
    assert keeping == [Retention(kept=True), Retention(kept=False, changeable=False, fault=RetentionFault.FULL)]
    assert frames(stage)[-1] == Ack(1)
    assert stage.failures == []


async def test_history_is_searched_exported_and_cleared() -> None:
    """All of it is there to be found, and gone when the person wishes so."""
    stage = Stage()
    await stage.connect()
    stage.receive_frame(THEIRS)
    stage.driver.send("Waiting")
    await settle()
    stage.driver.search("MORNING good")
    await settle()
    found = stage.notices[-1]
    assert isinstance(found, MessagesFound)
    assert [match.item.text for match in found.matches] == ["Good morning"]
    stage.driver.export(ExportFormat.TEXT, WORDS)
    await settle()
    assert [(name, "bob: Good morning" in text) for name, _, text in stage.downloads.saved] == [
        ("p2p-chat-den.txt", True)
    ]
    stage.driver.clear_history()
    await settle()
    cleared = stage.notices[-1]
    assert isinstance(cleared, HistoryCleared)
    assert [message.text for message in cleared.items] == ["Waiting"]


async def test_earlier_messages_and_a_clearing_come_in_their_order() -> None:
    """What was asked for before the clearing does not come back after it."""
    stage = Stage()
    await stage.connect()
    stage.receive_frame(THEIRS)
    await settle()
    stage.driver.load_earlier(THEIRS.id)
    stage.driver.clear_history()
    await settle()
    assert [type(notice) for notice in stage.notices[-2:]] == [HistoryLoaded, HistoryCleared]


async def test_leaving_keeps_what_was_written_last_and_frees_the_device() -> None:
    """The next page finds it, and may take the name."""
    stage = Stage()
    await stage.connect()
    stage.driver.send("Last words")
    stage.driver.stop()
    await settle()
    assert stage.locks.held == set()
    after = Stage(stage)
    after.driver.start()
    await settle()
    assert ("Last words", Direction.OUTGOING, Delivery.QUEUED) in loaded(after)


async def test_duplicated_tab_is_another_device() -> None:
    """Its sessionStorage names the other one, whose lock is held."""
    stage = Stage()
    await stage.connect()
    twin = Stage(stage)
    await twin.connect()
    hello = [next(frame for frame in frames(each) if isinstance(frame, Hello)) for each in (stage, twin)]
    assert hello[0] != hello[1]
    assert twin.sent()[0] == requests.Join("den")


async def test_page_that_comes_back_waits_for_the_visit_before() -> None:
    """While the disk is slow, it still writes what has to be sent, and is the device that sends it."""
    stage = Stage()
    await stage.connect()
    device = dict(stage.tab)
    stage.databases.database.open_for_writing.clear()
    stage.driver.send("Hello")
    stage.driver.stop()
    after = Stage(stage)
    after.driver.start(after=stage.driver)
    await settle()
    assert not after.notices
    stage.databases.database.open_for_writing.set()
    await settle()
    assert loaded(after) == [("Hello", Direction.OUTGOING, Delivery.QUEUED)]
    assert dict(after.tab) == device


async def test_draft_is_there_when_the_page_is_loaded_again() -> None:
    """And gone once nothing is to be kept."""
    stage = Stage()
    await stage.enter()
    stage.driver.draft_changed("half a sen")
    stage.driver.checked()
    again = Stage(stage)
    await again.enter()
    assert DraftLoaded("half a sen") in again.notices
    again.driver.set_keeping(False)
    await settle()
    third = Stage(again)
    await third.enter()
    assert not any(isinstance(notice, DraftLoaded) for notice in third.notices)
