from __future__ import annotations

from collections.abc import Mapping

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.history_records import Mark, Receipt, Snapshot
from client_py.core.conversation.outbox import Outgoing
from client_py.core.conversation.recipients import Recipients
from tests.client_py.core.conversation.test_recipients import BEN, pending, write

QUEUED, SENT, DELIVERED, READ = Delivery

FIRST, SECOND = (Outgoing(f"ours-{number:016}", "text", "Hello", 1.0, number, 5) for number in (1, 2))
TAB, PHONE = Mark("ben", "tab", 1, 4, 3, 7), Mark("ben", "phone", 2, 0, 0, 2)

Owed = Mapping[str, Mapping[str, Delivery]]


def restored(marks: tuple[Mark, ...], *owed: Owed) -> Recipients:
    """Return recipients of whom this was kept, with one or two messages that somebody has yet to get."""
    recipients = Recipients("ada")
    messages = (FIRST, SECOND)[: len(owed)]
    receipts = tuple(Receipt(message.id, state) for message, state in zip(messages, owed, strict=True))
    recipients.restore(Snapshot(receipts=receipts, marks=marks), messages)
    recipients.check_invariants()
    return recipients


def owed_to(recipients: Recipients, device: str) -> list[str]:
    """Return what a device of Ben's is owed."""
    return [message.id for message in recipients.stream("ben", device).outbox.pending]


def test_device_is_as_far_as_it_was() -> None:
    """Its numbers go on, both ways."""
    stream = restored((TAB,), {}).stream("ben", "tab")
    assert stream.mark() == TAB
    assert stream.inbox.stored == 4
    assert (stream.peer_id, stream.in_step, stream.has_our_mark) == (None, False, False)


def test_device_is_heard_of_after_those_of_before() -> None:
    """The order in which devices were heard of goes on, and the last of them says who we talked with."""
    recipients = restored((PHONE, TAB), {"ben": {"tab": QUEUED}})
    assert [stream.device for stream in recipients.streams()] == ["tab", "phone"]
    second = write(recipients, 2)
    recipients.member_joined(BEN, "ben")
    assert recipients.device_named(BEN, "tab")[0].heard == 3
    assert owed_to(recipients, "tab") == [FIRST.id, second]


def test_message_is_owed_to_the_devices_that_it_was_owed_to() -> None:
    """A device that has it is not sent it again."""
    recipients = restored((TAB, PHONE), {"ben": {"tab": QUEUED, "phone": DELIVERED}}, {"ben": {"phone": QUEUED}})
    assert owed_to(recipients, "tab") == [FIRST.id]
    assert owed_to(recipients, "phone") == [SECOND.id]


def test_message_waits_for_the_account_that_it_was_owed_to() -> None:
    """Where no device was known, the first that comes is given it."""
    recipients = restored((), {"ben": {}})
    recipients.member_joined("peer-cleo", "cleo")
    assert pending(recipients, "peer-cleo", "tab-of-cleo") == []
    recipients.member_joined(BEN, "ben")
    assert pending(recipients, BEN, "tab") == [FIRST.id]


def test_message_waits_for_the_next_to_come_as_before() -> None:
    """What was written before there was anyone is for the first, also after a reload."""
    recipients = restored((), {})
    recipients.member_joined(BEN, "ben")
    assert pending(recipients, BEN, "tab") == [FIRST.id]


def test_message_waits_for_an_account_whose_device_was_forgotten() -> None:
    """Without a mark, a device is like one that never came, and the message is for the account."""
    recipients = restored((), {"ben": {"tab": QUEUED}})
    recipients.member_joined(BEN, "ben")
    assert pending(recipients, BEN, "phone") == [FIRST.id]


def test_message_that_an_account_has_does_not_wait_for_a_forgotten_device() -> None:
    """One device of an account is enough."""
    recipients = restored((PHONE,), {"ben": {"tab": QUEUED, "phone": DELIVERED}})
    recipients.member_joined(BEN, "ben")
    assert pending(recipients, BEN, "tab") == []


def test_message_that_arrived_is_followed_until_it_is_read() -> None:
    """The numbers of what was not read follow from the mark; what was read already is not told again."""
    recipients = Recipients("ada")
    receipts = (
        Receipt("read", {"ben": {"tab": READ}, "cleo": {"tab": DELIVERED}}),
        Receipt("sixth", {"ben": {"tab": DELIVERED}}),
        Receipt("seventh", {"ben": {"tab": DELIVERED}}),
    )
    recipients.restore(Snapshot(receipts=receipts, marks=(TAB,)), [])
    outbox = recipients.stream("ben", "tab").outbox
    assert outbox.mark_read(6) == ["sixth"]
    assert outbox.mark_read(7) == ["seventh"]
    assert recipients.deliveries.undelivered_items == 0
