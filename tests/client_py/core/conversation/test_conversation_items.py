from __future__ import annotations

from client_py.core.conversation.conversation import SendFrame
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.features import OURS
from client_py.core.conversation.history_records import Kept
from client_py.core.conversation.item_limits import MAX_PENDING_ITEMS
from client_py.core.conversation.items import Item, Reaction, Text, Unknown, content_of
from client_py.core.conversation.notices import DeliveryChanged, ItemAdded, ItemRefused, UnreadChanged
from client_py.core.frames import MAX_ITEM_BYTES, Ack, Features, Hello, ItemPart, Resume
from tests.client_py.core.conversation.conversing import (
    BEN,
    BENS_DEVICE,
    NOW,
    Stage,
    delivered,
    entry_of,
    kept,
    mark,
    message_id,
    outgoing,
)

HELLO = Hello(2, BENS_DEVICE)
REACTION = Reaction("ben", "bens-0000000000000001", "👍")


def meet(stage: Stage, *features: str, hello: Hello = HELLO) -> None:
    """Let Ben come with a page of today that names features."""
    stage.conversation.channel_opened(BEN)
    stage.receive(hello)
    stage.receive(Features(features))
    stage.receive(Resume(0, 0))


def stage_with_ben() -> Stage:
    """Return a conversation with Ben in the room, who has no channel yet."""
    stage = Stage()
    stage.conversation.member_joined(BEN, "ben")
    return stage


def part(seq: int, kind: str, content: str) -> ItemPart:
    """Return an item of Ben's, in one part."""
    return ItemPart(seq, f"bens-{seq:016}", NOW, kind, 1, 1, content)


def react(stage: Stage, number: int) -> list[object]:
    """React to a message of Ben's, and store it; return what comes of that."""
    entry = entry_of(stage.conversation.submitted(message_id(number), REACTION, NOW))
    return [*stage.conversation.stored([Kept(entry)])]


def test_page_of_today_is_told_features() -> None:
    """After its hello and before our mark, so that it knows them when it begins to send."""
    stage = stage_with_ben()
    stage.conversation.channel_opened(BEN)
    assert stage.receive(HELLO) == [kept(mark()), SendFrame(BEN, Features(OURS.names)), SendFrame(BEN, Resume(0, 0))]


def test_later_version_is_told_as_much_as_this_one() -> None:
    """Of two versions the lower is spoken."""
    stage = stage_with_ben()
    stage.conversation.channel_opened(BEN)
    assert SendFrame(BEN, Features(OURS.names)) in stage.receive(Hello(3, BENS_DEVICE))


def test_text_goes_as_an_item_to_a_page_of_today() -> None:
    """It is one kind of body among others."""
    stage = stage_with_ben()
    meet(stage)
    frame = ItemPart(1, message_id(1), NOW, "text", 1, 1, "Hello")
    assert stage.write() == [
        SendFrame(BEN, frame),
        ItemAdded(outgoing(1)),
        DeliveryChanged(message_id(1), Delivery.SENT),
    ]
    assert stage.receive(Ack(1))[:1] == delivered(1)


def test_reaction_goes_to_a_page_that_names_it() -> None:
    """It is stored, sent, and acknowledged like a message."""
    stage = stage_with_ben()
    meet(stage, "reaction")
    item = Item(message_id(1), Direction.OUTGOING, "ada", REACTION, NOW, Delivery.QUEUED)
    frame = ItemPart(1, message_id(1), NOW, "reaction", 1, 1, content_of(REACTION)[1])
    assert react(stage, 1) == [SendFrame(BEN, frame), ItemAdded(item), DeliveryChanged(message_id(1), Delivery.SENT)]
    assert stage.receive(Ack(1))[:1] == delivered(1)


def test_reaction_waits_for_a_page_that_names_it() -> None:
    """Messages after it go on meanwhile; and nothing but text ever goes to a page of the release before."""
    for names in ((), ("something-else",)):
        stage = stage_with_ben()
        meet(stage, *names)
        assert not [effect for effect in react(stage, 1) if isinstance(effect, SendFrame)]
        stage._count = 1
        assert [effect.frame for effect in stage.write() if isinstance(effect, SendFrame)] == [
            ItemPart(1, message_id(2), NOW, "text", 1, 1, "Hello")
        ]
        stage.lose_channel()
        stage.conversation.channel_opened(BEN)
        stage.receive(HELLO)
        stage.receive(Features(("reaction",)))
        effects = stage.receive(Resume(1, 0))
        kinds = [effect.frame.kind for effect in effects if isinstance(effect, SendFrame)]  # type: ignore[union-attr]
        assert kinds == ["reaction"]


def test_reaction_that_comes_in_is_no_unread_item() -> None:
    """It is told to the view, which shows it where it belongs."""
    stage = stage_with_ben()
    meet(stage)
    entry = entry_of(stage.receive(part(1, *content_of(REACTION))))
    item = Item("ben:bens-0000000000000001", Direction.INCOMING, "ben", REACTION, NOW)
    assert entry.item == item
    assert stage.conversation.stored([Kept(entry)]) == [SendFrame(BEN, Ack(1)), ItemAdded(item)]


def test_item_of_an_unknown_kind_is_kept_and_acknowledged() -> None:
    """One sees that there is something, and a newer page can show it."""
    stage = stage_with_ben()
    meet(stage)
    entry = entry_of(stage.receive(part(1, "unheard-of", '{"x":1}')))
    item = Item("ben:bens-0000000000000001", Direction.INCOMING, "ben", Unknown("unheard-of", '{"x":1}'), NOW)
    assert stage.conversation.stored([Kept(entry)]) == [SendFrame(BEN, Ack(1)), ItemAdded(item), UnreadChanged(1)]


def test_item_that_is_too_long_is_given_back() -> None:
    """Whatever kind it is of."""
    body = Unknown("unheard-of", "a" * (MAX_ITEM_BYTES + 1))
    (refusal,) = Stage().conversation.submitted(message_id(1), body, NOW)
    assert isinstance(refusal, ItemRefused)
    assert refusal.body == body


def test_items_that_wait_are_bounded_whatever_they_are() -> None:
    """Reactions count like messages."""
    stage = Stage()
    for number in range(MAX_PENDING_ITEMS):
        entry_of(stage.conversation.submitted(f"ours-{number:016}", REACTION, NOW))
    (refusal,) = stage.conversation.text_submitted("ours-one-more-00", "Hello", NOW)
    assert isinstance(refusal, ItemRefused)
    assert refusal.body == Text("Hello")
