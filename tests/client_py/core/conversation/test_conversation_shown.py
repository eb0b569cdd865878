from __future__ import annotations

from client_py.core.conversation.conversation import ConversationEffect, SendFrame
from client_py.core.conversation.notices import ItemAdded, TypingChanged, UnreadChanged
from client_py.core.conversation.typing_indicator import (
    TYPING_AFTER_MESSAGE_SECONDS,
    TYPING_SENT_EVERY_SECONDS,
    TYPING_SHOWN_SECONDS,
    StartTypingTimer,
)
from client_py.core.frames import Read, Resume, Typing
from tests.client_py.core.conversation.conversing import BEN, NOW, Stage, incoming, kept, mark, part, together


def test_reading_tells_the_other_side() -> None:
    """What comes before the person's eyes is kept and told once, at once or when they look."""
    stage = together()
    stage.store(stage.receive(part(1)))
    assert stage.conversation.reading_changed(reading=True) == [
        kept(mark(received=1, read=1)),
        SendFrame(BEN, Read(1)),
        UnreadChanged(0),
    ]
    effects = stage.store(stage.receive(part(2)))
    assert effects[1:] == [ItemAdded(incoming(2)), kept(mark(received=2, read=2)), SendFrame(BEN, Read(2))]
    assert stage.conversation.reading_changed(reading=True) == []
    assert stage.conversation.reading_changed(reading=False) == []
    assert stage.store(stage.receive(part(3)))[-1] == UnreadChanged(1)


def test_reading_is_not_told_before_the_mark() -> None:
    """What is told of a new channel's messages, the mark tells first."""
    stage = together()
    stage.store(stage.receive(part(1)))
    storing = stage.receive(part(2))
    stage.lose_channel()
    stage.reopen()
    assert stage.conversation.reading_changed(reading=True) == [
        kept(mark(heard=2, received=2, read=1)),
        UnreadChanged(0),
    ]
    assert stage.store(storing)[0] == SendFrame(BEN, Resume(2, 1))


def test_reading_without_a_channel_is_told_by_the_next_mark() -> None:
    """What was read while the channel was away is told when it is back."""
    stage = together()
    stage.store(stage.receive(part(1)))
    stage.lose_channel()
    assert stage.conversation.reading_changed(reading=True) == [kept(mark(received=1, read=1)), UnreadChanged(0)]
    assert stage.reopen()[-1] == SendFrame(BEN, Resume(1, 1))


def test_reading_counts_a_message_that_is_here_already_as_read() -> None:
    """Nothing is shown of it, but the device that sent it once more learns that it was seen."""
    stage = together()
    stage.conversation.reading_changed(reading=True)
    assert stage.store(stage.receive(part(1)), new=False)[-1] == SendFrame(BEN, Read(1))


def test_message_that_is_here_already_is_not_counted_as_unread() -> None:
    """The person has seen it, or it is counted."""
    stage = together()
    stage.store(stage.receive(part(1)))
    stage.store(stage.receive(part(2)), new=False)
    assert stage.store(stage.receive(part(3)))[-1] == UnreadChanged(2)


def test_typing_is_told_now_and_then() -> None:
    """A key press is told, and the next ones only after some seconds, or after a message."""
    stage = together()
    typing = [SendFrame(BEN, Typing())]
    assert stage.conversation.typed(NOW) == typing
    assert stage.conversation.typed(NOW + TYPING_SENT_EVERY_SECONDS - 0.1) == []
    assert stage.conversation.typed(NOW + TYPING_SENT_EVERY_SECONDS) == typing
    assert stage.conversation.typed(NOW - 86_400) == typing  # the clock was set back
    assert Stage().conversation.typed(NOW) == []


def test_typing_is_not_told_between_messages_that_follow_each_other_closely() -> None:
    """A message takes away what was shown before it, so the next key tells again, but not within the same moment."""
    stage = together()
    stage.conversation.typed(NOW)
    stage.write()
    soon = NOW + TYPING_AFTER_MESSAGE_SECONDS
    assert stage.conversation.typed(soon - 0.1) == []
    assert stage.conversation.typed(soon) == [SendFrame(BEN, Typing())]


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
