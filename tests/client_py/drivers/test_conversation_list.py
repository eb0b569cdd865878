from __future__ import annotations

from collections import deque
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.conversation.delivery import Direction
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation.notices import ItemAdded
from client_py.core.conversation_list import ConversationRow
from client_py.core.notices import RetentionChanged, StatusChanged
from client_py.core.retention import Retention
from client_py.core.status_line import Status, StatusLine
from client_py.drivers.conversation_list import CONVERSATIONS_KEY, KEEPING_SECONDS, ConversationList
from tests.fakes.ports import FakeClock, FakeStore

ROOMS = ("den", "hall")
TABS = 3
OPEN = StatusChanged(StatusLine(Status.WAITING))


class Tab(ConversationList):
    """A tab, which has not heard yet of some of what the others have written."""

    def __init__(self, browser: Browser) -> None:
        self.shown: list[ConversationRow] = []
        super().__init__(browser.store, browser.clock, lambda rows: self.shown.__setitem__(slice(None), rows))
        self.load("ann")

    def say(self, room: str) -> None:
        """Hear that the room is open, and something new in it."""
        self.notice(room, OPEN, "ann")
        item = Item(f"{room}-{len(self.shown)}", Direction.INCOMING, "bob", Text("secret"), 1.0, None)
        self.notice(room, ItemAdded(item), "ann")


class Browser:
    """What tabs have in common: the store, whose changes each hears of at some time, and the clock."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = WatchedStore(self)
        self.unheard: list[deque[None]] = [deque() for _ in range(TABS)]
        self.writing: int | None = None
        self.tabs = [Tab(self) for _ in range(TABS)]

    def do(self, tab: int, action: str, room: str) -> None:
        """Let a tab do something; others hear of it when they are told to."""
        each = self.tabs[tab]
        match action:
            case "enter":
                each.enter(room)
            case "leave":
                each.leave(room)
                each.close(room)
            case "archive":
                each.set_archived(room, True)  # noqa: FBT003 - the view's name for a state
            case "forget":
                each.leave(room, forget=True)
                each.close(room)
            case "mute":
                each.set_muted(room, True)  # noqa: FBT003 - the view's name for a state
            case "unmute":
                each.set_muted(room, False)  # noqa: FBT003 - the view's name for a state
            case "say":
                each.say(room)
            case "hear":
                self.hear(tab)
            case "write":
                each.write()
            case _:
                raise AssertionError(action)

    def hear(self, tab: int) -> None:
        """Hear of the next change, and read what the store has by now."""
        if self.unheard[tab]:
            self.unheard[tab].popleft()
            for room in self.tabs[tab].merge(None):
                self.tabs[tab].close(room)

    def settle(self) -> None:
        """Let everything be written and heard, which has to come to an end."""
        for _ in range(4 * TABS):
            for tab in range(TABS):
                self.tabs[tab].merge(None)
                self.unheard[tab].clear()
            self.clock.advance(KEEPING_SECONDS)
        assert not any(self.unheard), "the tabs go on telling each other the same"


class WatchedStore(FakeStore):
    """Tells every tab of a change; that the writer hears of its own does no harm."""

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self._browser = browser

    def put(self, key: str, value: str) -> None:
        """Keep a string, and have it heard of."""
        if self.get(key) != value:
            for unheard in self._browser.unheard:
                unheard.append(None)
        super().put(key, value)


ACTIONS = ("enter", "leave", "archive", "forget", "mute", "unmute", "say", "hear", "write")
steps = st.lists(st.tuples(st.integers(0, TABS - 1), st.sampled_from(ACTIONS), st.sampled_from(ROOMS)), max_size=25)


def where(rows: list[ConversationRow]) -> dict[str, bool]:
    """Tell which rooms are on a list, and whether they are archived."""
    return {row.room: row.is_archived for row in rows}


@given(steps)
def test_conversation_is_where_it_was_put_last(steps: list[tuple[int, str, str]]) -> None:
    """Whoever did it, whoever else had it open, and whoever wrote before hearing of it."""
    browser = Browser()
    expected: dict[str, bool] = {}
    for tab, action, room in steps:
        browser.clock.advance(0.01)
        browser.do(tab, action, room)
        if action in ("leave", "forget"):
            expected.pop(room, None)
        elif action in ("enter", "archive"):
            was_left = action == "archive" and room not in where(browser.tabs[tab].listed)
            if not was_left:
                expected[room] = action == "archive"
    browser.settle()
    assert all(where(tab.listed) == where(browser.tabs[0].listed) for tab in browser.tabs)
    assert where(browser.tabs[0].listed) == expected


@given(steps)
def test_tabs_agree_on_what_is_to_be_deleted_and_muted(steps: list[tuple[int, str, str]]) -> None:
    """What one has entered again is deleted by none; and what is not on the list is not muted."""
    browser = Browser()
    forgotten: dict[str, bool] = {}
    for tab, action, room in steps:
        browser.clock.advance(0.01)
        browser.do(tab, action, room)
        if action in ("enter", "leave", "forget"):
            forgotten[room] = action == "forget"
        elif action == "archive" and room in where(browser.tabs[tab].listed):
            forgotten[room] = False
    browser.settle()
    expected = sorted(room for room, is_forgotten in forgotten.items() if is_forgotten)
    assert all(sorted(tab.to_delete(0.0)) == expected for tab in browser.tabs)
    first = browser.tabs[0]
    assert all([row.is_muted for row in tab.listed] == [row.is_muted for row in first.listed] for tab in browser.tabs)
    for room in expected:
        first.deleted("ben", room)
        assert room in first.to_delete(0.0)
        first.deleted("ann", room)
    browser.settle()
    assert all(tab.to_delete(0.0) == [] for tab in browser.tabs)
    first.deleted("ann", "unheard-of")
    assert first.row("unheard-of") == ConversationRow("unheard-of")


@given(steps, st.lists(st.floats(-1e5, 1e5), min_size=25, max_size=25))
def test_tabs_agree_whatever_the_clock_says(steps: list[tuple[int, str, str]], hops: list[float]) -> None:
    """It may be set ahead and back at any time."""
    browser = Browser()
    for (tab, action, room), hop in zip(steps, hops, strict=False):
        browser.clock.sleep(hop)
        browser.do(tab, action, room)
    browser.settle()
    assert all(where(tab.listed) == where(browser.tabs[0].listed) for tab in browser.tabs)


@pytest.mark.parametrize(("writer", "rest"), list(product(range(2), ("write", "hear"))))
def test_no_tab_writes_words_that_are_not_to_be_kept(writer: int, rest: str) -> None:
    """Also one in which no room is open, which no room tells of it."""
    browser = Browser()
    browser.tabs[0].enter("den")
    browser.hear(1)
    browser.tabs[0].say("den")
    browser.tabs[0].write()
    browser.hear(1)
    assert "secret" in browser.store[CONVERSATIONS_KEY + "ann"]
    assert browser.tabs[1].shown[0].last is not None
    browser.store["p2pchat.keep:ann"] = "no"
    browser.tabs[0].notice("den", RetentionChanged(Retention(kept=False)), "ann")
    assert "secret" not in browser.store[CONVERSATIONS_KEY + "ann"]
    browser.do(writer, rest, "den")
    browser.tabs[writer].enter("hall")
    browser.settle()
    assert "secret" not in browser.store[CONVERSATIONS_KEY + "ann"]


def test_where_a_room_belongs_is_written_at_once() -> None:
    """The page may crash; what is said there comes again, and what the person did would not."""
    browser = Browser()
    tab = browser.tabs[0]
    tab.enter("den")
    assert where(Tab(browser).listed) == {"den": False}
    tab.set_archived("den", True)  # noqa: FBT003 - the view's name for a state
    assert where(Tab(browser).listed) == {"den": True}
    tab.leave("den")
    assert where(Tab(browser).listed) == {}
