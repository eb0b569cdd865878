from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.conversation.conversation import SendFrame
from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.history_records import Receipt, Snapshot
from client_py.core.conversation.item_limits import MAX_PENDING_ITEMS
from client_py.core.conversation.notices import DeliveryChanged, ItemAdded, ItemRefused, UnreadChanged
from client_py.core.frames import Ack, Read, Resume
from tests.client_py.core.conversation.conversing import (
    BEN,
    NOW,
    Stage,
    delivered,
    incoming,
    kept,
    mark,
    message_id,
    outgoing,
    part,
    receipt,
    sent,
    shown_and_sent,
)

QUEUED, DELIVERED, READ = Delivery.QUEUED, Delivery.DELIVERED, Delivery.READ

WAITING = Snapshot(pending=(outgoing(8), outgoing(9)), receipts=(receipt(8, QUEUED), receipt(9, QUEUED)))
MARK = mark(heard=5, received=4, read=3, acknowledged=7)


def restored(snapshot: Snapshot) -> Stage:
    """Return a conversation of which this was kept, after Ben's hello."""
    stage = Stage(snapshot)
    stage.meet()
    return stage


def test_conversation_goes_on_after_the_marks() -> None:
    """What is said on the first channel of a new page is what the last page would have said."""
    stage = Stage(Snapshot(marks=(MARK,)))
    assert stage.meet() == [
        kept(mark(heard=6, received=4, read=3, acknowledged=7)),
        SendFrame(BEN, Resume(4, 3)),
    ]
    stage.receive(Resume(7, 7))
    assert stage.write() == shown_and_sent(1, 8)


def test_message_that_waited_is_sent_by_the_next_page() -> None:
    """Reloading costs nothing that was written, and the numbers go on."""
    stage = restored(Snapshot(pending=WAITING.pending, receipts=WAITING.receipts, marks=(MARK,)))
    assert stage.receive(Resume(7, 7)) == [*sent(8, 8), *sent(9, 9)]
    assert stage.receive(Ack(9)) == [
        *delivered(8, 9),
        kept(
            receipt(8, DELIVERED),
            receipt(9, DELIVERED),
            mark(heard=6, received=4, read=3, acknowledged=9),
        ),
    ]


def test_message_whose_acknowledgement_was_lost_with_the_page_is_sent_once_more() -> None:
    """Under the next number; the other side knows it by its id and only acknowledges it."""
    stage = restored(Snapshot(pending=WAITING.pending, receipts=WAITING.receipts, marks=(MARK,)))
    assert stage.receive(Resume(8, 7)) == [*sent(8, 9), *sent(9, 10)]


def test_message_that_waited_goes_before_what_is_written_now() -> None:
    """The order of writing outlives the page."""
    stage = Stage(WAITING)
    stage.write("New")
    stage.meet()
    assert stage.receive(Resume(0, 0)) == [*sent(8, 1), *sent(9, 2), *sent(1, 3, "New")]


def test_message_that_has_arrived_is_followed_until_it_is_read() -> None:
    """What a page saw delivered, the next one sees read, and forgets."""
    snapshot = Snapshot(receipts=(receipt(6, DELIVERED), receipt(7, DELIVERED)), marks=(MARK,))
    stage = restored(snapshot)
    assert stage.receive(Resume(7, 6)) == [
        DeliveryChanged(message_id(6), READ),
        kept(receipt(6, READ), mark(heard=6, received=4, read=3, acknowledged=7)),
    ]
    assert stage.receive(Read(7))[0] == DeliveryChanged(message_id(7), READ)
    assert stage.receive(Read(7)) == []


def test_message_in_the_transcript_is_known_by_heart() -> None:
    """Where the store cannot tell, what stands on the page is not put there again."""
    stage = restored(Snapshot(items=(incoming(1), outgoing(1))))
    stage.receive(Resume(0, 0))
    assert stage.store(stage.receive(part(1))) == [SendFrame(BEN, Ack(1))]
    assert stage.store(stage.receive(part(2))) == [
        SendFrame(BEN, Ack(2)),
        ItemAdded(incoming(2)),
        UnreadChanged(1),
    ]


def test_message_that_an_earlier_release_kept_is_known_by_heart() -> None:
    """Ids were kept without their author before."""
    stage = restored(Snapshot(items=(replace(incoming(1), id=part(1).id),)))
    stage.receive(Resume(0, 0))
    assert stage.store(stage.receive(part(1))) == [SendFrame(BEN, Ack(1))]


def test_message_that_came_and_was_not_read_is_read_by_the_next_page() -> None:
    """Looking at what the last page received is told like any looking."""
    stage = restored(Snapshot(items=(incoming(4),), marks=(MARK,)))
    assert stage.conversation.reading_changed(reading=True) == [
        kept(mark(heard=6, received=4, read=4, acknowledged=7)),
        SendFrame(BEN, Read(4)),
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_messages_that_waited_count_in_the_limit(number: int) -> None:
    """However often the page is loaded again, no more can wait than one page may have."""
    count = MAX_PENDING_ITEMS - number
    pending = tuple(outgoing(place) for place in range(count))
    stage = Stage(Snapshot(pending=pending, receipts=tuple(Receipt(message.id, {}) for message in pending)))
    (effect,) = stage.conversation.text_submitted("one-more-0000000", "Hello", NOW)
    assert isinstance(effect, ItemRefused) is (number == 0)
