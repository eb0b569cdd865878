from __future__ import annotations

import pytest

from client_py.core.conversation import (
    MAX_PENDING_BYTES,
    MAX_PENDING_MESSAGES,
    TYPING_SENT_EVERY_SECONDS,
    TYPING_SHOWN_SECONDS,
    Conversation,
    ConversationEffect,
    SendFrame,
    StartTypingTimer,
    Store,
    StoredIncoming,
    StoredOutgoing,
)
from client_py.core.frames import MAX_MESSAGE_BYTES, Ack, Frame, Hello, MessagePart, Read, Resume, Typing
from client_py.core.models import Delivery, Direction, Message
from client_py.core.notices import DeliveryChanged, MessageAdded, MessageRefused, TypingChanged, UnreadChanged
from protocol.errors import UnexpectedMessage

NOW = 1_000.0
BEN, CLEO = "peer-ben", "peer-cleo"
BENS_DEVICE, HELLO = "device-of-ben-000000", Hello(1, "device-of-ben-000000")


def message_id(number: int) -> str:
    """Give the id of a message of ours."""
    return f"ours-{number:016}"


def part(seq: int, name: str = "", text: str = "Hi") -> MessagePart:
    """Give a message of Ben's, in one part."""
    return MessagePart(seq, name or f"bens-{seq:016}", NOW, 1, 1, text)


class Stage:
    """A conversation whose store is as slow as the test wants."""

    def __init__(self) -> None:
        self.conversation = Conversation(device="device-of-ada-000000", username="ada")
        self._count = 0

    def write(self, text: str = "Hello") -> list[ConversationEffect]:
        """Write a message and store it; gives what comes of that."""
        self._count += 1
        return self.store(self.conversation.message_submitted(message_id(self._count), text, NOW))

    def store(self, effects: list[ConversationEffect]) -> list[ConversationEffect]:
        """Carry out the only effect, which stores something."""
        (effect,) = effects
        assert isinstance(effect, Store)
        return self.conversation.stored(effect.entry)

    def receive(self, frame: Frame, peer_id: str = BEN) -> list[ConversationEffect]:
        """Let a frame come in."""
        effects = self.conversation.frame_received(peer_id, frame)
        self.conversation.check_invariants()
        return effects

    def meet(self, peer_id: str = BEN, username: str = "ben", device: str = BENS_DEVICE) -> None:
        """Let someone come in and open a channel, up to their hello."""
        self.conversation.member_joined(peer_id, username)
        self.conversation.channel_opened(peer_id)
        self.receive(Hello(1, device), peer_id)

    def lose_channel(self, peer_id: str = BEN) -> list[ConversationEffect]:
        """Let a channel go."""
        effects = self.conversation.channel_closed(peer_id)
        self.conversation.check_invariants()
        return effects

    def reopen(self, resume: Resume, peer_id: str = BEN) -> list[ConversationEffect]:
        """Open a new channel to Ben; gives what comes of his mark."""
        self.conversation.channel_opened(peer_id)
        self.receive(HELLO, peer_id)
        return self.receive(resume, peer_id)


def together() -> Stage:
    """Give a conversation in step with Ben."""
    stage = Stage()
    stage.meet()
    assert stage.receive(Resume(0, 0)) == []
    return stage


def outgoing(number: int, text: str = "Hello") -> Message:
    """Give a message of ours as it is stored."""
    return Message(message_id(number), Direction.OUTGOING, "ada", text, NOW, Delivery.QUEUED)


def sent(number: int, seq: int, text: str = "Hello", peer_id: str = BEN) -> list[ConversationEffect]:
    """Give the effects of sending a message."""
    frame = MessagePart(seq, message_id(number), NOW, 1, 1, text)
    return [SendFrame(peer_id, frame), DeliveryChanged(message_id(number), Delivery.SENT)]


def test_conversation_begins_with_a_hello_and_a_mark() -> None:
    """Each side says which device it is, and then what it has of the other one."""
    conversation = Conversation(device="device-of-ada-000000", username="ada")
    assert conversation.member_joined(BEN, "ben") == []
    assert conversation.channel_opened(BEN) == [SendFrame(BEN, Hello(1, "device-of-ada-000000"))]
    assert conversation.frame_received(BEN, HELLO) == [SendFrame(BEN, Resume(0, 0))]


def test_message_is_stored_before_it_is_shown_and_sent() -> None:
    """Nothing leaves that is not safe here."""
    stage = together()
    effects = stage.conversation.message_submitted(message_id(1), "Hello", NOW)
    assert effects == [Store(StoredOutgoing(outgoing(1)))]
    assert stage.store(effects) == [MessageAdded(outgoing(1)), *sent(1, 1)]


def test_message_is_delivered_when_it_is_acknowledged_and_read_when_it_was_seen() -> None:
    """Delivered is what the other side says, never our own success."""
    stage = together()
    stage.write()
    stage.write("Again")
    assert stage.receive(Ack(2)) == [
        DeliveryChanged(message_id(1), Delivery.DELIVERED),
        DeliveryChanged(message_id(2), Delivery.DELIVERED),
    ]
    assert stage.receive(Ack(2)) == []
    assert stage.receive(Read(1)) == [DeliveryChanged(message_id(1), Delivery.READ)]


def test_message_waits_for_whoever_comes() -> None:
    """What is written alone is queued, and sent to the first who comes, in the order of writing."""
    stage = Stage()
    assert stage.write() == [MessageAdded(outgoing(1))]
    stage.write("Again")
    stage.meet()
    assert stage.receive(Resume(0, 0)) == [*sent(1, 1), *sent(2, 2, "Again")]


def test_message_waits_for_the_hello_of_who_is_there() -> None:
    """Someone in the room without a channel is owed it all the same."""
    stage = Stage()
    stage.conversation.member_joined(BEN, "ben")
    assert stage.write() == [MessageAdded(outgoing(1))]
    stage.conversation.channel_opened(BEN)
    stage.receive(HELLO)
    assert stage.receive(Resume(0, 0)) == sent(1, 1)


def test_message_waits_for_the_account_that_was_last_there() -> None:
    """What is written after Ben left is for Ben, and not for Cleo."""
    stage = together()
    stage.lose_channel()
    stage.conversation.member_left(BEN)
    stage.write()
    stage.meet(CLEO, "cleo", "device-of-cleo-00000")
    assert stage.receive(Resume(0, 0), CLEO) == []
    stage.meet()
    assert stage.receive(Resume(0, 0)) == sent(1, 1)


def test_message_goes_to_the_next_device_of_an_account() -> None:
    """What a tab that is gone has not acknowledged reaches the tab that comes after it."""
    stage = together()
    stage.write()
    assert stage.lose_channel() == [DeliveryChanged(message_id(1), Delivery.QUEUED)]
    stage.conversation.member_left(BEN)
    stage.meet("peer-ben-2", "ben", "device-of-ben-000002")
    assert stage.receive(Resume(0, 0), "peer-ben-2") == sent(1, 1, peer_id="peer-ben-2")


def test_message_is_sent_again_behind_the_mark() -> None:
    """After a lost channel, what has arrived is delivered, and the rest is sent again under its number."""
    stage = together()
    for _ in range(3):
        stage.write()
    stage.lose_channel()
    assert stage.reopen(Resume(2, 1)) == [
        DeliveryChanged(message_id(1), Delivery.DELIVERED),
        DeliveryChanged(message_id(2), Delivery.DELIVERED),
        DeliveryChanged(message_id(1), Delivery.READ),
        *sent(3, 3),
    ]


def test_message_for_two_is_delivered_when_both_have_it() -> None:
    """In a room with more places, delivered means everyone who was there."""
    stage = together()
    stage.meet(CLEO, "cleo", "device-of-cleo-00000")
    stage.receive(Resume(0, 0), CLEO)
    stage.write()
    assert stage.receive(Ack(1)) == []
    assert stage.receive(Ack(1), CLEO) == [DeliveryChanged(message_id(1), Delivery.DELIVERED)]


def test_messages_that_the_window_kept_back_follow_the_acknowledgement() -> None:
    """What is on its way is bounded; what has arrived makes room."""
    stage = together()
    text = "a" * MAX_MESSAGE_BYTES
    for _ in range(2):
        stage.write(text)
    assert stage.write() == [MessageAdded(outgoing(3))]
    assert stage.receive(Ack(1)) == [DeliveryChanged(message_id(1), Delivery.DELIVERED), *sent(3, 3)]


def test_message_that_comes_in_is_stored_before_it_is_acknowledged() -> None:
    """An acknowledgement is a promise, so it comes after the store."""
    stage = together()
    effects = stage.receive(part(1))
    message = Message(part(1).id, Direction.INCOMING, "ben", "Hi", NOW)
    assert effects == [Store(StoredIncoming("ben", BENS_DEVICE, 1, message))]
    assert stage.store(effects) == [SendFrame(BEN, Ack(1)), MessageAdded(message), UnreadChanged(1)]


def test_message_that_comes_twice_is_acknowledged_and_not_shown() -> None:
    """A duplicate tells that an acknowledgement was lost."""
    stage = together()
    stage.store(stage.receive(part(1)))
    assert stage.receive(part(1)) == [SendFrame(BEN, Ack(1))]


def test_message_that_comes_by_another_device_is_not_shown_again() -> None:
    """A message has one name for ever, whatever number it comes under."""
    stage = together()
    stage.store(stage.receive(part(1)))
    effects = stage.receive(part(2, name=part(1).id))
    assert effects == [Store(StoredIncoming("ben", BENS_DEVICE, 2, None))]
    assert stage.store(effects) == [SendFrame(BEN, Ack(2))]


def test_message_in_parts_comes_when_it_is_whole() -> None:
    """Parts are not shown."""
    stage = together()
    name = part(1).id
    assert stage.receive(MessagePart(1, name, NOW, 1, 2, "a")) == []
    assert isinstance(stage.receive(MessagePart(1, name, NOW, 2, 2, "b"))[0], Store)


def test_mark_waits_for_the_store() -> None:
    """On a new channel, nothing is said of what is here and not safe yet; then the mark takes the ack's place."""
    stage = together()
    (storing,) = stage.receive(part(1))
    assert isinstance(storing, Store)
    stage.lose_channel()
    stage.conversation.channel_opened(BEN)
    assert stage.receive(HELLO) == []
    stage.conversation.reading_changed(reading=True)
    effects = stage.conversation.stored(storing.entry)
    assert effects[0] == SendFrame(BEN, Resume(1, 0))
    assert effects[-1] == SendFrame(BEN, Read(1))


def test_reading_is_not_told_before_the_mark() -> None:
    """What is told of a new channel's messages, the mark tells first."""
    stage = together()
    stage.store(stage.receive(part(1)))
    (storing,) = stage.receive(part(2))
    assert isinstance(storing, Store)
    stage.lose_channel()
    stage.conversation.channel_opened(BEN)
    stage.receive(HELLO)
    assert stage.conversation.reading_changed(reading=True) == [UnreadChanged(0)]
    assert stage.conversation.stored(storing.entry)[0] == SendFrame(BEN, Resume(2, 1))


def test_message_stored_without_a_channel_is_told_by_the_next_mark() -> None:
    """What was read while the channel was away is told when it is back."""
    stage = together()
    stage.store(stage.receive(part(1)))
    stage.lose_channel()
    assert stage.conversation.reading_changed(reading=True) == [UnreadChanged(0)]
    stage.conversation.channel_opened(BEN)
    assert stage.receive(HELLO) == [SendFrame(BEN, Resume(1, 1))]


def test_reading_tells_the_other_side() -> None:
    """What comes before the person's eyes is told once, at once or when they look."""
    stage = together()
    stage.store(stage.receive(part(1)))
    assert stage.conversation.reading_changed(reading=True) == [SendFrame(BEN, Read(1)), UnreadChanged(0)]
    effects = stage.store(stage.receive(part(2)))
    assert effects[-1] == SendFrame(BEN, Read(2))
    assert stage.conversation.reading_changed(reading=True) == []
    assert stage.conversation.reading_changed(reading=False) == []
    assert stage.store(stage.receive(part(3)))[-1] == UnreadChanged(1)


def test_typing_is_told_now_and_then() -> None:
    """A key press is told, and the next ones only after some seconds, or after a message."""
    stage = together()
    typing = [SendFrame(BEN, Typing())]
    assert stage.conversation.typed(NOW) == typing
    assert stage.conversation.typed(NOW + TYPING_SENT_EVERY_SECONDS - 0.1) == []
    assert stage.conversation.typed(NOW + TYPING_SENT_EVERY_SECONDS) == typing
    stage.write()
    assert stage.conversation.typed(NOW + TYPING_SENT_EVERY_SECONDS) == typing
    assert Stage().conversation.typed(NOW) == []


def test_typing_is_shown_until_it_ends() -> None:
    """A message, some seconds, or the loss of the channel end it."""
    stage = together()
    shown: list[ConversationEffect] = [TypingChanged(("ben",)), StartTypingTimer(BEN, TYPING_SHOWN_SECONDS)]
    assert stage.receive(Typing()) == shown
    assert stage.receive(Typing()) == shown[1:]
    assert stage.conversation.typing_timer_fired(BEN) == [TypingChanged(())]
    assert stage.conversation.typing_timer_fired(BEN) == []
    stage.receive(Typing())
    assert TypingChanged(()) in stage.store(stage.receive(part(1)))
    stage.receive(Typing())
    assert stage.lose_channel() == [TypingChanged(())]
    assert stage.conversation.typing_timer_fired(BEN) == []


def test_text_arrives_as_text() -> None:
    """A lone surrogate is no character, and becomes the sign for one; nothing else is touched."""
    stage = Stage()
    effects = stage.conversation.message_submitted(message_id(1), "a\ud800b\0\r\n \U0001f345", NOW)
    assert effects == [Store(StoredOutgoing(outgoing(1, "a\ufffdb\0\r\n \U0001f345")))]


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_text_of_nothing_is_not_sent(text: str) -> None:
    """White space alone says nothing."""
    assert Stage().conversation.message_submitted(message_id(1), text, NOW) == []


def test_text_that_is_too_long_is_given_back() -> None:
    """The person keeps what they wrote, and hears why it did not go."""
    conversation = Stage().conversation
    longest = "é" * (MAX_MESSAGE_BYTES // 2)
    assert isinstance(conversation.message_submitted(message_id(1), longest, NOW)[0], Store)
    (refusal,) = conversation.message_submitted(message_id(2), longest + "a", NOW)
    assert isinstance(refusal, MessageRefused)
    assert refusal.text == longest + "a"
    assert "256 KiB" in refusal.sentence


@pytest.mark.parametrize(
    ("text", "count"),
    [("Hello", MAX_PENDING_MESSAGES), ("a" * MAX_MESSAGE_BYTES, MAX_PENDING_BYTES // MAX_MESSAGE_BYTES)],
)
def test_messages_that_wait_are_bounded(text: str, count: int) -> None:
    """Too many, or too much, is refused until some has arrived."""
    stage = Stage()
    for _ in range(count):
        stage.write(text)
    (refusal,) = stage.conversation.message_submitted(message_id(count + 1), text, NOW)
    assert isinstance(refusal, MessageRefused)
    assert "waiting" in refusal.sentence
    stage.meet()
    stage.receive(Resume(0, 0))
    stage.receive(Ack(1))
    assert isinstance(stage.conversation.message_submitted(message_id(count + 1), text, NOW)[0], Store)


@pytest.mark.parametrize("frame", [Resume(0, 0), part(1), Ack(0), Read(0), Typing()])
def test_channel_that_does_not_begin_with_a_hello_is_faulty(frame: Frame) -> None:
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
def test_channel_that_breaks_the_rules_is_faulty(frame: Frame, words: str) -> None:
    """What cannot be is not taken, and the channel is no longer trusted."""
    with pytest.raises(UnexpectedMessage, match=words):
        together().receive(frame)


def test_channel_to_oneself_is_faulty() -> None:
    """A hello that names this device can only be an echo."""
    stage = Stage()
    stage.conversation.member_joined(BEN, "ada")
    stage.conversation.channel_opened(BEN)
    with pytest.raises(UnexpectedMessage, match="this device"):
        stage.receive(Hello(1, "device-of-ada-000000"))


def test_channel_is_faulty_whose_messages_do_not_wait_for_the_mark() -> None:
    """Before our mark, the other side cannot know where to go on."""
    stage = together()
    stage.receive(part(1))
    stage.lose_channel()
    stage.conversation.channel_opened(BEN)
    stage.receive(HELLO)
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
    assert stage.conversation.frame_received("peer-ben-2", HELLO) == [
        DeliveryChanged(message_id(1), Delivery.QUEUED),
        SendFrame("peer-ben-2", Resume(0, 0)),
    ]
    assert stage.conversation.frame_received(BEN, Ack(1)) == []
    assert stage.conversation.channel_closed(BEN) == []
