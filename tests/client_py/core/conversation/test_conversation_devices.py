from __future__ import annotations

import pytest

from client_py.core.conversation.conversation import Conversation, ConversationEffect, SendFrame, Store
from client_py.core.conversation.history_records import Entry, Kept
from client_py.core.conversation.recipients import MAX_DEVICES
from client_py.core.frames import Ack, Hello, MessagePart, Resume
from tests.client_py.core.conversation.conversing import (
    BEN,
    BENS_DEVICE,
    NOW,
    Stage,
    entry_of,
    message_id,
    sent,
    together,
)

TABLET, BENS_TABLET = "peer-ben-tablet", "tablet-of-ben-000000"
SECOND_ON_TABLET = SendFrame(TABLET, MessagePart(1, message_id(2), NOW, 1, 1, "Hello"))


def acknowledge_one_of_two(stage: Stage) -> Entry:
    """Write two messages, of which Ben has one; return what has to be stored of that."""
    stage.write()
    stage.write()
    *_, storing = stage.receive(Ack(1))
    assert isinstance(storing, Store)
    return storing.entry


def keep(conversation: Conversation, *entries: Entry) -> list[ConversationEffect]:
    """Let entries be safe, in one transaction."""
    effects = conversation.stored([Kept(entry) for entry in entries])
    conversation.check_invariants()
    return effects


@pytest.mark.parametrize("apart", [True, False])
def test_second_device_gets_nothing_until_it_is_kept_what_the_first_has(*, apart: bool) -> None:
    """Else a crash would bring it the message that only the first one has after the one that both have."""
    stage = together()
    acknowledged = acknowledge_one_of_two(stage)
    named, _ = stage.meet(TABLET, "ben", BENS_TABLET)
    assert isinstance(named, Store)
    assert stage.receive(Resume(0, 0), TABLET) == []
    if apart:
        assert keep(stage.conversation, acknowledged) == []
        assert keep(stage.conversation, named.entry) == [SECOND_ON_TABLET]
    else:
        assert keep(stage.conversation, acknowledged, named.entry) == [SECOND_ON_TABLET]


def test_second_device_that_says_later_what_it_has_waits_no_longer_than_that() -> None:
    """The store may be done before the device has answered."""
    stage = together()
    acknowledged = acknowledge_one_of_two(stage)
    named, _ = stage.meet(TABLET, "ben", BENS_TABLET)
    assert isinstance(named, Store)
    assert keep(stage.conversation, acknowledged, named.entry) == []
    assert stage.receive(Resume(0, 0), TABLET) == [SECOND_ON_TABLET]


def test_second_device_does_not_wait_for_what_is_kept_already() -> None:
    """A channel brings what is owed as soon as it is in step."""
    stage = together()
    assert keep(stage.conversation, acknowledge_one_of_two(stage)) == []
    stage.meet(TABLET, "ben", BENS_TABLET)
    assert stage.receive(Resume(0, 0), TABLET) == [SECOND_ON_TABLET]


def test_device_does_not_wait_for_what_it_has_itself() -> None:
    """It knows by the ids what comes to it once more."""
    stage = together()
    acknowledge_one_of_two(stage)
    stage.lose_channel()
    stage.reopen()
    assert stage.receive(Resume(1, 0)) == sent(2, 2)


def test_device_that_came_back_meanwhile_waits_as_long_as_there_is_something_to_wait_for() -> None:
    """What it waited for on its last channel says nothing about the new one."""
    stage = together()
    acknowledged = acknowledge_one_of_two(stage)
    stage.meet(TABLET, "ben", BENS_TABLET)
    stage.lose_channel(TABLET)
    keep(stage.conversation, acknowledged)
    stage.conversation.member_left(TABLET)
    stage.meet(TABLET, "ben", BENS_TABLET)
    assert stage.receive(Resume(0, 0), TABLET) == [SECOND_ON_TABLET]


def test_own_device_does_not_wait_for_what_another_one_of_ours_has() -> None:
    """Each mirrors us by itself, and is owed what is written while it is here."""
    stage = Stage()
    stage.meet(BEN, "ada", "phone-of-ada-0000000")
    stage.receive(Resume(0, 0))
    stage.conversation.member_joined(TABLET, "ada")
    stage.write()
    stage.receive(Ack(1))
    stage.conversation.channel_opened(TABLET)
    stage.receive(Hello(1, "tablet-of-ada-000000"), TABLET)
    first = SendFrame(TABLET, MessagePart(1, message_id(1), NOW, 1, 1, "Hello"))
    assert first in stage.receive(Resume(0, 0), TABLET)


def test_device_is_not_forgotten_while_its_acknowledgement_is_stored() -> None:
    """The next one would not know that there is something to wait for."""
    stage = together()
    stage.write()
    *_, storing = stage.receive(Ack(1))
    stage.lose_channel()
    stage.conversation.member_left(BEN)
    for number in range(1, 2 * MAX_DEVICES):
        named = entry_of(stage.meet(device=f"device-of-ben-{number:06}")[:1])
        assert ("ben", BENS_DEVICE) not in named.forgotten
        stage.lose_channel()
        stage.conversation.member_left(BEN)
    assert isinstance(storing, Store)
    assert keep(stage.conversation, storing.entry) == []
    named = entry_of(stage.meet(device="device-of-ben-newest")[:1])
    assert named.forgotten == (("ben", BENS_DEVICE),)


def test_what_is_kept_of_a_device_that_is_forgotten_has_no_consequence() -> None:
    """Its mark is on its way to the store while others take its place."""
    stage = Stage()
    first, _ = stage.meet()
    stage.lose_channel()
    stage.conversation.member_left(BEN)
    for number in range(1, MAX_DEVICES + 1):
        stage.meet(device=f"device-of-ben-{number:06}")
        stage.lose_channel()
        stage.conversation.member_left(BEN)
    assert isinstance(first, Store)
    assert keep(stage.conversation, first.entry) == []
