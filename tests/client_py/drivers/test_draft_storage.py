from __future__ import annotations

import pytest

from client_py.core.conversation.database_rows import Place
from client_py.core.retention import Retention, RetentionFault
from client_py.drivers.draft_storage import PAUSE_SECONDS, DraftStorage
from tests.fakes.ports import FakeClock, FakeStore

KEPT = Retention(kept=True)


class Stage:
    """One tab in a room, perhaps of a browser that has been here before."""

    def __init__(self, before: Stage | None = None, *, same_tab: bool = True, room: str = "den") -> None:
        self.store: FakeStore = before.store if before else FakeStore()
        self.tab: FakeStore = before.tab if before and same_tab else FakeStore()
        self.clock = FakeClock()
        self.drafts = DraftStorage(Place("ada", room), self.store, self.tab, self.clock)
        self.drafts.retention_changed(KEPT)


def test_draft_is_there_after_a_reload() -> None:
    """After a pause in typing, which need not end."""
    stage = Stage()
    for text in ("h", "he", "hel"):
        stage.drafts.changed(text)
        stage.clock.advance(PAUSE_SECONDS / 2)
    assert Stage(stage).drafts.read() == "he"
    stage.drafts.write()
    assert Stage(stage).drafts.read() == "hel"
    assert Stage(stage, same_tab=False).drafts.read() == "hel"
    assert Stage(stage, room="hall").drafts.read() == ""


def test_draft_of_a_tab_is_its_own() -> None:
    """What another one has begun in the same room does not take its place; what is sent is gone."""
    stage = Stage()
    other = Stage(stage, same_tab=False)
    stage.drafts.changed("mine")
    stage.drafts.close()
    other.drafts.changed("theirs")
    other.drafts.close()
    assert (Stage(stage).drafts.read(), Stage(other).drafts.read()) == ("mine", "theirs")
    other.drafts.changed("")
    other.drafts.write()
    assert (Stage(stage).drafts.read(), Stage(other).drafts.read()) == ("mine", "")
    assert stage.clock.running == []


def test_draft_that_is_begun_already_stays() -> None:
    """The archive may open long after the person has begun to write."""
    stage = Stage()
    stage.drafts.changed("before")
    stage.drafts.close()
    again = DraftStorage(Place("ada", "den"), stage.store, stage.tab, stage.clock)
    again.changed("after")
    again.retention_changed(KEPT)
    again.changed("after that")
    assert again.read() == ""


@pytest.mark.parametrize("fault", [None, RetentionFault.NOT_REMOVED])
def test_nothing_is_kept_where_nothing_is_to_be_kept(fault: RetentionFault | None) -> None:
    """What was begun in any room is forgotten with what was said."""
    stage = Stage()
    stage.drafts.changed("secret")
    stage.drafts.close()
    stage.drafts.retention_changed(Retention(kept=False, fault=fault))
    stage.drafts.changed("more")
    stage.clock.advance(PAUSE_SECONDS)
    stage.drafts.close()
    assert (stage.store, stage.tab) == ({}, {})
    assert stage.drafts.read() == ""


def test_fault_of_the_browser_forgets_nothing() -> None:
    """What stood there is there when it is over."""
    stage = Stage()
    stage.drafts.changed("begun")
    stage.drafts.write()
    stage.drafts.retention_changed(Retention(kept=False, fault=RetentionFault.SILENT))
    stage.drafts.changed("begun again")
    stage.drafts.close()
    assert Stage(stage).drafts.read() == "begun"
