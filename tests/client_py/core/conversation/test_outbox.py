from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from client_py.core.conversation.features import Abilities
from client_py.core.conversation.inbox import Inbox
from client_py.core.conversation.outbox import MAX_UNREAD, Outbox, Outgoing
from client_py.core.frames import WINDOW_BYTES, WINDOW_MESSAGES, ItemPart, MessagePart

ALL_KEPT = 10**9


TEXT_ALONE, EVERYTHING = Abilities(), Abilities(2, frozenset({"reaction"}))


def outgoing(position: int, size: int = 4, kind: str = "text") -> Outgoing:
    """Return a message of a number of bytes."""
    return Outgoing(f"message-{position:012}", kind, "a" * size, float(position), position, size)


def name(position: int) -> str:
    """Return the id of the message at a place."""
    return f"message-{position:012}"


def filled(count: int, size: int = 4) -> Outbox:
    """Return an outbox with some messages, none of them sent."""
    outbox = Outbox()
    for position in range(1, count + 1):
        outbox.add(outgoing(position, size))
    return outbox


def sent(outbox: Outbox, kept: int = ALL_KEPT) -> list[int]:
    """Send what may be sent; gives the numbers."""
    numbers = [frames[0].seq for _, frames in outbox.send_more(kept)]
    outbox.check_invariants()
    return numbers


def has_sent(outbox: Outbox) -> bool:
    """Tell whether something is on its way, which for mypy would else be what the last assertion said."""
    return outbox.has_sent


def test_outbox_numbers_from_one() -> None:
    """Messages are sent in order, each with the number after the one before it."""
    assert sent(filled(3)) == [1, 2, 3]


def test_outbox_cuts_long_messages() -> None:
    """A long message goes in parts, under one number."""
    (_, frames), *_ = filled(1, 40_000).send_more(ALL_KEPT)
    assert [(frame.seq, frame.part, frame.parts) for frame in frames] == [(1, 1, 3), (1, 2, 3), (1, 3, 3)]


def test_outbox_keeps_until_acknowledged() -> None:
    """A message is let go of when the other side has it, and its id is given once."""
    outbox = filled(3)
    sent(outbox)
    assert outbox.acknowledge(2) == [name(1), name(2)]
    assert outbox.acknowledge(2) == []
    assert outbox.acknowledge(1) == []
    assert [message.id for message in outbox.pending] == [name(3)]


def test_outbox_sees_through_an_ack_of_nothing() -> None:
    """A peer that acknowledges what was never sent is not believed."""
    outbox = filled(2)
    assert outbox.acknowledge(1) is None
    sent(outbox)
    assert outbox.acknowledge(3) is None


def test_outbox_sends_again_after_the_mark() -> None:
    """On a new channel, what the other side does not have is sent again under the same numbers."""
    outbox = filled(4)
    sent(outbox)
    assert outbox.channel_lost() == [name(position) for position in range(1, 5)]
    assert outbox.resume(2) == [name(1), name(2)]
    assert sent(outbox) == [3, 4]


def test_outbox_follows_a_mark_that_it_did_not_expect() -> None:
    """Where one side has lost its memory, the numbers go on after the mark of the other."""
    fresh = filled(2)
    assert fresh.resume(7) == []
    assert sent(fresh) == [8, 9]
    outbox = filled(3)
    sent(outbox)
    outbox.acknowledge(2)
    assert outbox.resume(0) == []
    assert sent(outbox) == [1]
    assert outbox.mark_read(2) == []


def test_outbox_keeps_the_window() -> None:
    """A window's worth is on its way, and no more until some of it has arrived; one message always may go."""
    outbox = filled(6, WINDOW_BYTES // 2)
    assert sent(outbox) == [1, 2]
    assert sent(outbox) == []
    outbox.acknowledge(1)
    assert sent(outbox) == [3]
    assert sent(filled(2, WINDOW_BYTES * 2)) == [1]


def test_outbox_bounds_messages_on_their_way() -> None:
    """However short they are; each that is acknowledged lets another one go."""
    outbox = filled(WINDOW_MESSAGES + 2, 1)
    assert sent(outbox) == list(range(1, WINDOW_MESSAGES + 1))
    outbox.acknowledge(1)
    assert sent(outbox) == [WINDOW_MESSAGES + 1]


def test_outbox_holds_back_what_is_not_kept_yet() -> None:
    """What is still being stored here waits, and what comes after it waits too."""
    outbox = filled(3)
    assert sent(outbox, kept=0) == []
    assert not has_sent(outbox)
    assert sent(outbox, kept=2) == [1, 2]
    assert has_sent(outbox)
    assert sent(outbox, kept=3) == [3]


def test_outbox_has_something_on_its_way_until_it_is_acknowledged() -> None:
    """An acknowledgement, or the loss of the channel, ends the waiting."""
    outbox = filled(2)
    sent(outbox)
    outbox.acknowledge(1)
    assert has_sent(outbox)
    outbox.acknowledge(2)
    assert not has_sent(outbox)
    outbox.add(outgoing(3))
    sent(outbox)
    outbox.channel_lost()
    assert not has_sent(outbox)


def test_outbox_goes_on_where_it_was() -> None:
    """What was kept of it is enough to number on, and to know what was read."""
    outbox = Outbox(7, [name(2), name(3)])
    outbox.check_invariants()
    assert outbox.acknowledged == 7
    assert outbox.mark_read(5) == []
    assert outbox.mark_read(6) == [name(2)]
    outbox.add(outgoing(4))
    outbox.resume(7)
    assert sent(outbox) == [8]
    assert outbox.mark_read(7) == [name(3)]


def test_outbox_does_not_claim_as_read_what_has_no_number() -> None:
    """Where more was kept as unread than the other side counts, that is of a count that is gone."""
    outbox = Outbox(1, [name(1), name(2)])
    outbox.check_invariants()
    assert outbox.mark_read(1) == [name(2)]


def test_outbox_sends_again_what_may_have_arrived_before_a_reload() -> None:
    """A mark ahead of what was kept acknowledges nothing by name, and does not unlearn what was not read yet."""
    outbox = Outbox(1, [name(1)])
    outbox.add(outgoing(2))
    assert outbox.resume(2) == []
    assert sent(outbox) == [3]
    assert outbox.mark_read(2) == [name(1)]


def test_outbox_follows_the_reading_of_the_last_ones() -> None:
    """Of what arrived long ago, it is not learned any more whether it was read."""
    outbox = filled(MAX_UNREAD + 1)
    while last := sent(outbox):
        outbox.acknowledge(last[-1])
    assert outbox.mark_read(1) == []
    assert len(outbox.mark_read(MAX_UNREAD + 1)) == MAX_UNREAD


def test_outbox_tells_what_was_read_once() -> None:
    """Only what has arrived can have been read."""
    outbox = filled(3)
    sent(outbox)
    outbox.acknowledge(2)
    assert outbox.mark_read(1) == [name(1)]
    assert outbox.mark_read(3) == [name(2)]
    assert outbox.mark_read(3) == []


def test_outbox_gives_up() -> None:
    """What is given up is not sent any more, and what comes after it is numbered by the mark."""
    outbox = filled(2)
    sent(outbox)
    assert outbox.give_up() == [name(1), name(2)]
    assert outbox.pending == ()
    outbox.check_invariants()
    outbox.add(outgoing(3))
    assert outbox.resume(1) == []
    assert sent(outbox) == [2]


def test_outbox_sends_a_text_as_the_device_takes_it() -> None:
    """A page of the release before knows messages; one of today, items."""
    outbox = filled(1)
    ((_, frames),) = outbox.send_more(ALL_KEPT)
    assert frames == [MessagePart(1, name(1), 1.0, 1, 1, "aaaa")]
    outbox.resume(0, EVERYTHING)
    ((_, frames),) = outbox.send_more(ALL_KEPT)
    assert frames == [ItemPart(1, name(1), 1.0, "text", 1, 1, "aaaa")]


def test_outbox_holds_back_what_the_device_cannot_take() -> None:
    """What comes after it goes on; it goes itself when the device comes back with a page that can."""
    outbox = Outbox()
    outbox.resume(0, TEXT_ALONE)
    for position, kind in enumerate(("text", "reaction", "text"), start=1):
        outbox.add(outgoing(position, kind=kind))
    assert [item.id for item, _ in outbox.send_more(ALL_KEPT)] == [name(1), name(3)]
    assert [item.id for item in outbox.pending] == [name(1), name(2), name(3)]
    assert outbox.resume(1, EVERYTHING) == [name(1)]
    assert [item.id for item, _ in outbox.send_more(ALL_KEPT)] == [name(2), name(3)]


def test_outbox_holds_back_again_where_a_device_comes_back_with_less() -> None:
    """Someone may go back to an older release."""
    outbox = Outbox()
    outbox.resume(0, EVERYTHING)
    outbox.add(outgoing(1, kind="reaction"))
    outbox.add(outgoing(2))
    assert sent(outbox) == [1, 2]
    assert outbox.resume(0, TEXT_ALONE) == []
    assert [item.id for item, _ in outbox.send_more(ALL_KEPT)] == [name(2)]
    assert outbox.give_up() == [name(1), name(2)]
    assert outbox.pending == ()


class OutboxAndInbox(RuleBasedStateMachine):
    """An outbox and the inbox at the other end, whose channel may break at any moment, and take something else then."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox, self.inbox = Outbox(), Inbox()
        self.abilities = EVERYTHING
        self.outbox.resume(0, self.abilities)
        self.texts: list[str] = []
        self.reactions: set[str] = set()
        self.arrived: list[str] = []
        self.acknowledged: list[str] = []
        self.wire: list[ItemPart] = []
        self.acks: list[int] = []

    def send(self) -> None:
        """Send what may be sent."""
        frames = [frame for _, frames in self.outbox.send_more(ALL_KEPT) for frame in frames]
        assert all(isinstance(frame, ItemPart) == self.abilities.has_items for frame in frames)
        self.wire += [frame.as_item() if isinstance(frame, MessagePart) else frame for frame in frames]

    @rule()
    def write(self) -> None:
        """Write a message, every third of them a long one."""
        position = len(self.texts) + len(self.reactions) + 1
        self.outbox.add(outgoing(position, 40_000 if position % 3 == 0 else 4))
        self.texts.append(name(position))
        self.send()

    @rule()
    def react(self) -> None:
        """Say something that not every page takes."""
        position = len(self.texts) + len(self.reactions) + 1
        self.outbox.add(outgoing(position, kind="reaction"))
        self.reactions.add(name(position))
        self.send()

    @precondition(lambda self: self.wire)
    @rule()
    def deliver(self) -> None:
        """Let the next frame arrive."""
        frame = self.wire.pop(0)
        assert self.abilities.takes(frame.kind)
        incoming = self.inbox.receive(frame)
        if incoming is not None:
            self.arrived.append(incoming.id)
            self.acks.append(incoming.seq)

    @precondition(lambda self: self.acks)
    @rule()
    def acknowledge(self) -> None:
        """Let the next acknowledgement arrive."""
        ids = self.outbox.acknowledge(self.acks.pop(0))
        assert ids is not None
        self.acknowledged += ids
        self.send()

    @rule(abilities=st.sampled_from([TEXT_ALONE, Abilities(2), EVERYTHING]))
    def break_channel(self, abilities: Abilities) -> None:
        """Lose what is on its way, and go on over a new channel, to what may be another page."""
        self.wire.clear()
        self.acks.clear()
        self.inbox.channel_lost()
        self.abilities = abilities
        self.acknowledged += self.outbox.resume(self.inbox.received, abilities)
        self.send()

    @invariant()
    def nothing_is_lost_doubled_or_moved(self) -> None:
        """Of texts, what arrived is the beginning of what was written; all arrives once, before it is acknowledged."""
        self.outbox.check_invariants()
        texts = [name for name in self.arrived if name not in self.reactions]
        assert texts == self.texts[: len(texts)]
        assert len(set(self.arrived)) == len(self.arrived)
        assert self.acknowledged == self.arrived[: len(self.acknowledged)]
        arrived, waiting = set(self.arrived), {item.id for item in self.outbox.pending}
        assert {*self.texts, *self.reactions} == arrived | waiting


TestOutboxAndInbox = OutboxAndInbox.TestCase
TestOutboxAndInbox.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
