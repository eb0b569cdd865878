from __future__ import annotations

from dataclasses import replace

from client_py.core.conversation.conversation import SendFrame
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_records import Entry, Kept, Mark, Receipt, Snapshot
from client_py.core.conversation.notices import DeliveryChanged, ItemAdded, TypingChanged
from client_py.core.frames import Ack, Hello, MessagePart, Read, Resume, Typing
from tests.client_py.core.conversation.conversing import (
    BEN,
    BENS_DEVICE,
    NOW,
    Stage,
    delivered,
    entry_of,
    incoming,
    message_id,
    outgoing,
    part,
    sent,
)

PHONE, ADAS_PHONE = "peer-ada-phone", "phone-of-ada-0000000"
PHONE_HELLO = Hello(1, ADAS_PHONE)
OWN_MARK = Mark("ada", ADAS_PHONE, heard=1, received=0, read=0, acknowledged=0)


def with_phone(snapshot: Snapshot | None = None) -> Stage:
    """Return a conversation of Ada's that is in step with her phone."""
    stage = Stage(snapshot or Snapshot())
    stage.meet(PHONE, "ada", ADAS_PHONE)
    stage.receive(Resume(0, 0), PHONE)
    return stage


def frames_to(peer_id: str, effects: list[object]) -> list[object]:
    """Return the frames among effects that go to a peer."""
    return [effect.frame for effect in effects if isinstance(effect, SendFrame) and effect.peer_id == peer_id]


def test_what_a_device_writes_goes_to_our_others_and_is_delivered_by_none() -> None:
    """It waits for somebody else all the same."""
    stage = with_phone()
    effects = stage.write()
    assert frames_to(PHONE, [*effects]) == [MessagePart(1, message_id(1), NOW, 1, 1, "Hello")]
    assert not [effect for effect in effects if isinstance(effect, DeliveryChanged)]
    stored = [*stage.receive(Ack(1), PHONE), *stage.receive(Read(1), PHONE)]
    assert not [effect for effect in stored if isinstance(effect, DeliveryChanged)]
    stage.meet()
    assert stage.receive(Resume(0, 0)) == sent(1, 1)
    assert stage.receive(Ack(1))[:1] == delivered(1)


def test_what_our_other_device_wrote_is_ours() -> None:
    """It stands on our side, is acknowledged, and is no message that anyone has to read."""
    stage = with_phone()
    item = replace(incoming(1), id=part(1).id, author="ada", direction=Direction.OUTGOING, from_other_device=True)
    effects = stage.receive(part(1), PHONE)
    assert entry_of(effects) == Entry(item, marks=(replace(OWN_MARK, received=1),))
    assert stage.store(effects) == [SendFrame(PHONE, Ack(1)), ItemAdded(item)]


def test_what_waits_for_the_next_to_come_is_not_for_our_own_devices() -> None:
    """A phone that comes later neither takes it nor gets it: what it missed is not made good here."""
    stage = Stage()
    stage.write()
    stage.meet(PHONE, "ada", ADAS_PHONE)
    assert frames_to(PHONE, [*stage.receive(Resume(0, 0), PHONE)]) == []
    stage.meet()
    assert stage.receive(Resume(0, 0)) == sent(1, 1)


def test_our_device_that_has_yet_to_say_hello_gets_what_is_written_meanwhile() -> None:
    """It is in the room, and only its channel is not there yet."""
    stage = Stage()
    stage.conversation.member_joined(PHONE, "ada")
    stage.write()
    stage.conversation.channel_opened(PHONE)
    stage.receive(PHONE_HELLO, PHONE)
    assert frames_to(PHONE, [*stage.receive(Resume(0, 0), PHONE)]) == [
        MessagePart(1, message_id(1), NOW, 1, 1, "Hello")
    ]


def test_our_device_that_never_spoke_is_owed_nothing_when_it_has_gone() -> None:
    """It may have been what the server still held of this very page."""
    stage = Stage()
    stage.conversation.member_joined(PHONE, "ada")
    stage.write()
    assert stage.conversation.member_left(PHONE) == []
    stage.conversation.check_invariants()


def test_our_device_that_leaves_is_owed_nothing_more() -> None:
    """Nothing waits for a tab that was closed."""
    stage = with_phone()
    stage.lose_channel(PHONE)
    stage.write()
    (effect,) = stage.conversation.member_left(PHONE)
    assert entry_of([effect]).receipts == (Receipt(message_id(1), {}, {}),)
    stage.conversation.check_invariants()


def test_our_device_that_was_interrupted_gets_what_it_missed() -> None:
    """As long as it is in the room, also across a reload of ours."""
    pending = outgoing(1)
    receipt = Receipt(message_id(1), {}, {ADAS_PHONE: Delivery.QUEUED})
    stage = with_phone(Snapshot((pending,), pending=(pending,), receipts=(receipt,), marks=(OWN_MARK,)))
    stage.lose_channel(PHONE)
    stage.conversation.channel_opened(PHONE)
    stage.receive(PHONE_HELLO, PHONE)
    assert frames_to(PHONE, [*stage.receive(Resume(0, 0), PHONE)]) == [
        MessagePart(1, message_id(1), NOW, 1, 1, "Hello")
    ]


def test_what_an_earlier_release_owed_to_our_own_name_waits_for_others() -> None:
    """There, a second tab of ours stood for somebody else."""
    pending = outgoing(1)
    receipts = (
        Receipt(message_id(1), {"ada": {ADAS_PHONE: Delivery.SENT}}),
        Receipt(message_id(2), {"ada": {ADAS_PHONE: Delivery.DELIVERED}}),
    )
    stage = Stage(Snapshot((pending,), pending=(pending,), receipts=receipts, marks=(OWN_MARK,)))
    stage.meet()
    assert stage.receive(Resume(0, 0)) == sent(1, 1)


def test_nobody_is_told_that_we_are_writing_to_ourselves() -> None:
    """Neither is our phone told, nor do we show what it tells."""
    stage = with_phone()
    assert stage.conversation.typed(NOW) == []
    effects = stage.receive(Typing(), PHONE)
    assert not [effect for effect in effects if isinstance(effect, TypingChanged)]


def test_account_that_is_waited_for_is_never_our_own() -> None:
    """What is written with nobody there is for who was there last."""
    assert with_phone().conversation.waited_for is None
    stage = with_phone()
    stage.meet()
    stage.meet("peer-ada-tablet", "ada", "tablet-of-ada-000000")
    assert stage.conversation.waited_for == "ben"
    marks = (Mark("ben", BENS_DEVICE, 1, 0, 0, 0), replace(OWN_MARK, heard=2))
    assert Stage(Snapshot(marks=marks)).conversation.waited_for == "ben"


def test_messages_for_two_people_and_a_phone_keep_their_count() -> None:
    """One is delivered when those have it who count."""
    stage = with_phone()
    stage.meet()
    stage.receive(Resume(0, 0))
    stage.write()
    assert stage.receive(Ack(1), BEN)[:1] == delivered(1)
    assert not [effect for effect in stage.receive(Ack(1), PHONE) if isinstance(effect, DeliveryChanged)]
    entry = stage.submit("Again")
    assert entry.receipts == (
        Receipt(message_id(2), {"ben": {BENS_DEVICE: Delivery.QUEUED}}, {ADAS_PHONE: Delivery.QUEUED}),
    )
    stage.conversation.stored([Kept(entry)])
