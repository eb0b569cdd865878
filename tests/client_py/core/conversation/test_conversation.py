from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.conversation.conversation import (
    MAX_RECENT_IDS,
    Conversation,
    SendFrame,
    Store,
)
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.faults import ItemFault
from client_py.core.conversation.history_records import Entry, Kept, Receipt
from client_py.core.conversation.item_limits import MAX_PENDING_BYTES, MAX_PENDING_ITEMS
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation.notices import DeliveryChanged, ItemAdded, ItemRefused, UnreadChanged
from client_py.core.frames import MAX_ITEM_BYTES, VERSION, WINDOW_BYTES, Ack, Hello, MessagePart, Read, Resume
from tests.client_py.core.conversation.conversing import (
    ADAS_DEVICE,
    BEN,
    BENS_DEVICE,
    CLEO,
    CLEOS_DEVICE,
    HELLO,
    NOW,
    Stage,
    delivered,
    entry_of,
    incoming,
    kept,
    mark,
    message_id,
    outgoing,
    part,
    receipt,
    sent,
    shown_and_sent,
    together,
)

QUEUED, DELIVERED, READ = Delivery.QUEUED, Delivery.DELIVERED, Delivery.READ


def test_conversation_begins_with_a_hello_and_a_mark() -> None:
    """Each side says which device it is, and then what it has of the other one."""
    conversation = Conversation(device=ADAS_DEVICE, username="ada")
    assert conversation.member_joined(BEN, "ben") == []
    assert conversation.channel_opened(BEN) == [SendFrame(BEN, Hello(VERSION, ADAS_DEVICE))]
    assert conversation.frame_received(BEN, HELLO, NOW) == [kept(mark()), SendFrame(BEN, Resume(0, 0))]


def test_message_is_stored_before_it_is_shown_and_sent() -> None:
    """Nothing leaves that is not safe here, and to whom it is owed is stored along."""
    stage = together()
    entry = stage.submit()
    assert entry == Entry(outgoing(1), receipts=(receipt(1, QUEUED),))
    assert stage.conversation.stored([Kept(entry)]) == shown_and_sent(1, 1)


def test_message_does_not_leave_before_it_is_stored() -> None:
    """Not even where an acknowledgement or a new channel makes room for it meanwhile."""
    stage = together()
    stage.write()
    second = stage.submit()
    third = stage.submit()
    assert stage.receive(Ack(1)) == [*delivered(1), kept(receipt(1, DELIVERED), mark(acknowledged=1))]
    stage.lose_channel()
    stage.reopen()
    assert stage.receive(Resume(1, 0)) == []
    assert stage.conversation.stored([Kept(second)]) == shown_and_sent(2, 2)
    assert stage.conversation.stored([Kept(third)]) == shown_and_sent(3, 3)


def test_message_is_owed_to_who_was_there_when_it_was_written() -> None:
    """Someone who comes while it is being stored was not meant."""
    stage = together()
    entry = stage.submit()
    stage.meet(CLEO, "cleo", CLEOS_DEVICE)
    assert stage.receive(Resume(0, 0), CLEO) == []
    assert stage.conversation.stored([Kept(entry)]) == shown_and_sent(1, 1)


def test_messages_that_become_safe_together_are_acknowledged_and_read_once() -> None:
    """One acknowledgement, one mark and one `read` stand for all that came from a device, and each is shown."""
    stage = together()
    stage.conversation.reading_changed(reading=True)
    entries = [entry_of(stage.receive(part(seq))) for seq in (1, 2, 3)]
    assert stage.conversation.stored([Kept(entry) for entry in entries]) == [
        SendFrame(BEN, Ack(3)),
        *(ItemAdded(incoming(seq)) for seq in (1, 2, 3)),
        kept(mark(received=3, read=3)),
        SendFrame(BEN, Read(3)),
    ]


def test_messages_of_both_sides_become_safe_together() -> None:
    """What is ours leaves when the others' is acknowledged, and the transcript has them in the order of storing."""
    stage = together()
    stage.meet(CLEO, "cleo", CLEOS_DEVICE)
    bens = entry_of(stage.receive(part(1)))
    ours = stage.submit()
    cleos = entry_of(stage.receive(part(1, "cleos-00000000000000"), CLEO))
    twice = replace(bens, marks=(mark(received=2),))
    assert stage.conversation.stored([Kept(bens), Kept(ours), Kept(cleos), Kept(twice)]) == [
        SendFrame(BEN, Ack(2)),
        SendFrame(CLEO, Ack(1)),
        *sent(1, 1)[:1],
        ItemAdded(incoming(1)),
        ItemAdded(outgoing(1)),
        ItemAdded(replace(incoming(1), id="cleo:cleos-00000000000000", author="cleo")),
        UnreadChanged(2),
    ]


def test_message_is_shown_with_its_place_in_the_transcript() -> None:
    """Another tab of the browser may have stored it before, and others since."""
    stage = together()
    entries = [entry_of(stage.receive(part(seq))) for seq in (1, 2)]
    together_stored = [Kept(entry, position=place) for entry, place in zip(entries, (9, 7), strict=True)]
    effects = stage.conversation.stored(together_stored)
    assert [effect.item.position for effect in effects if isinstance(effect, ItemAdded)] == [9, 7]


def test_messages_that_become_safe_together_are_known_by_their_ids() -> None:
    """One that is here already is acknowledged, and shown as little as when it comes alone."""
    stage = together()
    entries = [entry_of(stage.receive(part(seq))) for seq in (1, 2)]
    assert stage.conversation.stored([Kept(entries[0], new=False), Kept(entries[1])]) == [
        SendFrame(BEN, Ack(2)),
        ItemAdded(incoming(2)),
        UnreadChanged(1),
    ]


def test_message_is_delivered_when_it_is_acknowledged_and_read_when_it_was_seen() -> None:
    """Delivered is what the other side says, never our own success; and each step is kept."""
    stage = together()
    stage.write()
    stage.write()
    assert stage.receive(Ack(2)) == [
        *delivered(1, 2),
        kept(receipt(1, DELIVERED), receipt(2, DELIVERED), mark(acknowledged=2)),
    ]
    assert stage.receive(Ack(2)) == []
    assert stage.receive(Read(1)) == [
        DeliveryChanged(message_id(1), READ),
        kept(receipt(1, READ), mark(acknowledged=2)),
    ]
    assert stage.receive(Read(1)) == []


def test_message_that_was_read_is_not_followed_any_more() -> None:
    """Nothing more can happen to it, so nothing more is known of it."""
    stage = together()
    stage.write()
    stage.receive(Ack(1))
    stage.receive(Read(1))
    assert stage.conversation._deliveries.receipts([message_id(1)]) == ()


def test_message_waits_for_the_next_to_come() -> None:
    """What is written alone is queued, and is for the first who comes from then on, in the order of writing."""
    stage = Stage()
    assert stage.submit().receipts == (Receipt(message_id(1), {}),)
    assert stage.conversation.stored([Kept(Entry(outgoing(1)))]) == [ItemAdded(outgoing(1))]
    stage.write("Again")
    assert stage.meet() == [
        kept(receipt(1, QUEUED), receipt(2, QUEUED), mark()),
        SendFrame(BEN, Resume(0, 0)),
    ]
    assert stage.receive(Resume(0, 0)) == [*sent(1, 1), *sent(2, 2, "Again")]


def test_addressees_of_earlier_messages_are_kept_with_the_next_one() -> None:
    """What was for the next to come is settled in the transaction of the first message that is written to somebody."""
    stage = Stage()
    assert stage.submit().receipts == (Receipt(message_id(1), {}),)
    stage.conversation.member_joined(BEN, "ben")
    assert stage.submit().receipts == (Receipt(message_id(1), {"ben": {}}), Receipt(message_id(2), {"ben": {}}))


def test_message_waits_for_the_hello_of_who_is_there() -> None:
    """Someone in the room without a channel is owed it all the same."""
    stage = Stage()
    stage.conversation.member_joined(BEN, "ben")
    assert stage.submit().receipts == (Receipt(message_id(1), {"ben": {}}),)
    assert stage.conversation.stored([Kept(Entry(outgoing(1)))]) == [ItemAdded(outgoing(1))]
    stage.reopen()
    assert stage.receive(Resume(0, 0)) == sent(1, 1)


def test_message_waits_for_the_account_that_was_last_there() -> None:
    """What is written after Ben left is for Ben, and not for Cleo."""
    stage = together()
    stage.lose_channel()
    stage.conversation.member_left(BEN)
    stage.write()
    stage.meet(CLEO, "cleo", CLEOS_DEVICE)
    assert stage.receive(Resume(0, 0), CLEO) == []
    stage.meet()
    assert stage.receive(Resume(0, 0)) == sent(1, 1)


def test_message_goes_to_the_next_device_of_an_account() -> None:
    """What a tab that is gone has not acknowledged reaches the tab that comes after it, and is that one's only."""
    stage = together()
    stage.write()
    assert stage.lose_channel() == [DeliveryChanged(message_id(1), QUEUED)]
    stage.conversation.member_left(BEN)
    (keeping, _) = stage.meet("peer-ben-2", "ben", "device-of-ben-000002")
    assert isinstance(keeping, Store)
    assert keeping.entry.receipts == (Receipt(message_id(1), {"ben": {"device-of-ben-000002": QUEUED}}),)
    assert stage.receive(Resume(0, 0), "peer-ben-2") == sent(1, 1, peer_id="peer-ben-2")


def test_message_is_sent_again_after_the_mark() -> None:
    """After a lost channel, what has arrived is delivered, and the rest is sent again under its number."""
    stage = together()
    for _ in range(3):
        stage.write()
    stage.lose_channel()
    stage.reopen()
    assert stage.receive(Resume(2, 1)) == [
        *delivered(1, 2),
        kept(receipt(1, DELIVERED), receipt(2, DELIVERED), mark(heard=2, acknowledged=2)),
        DeliveryChanged(message_id(1), READ),
        kept(receipt(1, READ), mark(heard=2, acknowledged=2)),
        *sent(3, 3),
    ]


def test_message_for_two_is_delivered_when_both_have_it() -> None:
    """In a room with more places, delivered means everyone who was there; but each arrival is kept."""
    stage = together()
    stage.meet(CLEO, "cleo", CLEOS_DEVICE)
    stage.receive(Resume(0, 0), CLEO)
    stage.write()
    owed = {"ben": {BENS_DEVICE: DELIVERED}, "cleo": {CLEOS_DEVICE: Delivery.SENT}}
    assert stage.receive(Ack(1)) == [kept(Receipt(message_id(1), owed), mark(acknowledged=1))]
    assert stage.receive(Ack(1), CLEO)[:-1] == delivered(1)


def test_messages_that_the_window_kept_back_follow_the_acknowledgement() -> None:
    """What is on its way is bounded; what has arrived makes room."""
    stage = together()
    for _ in range(WINDOW_BYTES // MAX_ITEM_BYTES):
        stage.write("a" * MAX_ITEM_BYTES)
    assert stage.write() == [ItemAdded(outgoing(3))]
    assert stage.receive(Ack(1)) == [
        *delivered(1),
        kept(receipt(1, DELIVERED), mark(acknowledged=1)),
        *sent(3, 3),
    ]


def test_message_that_comes_in_is_stored_before_it_is_acknowledged() -> None:
    """An acknowledgement is a promise, so it comes after the store."""
    stage = together()
    effects = stage.receive(part(1))
    assert effects == [Store(Entry(incoming(1), marks=(mark(received=1),)))]
    assert stage.store(effects) == [SendFrame(BEN, Ack(1)), ItemAdded(incoming(1)), UnreadChanged(1)]


def test_message_that_comes_twice_is_acknowledged_and_not_stored() -> None:
    """A duplicate tells that an acknowledgement was lost."""
    stage = together()
    stage.store(stage.receive(part(1)))
    assert stage.receive(part(1)) == [SendFrame(BEN, Ack(1))]


def test_message_that_is_here_already_is_acknowledged_and_not_shown() -> None:
    """A message has one name for ever, whatever number it comes under; the store knows those of before."""
    stage = together()
    effects = stage.receive(part(1))
    assert stage.store(effects, new=False) == [SendFrame(BEN, Ack(1))]


def test_message_that_was_shown_is_known_by_heart() -> None:
    """Where the store has forgotten it, since the browser keeps nothing, it is not shown twice all the same."""
    stage = together()
    stage.store(stage.receive(part(1)))
    effects = stage.receive(part(2, name=part(1).id))
    assert entry_of(effects).marks == (mark(received=2),)
    assert stage.store(effects, new=True) == [SendFrame(BEN, Ack(2))]


def test_id_of_somebody_else_says_nothing() -> None:
    """Who copies the id of another member's message takes nothing from either of them."""
    stage = together()
    stage.meet(CLEO, "cleo", CLEOS_DEVICE)
    copied = stage.store(stage.receive(part(1, name=part(7).id, text="Mine"), CLEO))
    assert [effect.item.text for effect in copied if isinstance(effect, ItemAdded)] == ["Mine"]
    entry = entry_of(stage.receive(part(1, name=part(7).id)))
    assert entry.item == replace(incoming(7), id=f"ben:{part(7).id}")
    assert ItemAdded(entry.item) in stage.conversation.stored([Kept(entry)])


def test_id_of_ours_says_nothing_when_another_uses_it() -> None:
    """What others call their messages never meets what we call ours."""
    stage = together()
    stage.write()
    entry = entry_of(stage.receive(part(1, name=message_id(1))))
    assert entry.item == replace(incoming(1), id=f"ben:{message_id(1)}")


def test_message_of_our_own_account_keeps_its_id() -> None:
    """Two tabs of one person have one name for what they hand to each other."""
    stage = Stage()
    stage.meet(CLEO, "ada", CLEOS_DEVICE)
    entry = entry_of(stage.receive(part(1), CLEO))
    assert entry.item == Item(part(1).id, Direction.OUTGOING, "ada", Text("Hi"), NOW, from_other_device=True)


def test_messages_known_by_heart_are_bounded() -> None:
    """Of the oldest, only the store can tell."""
    stage = together()
    for seq in range(1, MAX_RECENT_IDS + 2):
        stage.conversation.stored([Kept(entry_of(stage.conversation.frame_received(BEN, part(seq), NOW)))])
    again = [part(MAX_RECENT_IDS + 2 + place, name=part(seq).id) for place, seq in enumerate((2, 1))]
    assert len(stage.store(stage.receive(again[0]))) == 1
    assert stage.store(stage.receive(again[1]))[1] == ItemAdded(incoming(1))


def test_message_in_parts_comes_when_it_is_whole() -> None:
    """Parts are not shown."""
    stage = together()
    name = part(1).id
    assert stage.receive(MessagePart(1, name, NOW, 1, 2, "a")) == []
    assert entry_of(stage.receive(MessagePart(1, name, NOW, 2, 2, "b"))).item == incoming(1, "ab")


def test_text_arrives_as_text() -> None:
    """A lone surrogate is no character, and becomes the sign for one; nothing else is touched."""
    assert Stage().submit("a\ud800b\0\r\n \U0001f345").item == outgoing(1, "a\ufffdb\0\r\n \U0001f345")


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_text_of_nothing_is_not_sent(text: str) -> None:
    """White space alone says nothing."""
    assert Stage().conversation.text_submitted(message_id(1), text, NOW) == []


def test_text_that_is_too_long_is_given_back() -> None:
    """The person keeps what they wrote, and hears why it did not go."""
    stage = Stage()
    longest = "é" * (MAX_ITEM_BYTES // 2)
    assert stage.submit(longest).item == outgoing(1, longest)
    refused = stage.conversation.text_submitted(message_id(2), longest + "a", NOW)
    assert refused == [ItemRefused(Text(longest + "a"), ItemFault.TOO_LONG)]


@pytest.mark.parametrize(
    ("text", "count"),
    [("Hello", MAX_PENDING_ITEMS), ("a" * MAX_ITEM_BYTES, MAX_PENDING_BYTES // MAX_ITEM_BYTES)],
)
def test_messages_that_wait_are_bounded(text: str, count: int) -> None:
    """Too many, or too much, is refused until some has arrived."""
    stage = Stage()
    for _ in range(count):
        stage.write(text)
    refused = stage.conversation.text_submitted(message_id(count + 1), text, NOW)
    assert refused == [ItemRefused(Text(text), ItemFault.TOO_MANY_WAITING)]
    stage.meet()
    stage.receive(Resume(0, 0))
    stage.receive(Ack(1))
    assert isinstance(stage.conversation.text_submitted(message_id(count + 1), text, NOW)[0], Store)


@pytest.mark.parametrize(("sent_at", "shown"), [(NOW - 86_400, NOW - 86_400), (NOW, NOW), (NOW + 86_400, NOW)])
def test_time_that_cannot_be_is_that_of_its_coming(sent_at: float, shown: float) -> None:
    """A message may have waited for days, but none comes before it was written."""
    stage = together()
    entry = entry_of(stage.receive(replace(part(1), sent_at=sent_at)))
    assert entry.item is not None
    assert entry.item.sent_at == shown
