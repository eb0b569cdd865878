from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.conversation.conversation import SendFrame, Store
from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.features import PROFILE
from client_py.core.conversation.history_records import Entry
from client_py.core.conversation.notices import DeliveryChanged, ProfileChanged, TypingChanged, UnreadChanged
from client_py.core.conversation.sharing import EVERYTHING
from client_py.core.frames import Ack, Features, Hello, Profile, Read, Resume, Typing
from tests.client_py.core.conversation.conversing import (
    ADAS_DEVICE,
    BEN,
    BENS_DEVICE,
    CLEO,
    NOW,
    Stage,
    mark,
    message_id,
    part,
    together,
)

NO_RECEIPTS = replace(EVERYTHING, read_receipts=False)
NO_TYPING = replace(EVERYTHING, typing=False)
COUNTESS = Profile("Countess", 3)


def meet_named(stage: Stage, *, names: tuple[str, ...] = (PROFILE,), username: str = "ben") -> list[object]:
    """Let somebody come with a page of today; return what comes of the features that it names."""
    stage.conversation.member_joined(BEN, username)
    stage.conversation.channel_opened(BEN)
    stage.receive(Hello(2, BENS_DEVICE))
    return [*stage.receive(Features(names))]


# Receipts


def test_nobody_is_told_what_was_read_by_who_wants_nobody_to_know() -> None:
    """Here it is read all the same; the next mark says no more than the one before."""
    stage = together()
    stage.conversation.sharing_changed(NO_RECEIPTS)
    stage.store(stage.receive(part(1)))
    assert stage.conversation.reading_changed(reading=True) == [UnreadChanged(0)]
    stage.store(stage.receive(part(2)))
    stage.lose_channel()
    assert SendFrame(BEN, Resume(2, 0)) in stage.reopen()


def test_what_was_read_is_told_once_the_person_lets_it_be_known() -> None:
    """Marks are cumulative: it cannot be told of one message without those before it."""
    stage = together()
    stage.conversation.sharing_changed(NO_RECEIPTS)
    stage.conversation.reading_changed(reading=True)
    stage.store(stage.receive(part(1)))
    told = [Store(Entry(marks=(mark(received=1, read=1),))), SendFrame(BEN, Read(1))]
    assert stage.conversation.sharing_changed(EVERYTHING) == told
    assert stage.conversation.sharing_changed(EVERYTHING) == []


def test_who_tells_nothing_is_shown_nothing_of_what_others_have_read() -> None:
    """Until they do: the next mark says it again, also that of a new channel."""
    stage = together()
    stage.conversation.sharing_changed(NO_RECEIPTS)
    stage.write()
    stage.receive(Ack(1))
    assert stage.receive(Read(1)) == []
    stage.lose_channel()
    stage.reopen()
    assert stage.receive(Resume(1, 1)) == []
    stage.conversation.sharing_changed(EVERYTHING)
    assert DeliveryChanged(message_id(1), Delivery.READ) in stage.receive(Read(1))


# Typing


def test_nobody_is_told_of_writing_by_who_wants_nobody_to_know() -> None:
    """And they are shown nobody's."""
    stage = together()
    stage.conversation.sharing_changed(NO_TYPING)
    assert stage.conversation.typed(NOW) == []
    assert stage.receive(Typing()) == []
    stage.conversation.sharing_changed(EVERYTHING)
    assert stage.conversation.typed(NOW) == [SendFrame(BEN, Typing())]


def test_who_is_shown_writing_is_shown_no_longer() -> None:
    """From the moment on at which the person wants to see nothing of it."""
    stage = together()
    stage.receive(Typing())
    assert stage.conversation.sharing_changed(NO_TYPING) == [TypingChanged(())]
    assert stage.conversation.typing_timer_fired(BEN) == []


# Names


def test_name_is_told_to_who_knows_of_such_things() -> None:
    """After their features, and whenever it is another."""
    stage = Stage()
    stage.conversation.sharing_changed(replace(EVERYTHING, profile=COUNTESS))
    assert meet_named(stage) == [SendFrame(BEN, COUNTESS)]
    assert stage.conversation.sharing_changed(EVERYTHING) == [SendFrame(BEN, Profile())]
    assert stage.conversation.sharing_changed(EVERYTHING) == []


@pytest.mark.parametrize(("names", "username"), [((), "ben"), ((PROFILE,), "ada")])
def test_name_is_told_to_nobody_else(names: tuple[str, ...], username: str) -> None:
    """A page of before would not know what to do with it, and our own devices have one of their own."""
    stage = Stage()
    assert meet_named(stage, names=names, username=username) == []
    assert stage.conversation.sharing_changed(replace(EVERYTHING, profile=COUNTESS)) == []


def test_name_goes_to_the_channel_in_use_alone() -> None:
    """A device may have an old one still, and one that has just opened has said nothing yet."""
    stage = Stage()
    meet_named(stage)
    stage.conversation.member_joined(CLEO, "ben")
    stage.conversation.channel_opened(CLEO)
    named = replace(EVERYTHING, profile=COUNTESS)
    assert stage.conversation.sharing_changed(named) == [SendFrame(BEN, COUNTESS)]
    stage.receive(Hello(2, BENS_DEVICE), CLEO)
    stage.receive(Features((PROFILE,)), CLEO)
    assert stage.conversation.sharing_changed(EVERYTHING) == [SendFrame(CLEO, Profile())]


def test_others_are_called_as_they_want_to_be() -> None:
    """In one line, without what is not to be seen; what is said again is no news."""
    stage = together()
    assert stage.receive(Profile(" Ben\u202e\n Miller ", 4)) == [ProfileChanged("ben", "Ben Miller", 4)]
    assert stage.receive(Profile("Ben Miller", 4)) == []
    assert stage.receive(Profile()) == [ProfileChanged("ben", "", 0)]
    assert together().receive(Profile()) == []


def test_own_device_names_nobody() -> None:
    """What one is called stands in the preferences of each browser."""
    stage = Stage()
    stage.meet(username="ada")
    assert ADAS_DEVICE != BENS_DEVICE
    assert stage.receive(COUNTESS) == []
