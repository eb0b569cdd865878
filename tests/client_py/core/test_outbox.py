from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from client_py.core.frames import MessagePart
from client_py.core.inbox import Inbox
from client_py.core.outbox import MAX_UNREAD, WINDOW_BYTES, WINDOW_MESSAGES, Outbox, Outgoing

ALL_KEPT = 10**9


def outgoing(position: int, size: int = 4) -> Outgoing:
    """Give a message of a number of bytes."""
    return Outgoing(f"message-{position:012}", "a" * size, float(position), position, size)


def name(position: int) -> str:
    """Give the id of the message at a place."""
    return f"message-{position:012}"


def filled(count: int, size: int = 4) -> Outbox:
    """Give an outbox with some messages, none of them sent."""
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
    """Whoever acknowledges what was never sent is not to be believed."""
    outbox = filled(2)
    assert outbox.acknowledge(1) is None
    sent(outbox)
    assert outbox.acknowledge(3) is None


def test_outbox_sends_again_behind_the_mark() -> None:
    """On a new channel, what the other side does not have is sent again under the same numbers."""
    outbox = filled(4)
    sent(outbox)
    assert outbox.channel_lost() == [name(position) for position in range(1, 5)]
    assert outbox.resume(2) == [name(1), name(2)]
    assert sent(outbox) == [3, 4]


def test_outbox_follows_a_mark_that_it_did_not_expect() -> None:
    """Where one side has lost its memory, the numbers go on behind the mark of the other."""
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
    """So much is on its way, and no more until some of it has arrived; one message always may go."""
    outbox = filled(6, WINDOW_BYTES // 2)
    assert sent(outbox) == [1, 2]
    assert sent(outbox) == []
    outbox.acknowledge(1)
    assert sent(outbox) == [3]
    assert sent(filled(2, WINDOW_BYTES * 2)) == [1]


def test_outbox_has_so_many_messages_on_their_way() -> None:
    """However short they are; each that is acknowledged lets another one go."""
    outbox = filled(WINDOW_MESSAGES + 2, 1)
    assert sent(outbox) == list(range(1, WINDOW_MESSAGES + 1))
    outbox.acknowledge(1)
    assert sent(outbox) == [WINDOW_MESSAGES + 1]


def test_outbox_holds_back_what_is_not_kept_yet() -> None:
    """What is still being stored here waits, and what is behind it waits too."""
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


def test_outbox_sends_anew_what_may_have_arrived_before_a_reload() -> None:
    """A mark ahead of what was kept acknowledges nothing by name, and does not unlearn what was not read yet."""
    outbox = Outbox(1, [name(1)])
    outbox.add(outgoing(2))
    assert outbox.resume(2) == []
    assert sent(outbox) == [3]
    assert outbox.mark_read(2) == [name(1)]


def test_outbox_follows_the_reading_of_so_many() -> None:
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


class OutboxAndInbox(RuleBasedStateMachine):
    """An outbox and the inbox at the other end, with a channel that may break at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox, self.inbox = Outbox(), Inbox()
        self.outbox.resume(0)
        self.written: list[str] = []
        self.arrived: list[str] = []
        self.acknowledged: list[str] = []
        self.wire: list[MessagePart] = []
        self.acks: list[int] = []

    @rule()
    def write(self) -> None:
        """Write a message, every third of them a long one."""
        position = len(self.written) + 1
        self.outbox.add(outgoing(position, 40_000 if position % 3 == 0 else 4))
        self.written.append(name(position))
        self.wire += [frame for _, frames in self.outbox.send_more(ALL_KEPT) for frame in frames]

    @precondition(lambda self: self.wire)
    @rule()
    def deliver(self) -> None:
        """Let the next frame arrive."""
        incoming = self.inbox.receive(self.wire.pop(0))
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
        self.wire += [frame for _, frames in self.outbox.send_more(ALL_KEPT) for frame in frames]

    @rule()
    def break_channel(self) -> None:
        """Lose what is on its way, and go on over a new channel."""
        self.wire.clear()
        self.acks.clear()
        self.inbox.channel_lost()
        self.acknowledged += self.outbox.resume(self.inbox.received)
        self.wire += [frame for _, frames in self.outbox.send_more(ALL_KEPT) for frame in frames]

    @invariant()
    def nothing_is_lost_doubled_or_moved(self) -> None:
        """What arrived is the beginning of what was written, and what is acknowledged has arrived."""
        self.outbox.check_invariants()
        assert self.arrived == self.written[: len(self.arrived)]
        assert self.acknowledged == self.arrived[: len(self.acknowledged)]


TestOutboxAndInbox = OutboxAndInbox.TestCase
TestOutboxAndInbox.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
