from __future__ import annotations

import pytest

from client_py.core.conversation.inbox import MAX_UNSTORED, Inbox, Incoming, WindowExceeded
from client_py.core.frames import MAX_ITEM_BYTES, WINDOW_BYTES, ItemPart
from protocol.errors import MalformedMessage, UnexpectedMessage


def part(seq: int, number: int = 1, parts: int = 1, text: str = "text", name: str = "") -> ItemPart:
    """Return a frame of the message of this number."""
    return ItemPart(seq, name or f"message-{seq:012}", float(seq), "text", number, parts, text)


def test_inbox_takes_messages_in_order() -> None:
    """Each message that is next comes through, once."""
    inbox = Inbox()
    assert inbox.receive(part(1)) == Incoming(1, "message-000000000001", "text", "text", 1.0)
    assert inbox.receive(part(1)) is None
    assert inbox.receive(part(2)) == Incoming(2, "message-000000000002", "text", "text", 2.0)
    assert inbox.received == 2


def test_inbox_goes_on_where_it_was() -> None:
    """What was kept of it is enough to know what is next."""
    inbox = Inbox(7, 5)
    assert (inbox.received, inbox.stored, inbox.read) == (7, 7, 5)
    assert inbox.receive(part(7)) is None
    assert inbox.receive(part(8)) == Incoming(8, "message-000000000008", "text", "text", 8.0)


def test_inbox_joins_parts() -> None:
    """A long message comes through when it is whole, and not before."""
    inbox = Inbox()
    assert inbox.receive(part(1, 1, 3, "a")) is None
    assert inbox.receive(part(1, 2, 3, "b")) is None
    assert inbox.received == 0
    assert inbox.receive(part(1, 3, 3, "c")) == Incoming(1, "message-000000000001", "text", "abc", 1.0)


def test_inbox_forgets_half_a_message_with_its_channel() -> None:
    """After a loss, the message comes again from its beginning."""
    inbox = Inbox()
    inbox.receive(part(1, 1, 2, "lost"))
    inbox.channel_lost()
    assert inbox.receive(part(1, 1, 2, "a")) is None
    assert inbox.receive(part(1, 2, 2, "b")) == Incoming(1, "message-000000000001", "text", "ab", 1.0)


@pytest.mark.parametrize("frame", [part(2), part(1, 2, 2), part(3, 1, 2)])
def test_inbox_refuses_gaps(frame: ItemPart) -> None:
    """An ordered channel loses nothing, so who leaves something out breaks the rules."""
    with pytest.raises(UnexpectedMessage):
        Inbox().receive(frame)


@pytest.mark.parametrize("second", [part(1, 2, 3), part(1, 2, 2, name="another-00000000000")])
def test_inbox_refuses_parts_of_different_messages(second: ItemPart) -> None:
    """Parts that do not fit each other are no message."""
    inbox = Inbox()
    inbox.receive(part(1, 1, 2))
    with pytest.raises(MalformedMessage):
        inbox.receive(second)
    assert inbox.received == 0


def test_inbox_refuses_what_is_too_long() -> None:
    """The parts of a message together are bounded too."""
    inbox = Inbox()
    half = "a" * (MAX_ITEM_BYTES // 2)
    inbox.receive(part(1, 1, 2, half))
    assert inbox.receive(part(1, 2, 2, half)) is not None
    inbox.receive(part(2, 1, 2, half))
    with pytest.raises(MalformedMessage):
        inbox.receive(part(2, 2, 2, half + "a"))


def test_inbox_refuses_parts_of_a_message_as_soon_as_they_are_too_much() -> None:
    """It does not wait for the last of a hundred parts to say that there were too many."""
    inbox = Inbox()
    inbox.receive(part(1, 1, 100, "a" * MAX_ITEM_BYTES))
    with pytest.raises(MalformedMessage):
        inbox.receive(part(1, 2, 100, "a"))
    inbox.channel_lost()
    assert inbox.receive(part(1, 1, 2, "a" * MAX_ITEM_BYTES)) is None


def test_inbox_takes_a_whole_message_beyond_the_window() -> None:
    """As long as the window is open, a message of any length may be sent."""
    inbox = Inbox()
    half = "a" * (WINDOW_BYTES // 2)
    inbox.receive(part(1, text=half))
    inbox.receive(part(2, text=half[1:]))
    assert inbox.receive(part(3, 1, 2, half[1:])) is None
    assert inbox.receive(part(3, 2, 2, "a")) is not None
    inbox.check_invariants()


def test_inbox_goes_on_when_messages_are_stored() -> None:
    """Each that is safe makes room for others."""
    inbox = Inbox()
    half = "a" * (WINDOW_BYTES // 2)
    for seq in (1, 2):
        inbox.receive(part(seq, text=half))
    with pytest.raises(WindowExceeded):
        inbox.receive(part(3))
    inbox.mark_stored(1)
    assert inbox.stored == 1
    assert inbox.receive(part(3)) is not None
    inbox.check_invariants()


def test_inbox_bounds_short_messages() -> None:
    """Each takes room however short it is."""
    inbox = Inbox()
    for seq in range(1, MAX_UNSTORED + 1):
        inbox.receive(part(seq))
    with pytest.raises(WindowExceeded):
        inbox.receive(part(MAX_UNSTORED + 1))
    inbox.mark_stored(MAX_UNSTORED)
    assert inbox.receive(part(MAX_UNSTORED + 1)) is not None
