from __future__ import annotations

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.history_records import Mark, Receipt
from client_py.core.conversation.notices import DeliveryChanged
from client_py.core.conversation.outbox import Outgoing
from client_py.core.conversation.recipients import MAX_DEVICES, Recipients

BEN, ME_AGAIN = "peer-ben", "peer-ada-2"


def new_recipients() -> Recipients:
    """Return the recipients of Ada's messages."""
    return Recipients("ada")


def write(recipients: Recipients, number: int) -> str:
    """Write a message; gives its id."""
    message_id = f"ours-{number:016}"
    recipients.deliveries.add(message_id, 5)
    recipients.write(Outgoing(message_id, "text", "Hello", 1.0, number, 5))
    recipients.check_invariants()
    return message_id


def pending(recipients: Recipients, peer_id: str, device: str) -> list[str]:
    """Let a member say hello; gives what its device is owed."""
    stream = recipients.device_named(peer_id, device)[0]
    recipients.check_invariants()
    return [message.id for message in stream.outbox.pending]


def receive(recipients: Recipients, device: str, message_id: str) -> None:
    """Let a device of Ben's acknowledge the only message that it is owed."""
    outbox = recipients.stream("ben", device).outbox
    assert len(list(outbox.send_more(kept=100))) == 1
    assert outbox.acknowledge(outbox.acknowledged + 1) == [message_id]
    recipients.deliveries.advance([message_id], "ben", device, Delivery.DELIVERED)
    recipients.check_invariants()


def meet(recipients: Recipients, device: str) -> tuple[tuple[str, str], ...]:
    """Let Ben come with a device and go again; gives which device is forgotten for it."""
    recipients.member_joined(BEN, "ben")
    recipients.device_named(BEN, device)
    forgotten = recipients.forget_one_device()
    recipients.member_left(BEN)
    recipients.check_invariants()
    return forgotten


def test_message_goes_to_a_second_device_too() -> None:
    """A message that is on its way to one tab is also owed to the tab that opens beside it."""
    recipients = new_recipients()
    recipients.member_joined(BEN, "ben")
    recipients.device_named(BEN, "device-1")
    first = write(recipients, 1)
    recipients.member_joined("peer-ben-2", "ben")
    assert pending(recipients, "peer-ben-2", "device-2") == [first]
    recipients.member_left(BEN)
    recipients.check_invariants()
    assert recipients.stream("ben", "device-1").outbox.pending == ()


def test_message_to_what_was_oneself_waits_for_the_next_to_come() -> None:
    """A member of our own name who never spoke may have been this page before the server forgot it."""
    recipients = new_recipients()
    recipients.member_joined(ME_AGAIN, "ada")
    first = write(recipients, 1)
    recipients.member_joined(BEN, "ben")
    assert pending(recipients, BEN, "device-1") == [first]


def test_message_is_delivered_without_what_was_oneself() -> None:
    """What the others have is delivered, whatever the server still holds of this page."""
    recipients = new_recipients()
    recipients.member_joined(BEN, "ben")
    recipients.device_named(BEN, "device-1")
    recipients.member_joined(ME_AGAIN, "ada")
    first = write(recipients, 1)
    delivered = recipients.deliveries.advance([first], "ben", "device-1", Delivery.DELIVERED)
    assert delivered == [DeliveryChanged(first, Delivery.DELIVERED)]


def test_message_goes_to_another_tab_of_our_own_that_speaks() -> None:
    """Once it has said hello, a member of our own name is as good as any."""
    recipients = new_recipients()
    recipients.member_joined(ME_AGAIN, "ada")
    recipients.device_named(ME_AGAIN, "device-2")
    first = write(recipients, 1)
    assert [message.id for message in recipients.stream("ada", "device-2").outbox.pending] == [first]


def test_message_for_the_next_to_come_is_for_the_first() -> None:
    """Who comes after that one was not meant."""
    recipients = new_recipients()
    first = write(recipients, 1)
    recipients.member_joined(BEN, "ben")
    assert pending(recipients, BEN, "device-1") == [first]
    recipients.member_joined("peer-cleo", "cleo")
    assert pending(recipients, "peer-cleo", "device-of-cleo") == []


def test_message_for_the_next_to_come_is_for_those_to_whom_the_next_one_is() -> None:
    """Each of them gets both in their order, and nobody gets the first one alone afterwards."""
    recipients = new_recipients()
    first = write(recipients, 1)
    recipients.member_joined(BEN, "ben")
    recipients.member_joined("peer-cleo", "cleo")
    second = write(recipients, 2)
    assert recipients.deliveries.receipts([first, second]) == (
        Receipt(first, {"ben": {}, "cleo": {}}),
        Receipt(second, {"ben": {}, "cleo": {}}),
    )
    recipients.member_joined("peer-dora", "dora")
    assert pending(recipients, "peer-dora", "device-of-dora") == []
    assert pending(recipients, BEN, "device-1") == [first, second]
    assert pending(recipients, "peer-cleo", "device-of-cleo") == [first, second]


def test_message_is_for_everyone_who_was_there_before_their_hello() -> None:
    """That another tab of the account has it already does not keep it from the one that was there too."""
    recipients = new_recipients()
    recipients.member_joined(BEN, "ben")
    recipients.member_joined("peer-ben-2", "ben")
    first = write(recipients, 1)
    assert pending(recipients, "peer-ben-2", "device-2") == [first]
    receive(recipients, "device-2", first)
    assert pending(recipients, BEN, "device-1") == [first]


def test_message_does_not_wait_for_a_tab_that_left_beside_another() -> None:
    """An account that has it through one tab is owed nothing for another that never spoke; other accounts still are."""
    recipients = new_recipients()
    for peer_id, account in ((BEN, "ben"), ("peer-ben-2", "ben"), ("peer-cleo", "cleo")):
        recipients.member_joined(peer_id, account)
    recipients.device_named(BEN, "device-1")
    first = write(recipients, 1)
    receive(recipients, "device-1", first)
    recipients.member_left("peer-ben-2")
    recipients.member_joined("peer-ben-3", "ben")
    assert pending(recipients, "peer-ben-3", "device-3") == []
    assert pending(recipients, "peer-cleo", "device-of-cleo") == [first]


def test_message_waits_for_a_member_who_leaves_without_a_word() -> None:
    """The next to come under that name is given what the first one never got."""
    recipients = new_recipients()
    recipients.member_joined(BEN, "ben")
    first = write(recipients, 1)
    recipients.member_left(BEN)
    recipients.member_joined("peer-ben-2", "ben")
    assert pending(recipients, "peer-ben-2", "device-2") == [first]


def test_devices_that_are_gone_are_forgotten() -> None:
    """Somebody who reloads all day fills no memory, and what somebody is still owed is not forgotten."""
    recipients = new_recipients()
    recipients.member_joined("peer-cleo", "cleo")
    recipients.device_named("peer-cleo", "device-of-cleo")
    owed = write(recipients, 1)
    recipients.member_left("peer-cleo")
    for number in range(3 * MAX_DEVICES):
        meet(recipients, f"device-{number}")
    assert len(list(recipients.streams())) <= MAX_DEVICES
    recipients.member_joined("peer-cleo", "cleo")
    assert pending(recipients, "peer-cleo", "device-of-cleo") == [owed]


def test_device_heard_of_last_is_kept_longest() -> None:
    """A tab that was here a moment ago comes back sooner than one of this morning."""
    recipients = new_recipients()
    for number in [*range(MAX_DEVICES), 0]:
        assert meet(recipients, f"device-{number}") == ()
    assert meet(recipients, "device-new") == (("ben", "device-1"),)
    kept = {stream.device for stream in recipients.streams()}
    assert {"device-0", "device-new"} <= kept
    assert "device-1" not in kept


def test_device_is_not_forgotten_while_something_of_it_is_stored() -> None:
    """Its mark would be that of another stream when the store is done."""
    recipients = new_recipients()
    recipients.member_joined(BEN, "ben")
    recipients.device_named(BEN, "device-busy")[0].inbox.received = 1
    for number in range(2 * MAX_DEVICES):
        recipients.member_left(BEN)
        recipients.member_joined(BEN, "ben")
        recipients.device_named(BEN, f"device-{number}")
        recipients.forget_one_device()
    assert recipients.stream("ben", "device-busy").inbox.received == 1


def test_device_is_kept_with_how_far_we_are_with_it() -> None:
    """A mark has both ways, and the place in the order in which devices were heard of."""
    recipients = new_recipients()
    recipients.member_joined(BEN, "ben")
    recipients.device_named(BEN, "device-1")
    stream = recipients.device_named(BEN, "device-2")[0]
    stream.inbox.received, stream.inbox.read = 3, 2
    stream.outbox.resume(4)
    assert stream.mark() == Mark("ben", "device-2", heard=2, received=3, read=2, acknowledged=4)
