from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.attention import (
    ALERT_SECONDS,
    SOUND_SECONDS,
    WAIT_SECONDS,
    Announce,
    Attention,
    AttentionEffect,
    Permission,
    PlaySound,
    ShowCount,
    Wait,
    Withdraw,
    is_time_to_ask,
)
from client_py.core.conversation_list import ConversationRow, LastLine
from client_py.core.preferences import Preferences

NOW = 1_000.0
DEN = ConversationRow("den")


def line(message_id: str = "one", *, own: bool = False) -> LastLine:
    """Return what was said last."""
    return LastLine(message_id, "hello", is_own=own, author="bob", at=10.0)


def unread(count: int, row: ConversationRow = DEN) -> ConversationRow:
    """Return a conversation in which so much is unread."""
    return replace(row, unread=count, last=line(f"message-{count}"))


class Tab:
    """A tab, in which a while passes when it is told to."""

    def __init__(self, *rows: ConversationRow, announces: bool = True) -> None:
        self.machine = Attention()
        self.announces = announces
        self.now = NOW
        self.rows = rows
        self.machine.list_changed(rows, announces=announces)

    def see(self, *rows: ConversationRow) -> list[AttentionEffect]:
        """Have the list be another."""
        self.rows = rows
        return self.machine.list_changed(rows, announces=self.announces)

    def wait(self, *, shown: bool = True, in_front: bool = False, **choices: bool) -> list[AttentionEffect]:
        """Let the wait be over."""
        self.now += WAIT_SECONDS
        preferences = replace(Preferences(), **choices)  # type: ignore[arg-type]  # all of these are switches
        return self.machine.waited(self.rows, preferences, self.now, is_shown=shown, in_front=in_front)


def announced(count: int, *, alert: bool = True) -> Announce:
    """Return the notification of den."""
    last = line(f"message-{count}")
    return Announce("den", count, last, last.item_id, alert)


def test_message_makes_itself_noticed_after_a_while() -> None:
    """By a notification, a sound and a number; once."""
    tab = Tab(DEN)
    assert tab.see(unread(1)) == [ShowCount(1), Wait()]
    assert tab.wait() == [announced(1), PlaySound()]
    assert tab.see(replace(unread(1), draft="half")) == []
    assert tab.wait() == []


def test_burst_is_one_notification() -> None:
    """Which says how many there are."""
    tab = Tab(DEN)
    tab.see(unread(1))
    assert tab.see(unread(2)) == [ShowCount(2)]
    assert tab.wait() == [announced(2), PlaySound()]


def test_what_was_there_when_the_page_came_is_not_told() -> None:
    """The person finds it in the list; what comes in a room that is new to the list is told."""
    tab = Tab(unread(2))
    assert tab.wait() == []
    assert tab.see(unread(3)) == [ShowCount(3), Wait()]
    assert tab.wait() == [announced(3), PlaySound()]
    assert Wait() in tab.see(unread(3), unread(1, ConversationRow("hall")))


@pytest.mark.parametrize("how", ["is_muted", "is_archived", "is_reading"])
def test_room_that_is_to_be_quiet_or_is_looked_at_is(how: str) -> None:
    """Nor is anything told of it later."""
    tab = Tab(DEN)
    quiet = replace(unread(1), **{how: True})  # type: ignore[arg-type]  # all of these are switches
    assert Wait() not in tab.see(quiet)
    assert Wait() not in tab.see(unread(1))
    assert tab.see(unread(2))[-1] == Wait()
    tab.see(replace(unread(2), **{how: True}))  # type: ignore[arg-type]  # likewise
    assert tab.wait() == []


def test_what_is_seen_within_the_wait_is_not_told() -> None:
    """In another tab, whose list says so."""
    tab = Tab(DEN)
    tab.see(unread(1))
    assert tab.see(replace(unread(0), read_at=5.0)) == [ShowCount(0)]
    assert tab.wait() == []


def test_what_comes_after_a_look_is_told() -> None:
    """Also where as many are unread as were before, or the look was in another tab meanwhile."""
    tab = Tab(DEN)
    tab.see(unread(1))
    tab.wait()
    assert tab.see(replace(unread(0), read_at=5.0)) == [Withdraw("den"), ShowCount(0)]
    tab.now += ALERT_SECONDS
    tab.see(replace(unread(1), read_at=5.0))
    assert tab.wait() == [announced(1), PlaySound()]
    tab.now += ALERT_SECONDS
    again = replace(unread(1), read_at=7.0, last=line("another"))
    assert tab.see(again) == [Wait()]
    assert tab.wait() == [Announce("den", 1, line("another"), "another", is_alert=True), PlaySound()]


def test_clock_that_is_set_reads_nothing() -> None:
    """Dates of the list that are ahead of it are taken for now, again and again."""
    tab = Tab(DEN)
    tab.see(replace(unread(1), read_at=5.0))
    tab.wait()
    for read_at in (6.0, 4.0):
        assert tab.see(replace(unread(1), read_at=read_at)) == []


def test_notification_is_taken_away_once_the_room_was_looked_at() -> None:
    """Or left, or put away."""
    for rows in ((), (replace(unread(1), is_archived=True),), (replace(unread(0), read_at=5.0),)):
        tab = Tab(DEN)
        tab.see(unread(1))
        tab.wait()
        assert Withdraw("den") in tab.see(*rows)
        assert Withdraw("den") not in tab.see(*rows)


def test_person_in_front_of_the_page_hears_and_sees_the_list() -> None:
    """A notification would be in the way; later there is none either."""
    tab = Tab(DEN)
    tab.see(unread(1))
    assert tab.wait(in_front=True) == [PlaySound()]
    tab.see(unread(1))
    assert tab.wait() == []


def test_wishes_are_minded() -> None:
    """No notification, no sound, no words of others."""
    for choices, effects in (
        ({"notifications": False}, [PlaySound()]),
        ({"sound": False}, [announced(1)]),
        ({"notifications": False, "sound": False}, []),
        ({"notification_text": False, "sound": False}, [replace(announced(1), last=None)]),
        ({"shown": False}, [PlaySound()]),
    ):
        tab = Tab(DEN)
        tab.see(unread(1))
        assert tab.wait(**choices) == effects


def test_notification_leads_where_words_are_known() -> None:
    """Of another tab, or where nothing is kept, they may not be."""
    for last in (None, line(own=True)):
        tab = Tab(DEN)
        tab.see(replace(unread(1), last=last))
        assert tab.wait(sound=False) == [Announce("den", 1, None, "", is_alert=True)]


def test_notification_does_not_show_up_again_and_again() -> None:
    """It is brought up to date meanwhile, and the sound has its own pause; a clock that is set back ends both."""
    tab = Tab(DEN)
    tab.see(unread(1))
    tab.wait()
    tab.see(unread(2))
    assert tab.wait() == [announced(2, alert=False)]
    tab.now += SOUND_SECONDS
    tab.see(unread(3))
    assert tab.wait() == [announced(3, alert=False), PlaySound()]
    tab.now += ALERT_SECONDS
    tab.see(unread(4))
    assert tab.wait() == [announced(4), PlaySound()]
    tab.now -= 500
    tab.see(unread(5))
    assert tab.wait() == [announced(5), PlaySound()]


def test_one_tab_announces() -> None:
    """The others take for told what there is, also when one of them has to do it from then on."""
    tab = Tab(DEN, announces=False)
    assert tab.see(unread(1)) == [ShowCount(1)]
    tab.announces = True
    assert tab.see(unread(1)) == []
    assert tab.see(unread(2)) == [ShowCount(2), Wait()]
    tab.announces = False
    tab.see(unread(2))
    assert tab.wait() == []


def test_person_is_asked_once_and_only_if_it_makes_sense() -> None:
    """Not who has said no, here or to the browser, nor whom the browser need not ask."""
    unasked = Permission.UNASKED
    assert is_time_to_ask(Preferences(), unasked, was_asked=False)
    assert not is_time_to_ask(Preferences(), unasked, was_asked=True)
    assert not is_time_to_ask(Preferences(notifications=False), unasked, was_asked=False)
    for permission in Permission:
        assert is_time_to_ask(Preferences(), permission, was_asked=False) is (permission is unasked)
