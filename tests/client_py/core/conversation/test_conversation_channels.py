from __future__ import annotations

import pytest

from client_py.core.conversation.conversation import SendFrame, Store
from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.notices import DeliveryChanged, ItemAdded, UnreadChanged
from client_py.core.conversation.recipients import MAX_DEVICES
from client_py.core.frames import Ack, ConversationFrame, Hello, MessagePart, Read, Resume, Typing
from protocol.errors import UnexpectedMessage
from tests.client_py.core.conversation.conversing import (
    ADAS_DEVICE,
    BEN,
    BENS_DEVICE,
    HELLO,
    NOW,
    Stage,
    entry_of,
    incoming,
    kept,
    mark,
    message_id,
    part,
    receipt,
    together,
)


def test_mark_waits_for_the_store() -> None:
    """On a new channel, nothing is said of what is here and not safe yet; then the mark takes the ack's place."""
    stage = together()
    storing = stage.receive(part(1))
    stage.lose_channel()
    assert stage.reopen() == [kept(mark(heard=2, received=1))]
    stage.conversation.reading_changed(reading=True)
    effects = stage.store(storing)
    assert effects[0] == SendFrame(BEN, Resume(1, 0))
    assert effects[-1] == SendFrame(BEN, Read(1))


def test_message_that_is_stored_without_a_channel_is_told_by_the_next_mark() -> None:
    """It is shown all the same, and nobody is there to be told."""
    stage = together()
    storing = stage.receive(part(1))
    stage.lose_channel()
    assert stage.store(storing) == [ItemAdded(incoming(1)), UnreadChanged(1)]
    assert stage.reopen()[-1] == SendFrame(BEN, Resume(1, 0))


def test_message_that_was_cut_off_begins_again() -> None:
    """Parts are forgotten with the channel that brought them."""
    stage = together()
    name = part(1).id
    stage.receive(MessagePart(1, name, NOW, 1, 2, "lost"))
    stage.lose_channel()
    stage.reopen()
    stage.receive(MessagePart(1, name, NOW, 1, 2, "a"))
    assert entry_of(stage.receive(MessagePart(1, name, NOW, 2, 2, "b"))).item == incoming(1, "ab")


def test_device_that_is_forgotten_is_not_kept_any_more() -> None:
    """Whose place another one takes is said along with that one's mark."""
    stage = Stage()
    for number in range(MAX_DEVICES):
        stage.meet(device=f"device-of-ben-{number:06}")
        stage.lose_channel()
        stage.conversation.member_left(BEN)
    (keeping, _) = stage.meet(device="device-of-ben-newest")
    assert isinstance(keeping, Store)
    assert keeping.entry.forgotten == (("ben", BENS_DEVICE),)
    assert keeping.entry.marks[0].device == "device-of-ben-newest"


def test_peer_owes_an_answer_until_it_has_acknowledged_everything() -> None:
    """First its hello and its mark have to come, and then an acknowledgement for each message."""
    stage = Stage()
    conversation = stage.conversation
    assert not conversation.awaits(BEN)
    conversation.member_joined(BEN, "ben")
    conversation.channel_opened(BEN)
    assert conversation.awaits(BEN)
    stage.receive(HELLO)
    assert conversation.awaits(BEN)
    stage.receive(Resume(0, 0))
    assert not conversation.awaits(BEN)
    stage.write()
    assert conversation.awaits(BEN)
    stage.receive(Ack(1))
    assert not conversation.awaits(BEN)


def test_entry_without_a_message_has_no_consequence() -> None:
    """Receipts and marks are kept for the next page, not for this one."""
    stage = together()
    stage.write()
    *_, keeping = stage.receive(Ack(1))
    assert stage.store([keeping]) == []


@pytest.mark.parametrize("frame", [Resume(0, 0), part(1), Ack(0), Read(0), Typing()])
def test_channel_that_does_not_begin_with_a_hello_is_faulty(frame: ConversationFrame) -> None:
    """Without a hello nobody knows whose frames these are."""
    stage = Stage()
    stage.conversation.member_joined(BEN, "ben")
    stage.conversation.channel_opened(BEN)
    with pytest.raises(UnexpectedMessage, match="hello"):
        stage.receive(frame)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (HELLO, "twice"),
        (Resume(0, 0), "twice"),
        (Ack(1), "was sent"),
        (part(2), "number 2"),
    ],
)
def test_channel_that_breaks_the_rules_is_faulty(frame: ConversationFrame, words: str) -> None:
    """What cannot be is not taken, and the channel is no longer trusted."""
    with pytest.raises(UnexpectedMessage, match=words):
        together().receive(frame)


def test_channel_that_acknowledges_what_is_being_stored_is_faulty() -> None:
    """A message that has not left cannot have arrived."""
    stage = together()
    stage.submit()
    with pytest.raises(UnexpectedMessage, match="was sent"):
        stage.receive(Ack(1))


def test_channel_to_oneself_is_faulty() -> None:
    """A hello that names this device can only be an echo."""
    stage = Stage()
    stage.conversation.member_joined(BEN, "ada")
    stage.conversation.channel_opened(BEN)
    with pytest.raises(UnexpectedMessage, match="this device"):
        stage.receive(Hello(1, ADAS_DEVICE))


def test_channel_is_faulty_whose_messages_do_not_wait_for_the_mark() -> None:
    """Before our mark, the other side cannot know where to go on."""
    stage = together()
    entry_of(stage.receive(part(1)))
    stage.lose_channel()
    stage.reopen()
    with pytest.raises(UnexpectedMessage, match="go on"):
        stage.receive(part(1))


def test_frames_of_a_channel_that_is_gone_are_dropped() -> None:
    """What comes after the end has no meaning any more."""
    stage = together()
    stage.lose_channel()
    assert stage.lose_channel() == []
    assert stage.receive(part(1)) == []


def test_newer_channel_of_a_device_takes_over() -> None:
    """A device that comes as another peer is where it is now, and its old channel says nothing more."""
    stage = together()
    stage.write()
    stage.conversation.member_joined("peer-ben-2", "ben")
    stage.conversation.channel_opened("peer-ben-2")
    assert stage.receive(HELLO, "peer-ben-2") == [
        DeliveryChanged(message_id(1), Delivery.QUEUED),
        kept(receipt(1, Delivery.QUEUED), mark(heard=2)),
        SendFrame("peer-ben-2", Resume(0, 0)),
    ]
    assert stage.receive(Ack(1)) == []
    assert stage.lose_channel() == []
