from __future__ import annotations

from client_py.core.preferences import Preferences, Theme, format_preferences
from client_py.drivers.preferences import APPEARANCE_KEY, PREFERENCES_KEY, PreferenceStorage
from tests.fakes.ports import FakeStore


class Stage:
    """The preferences of a tab, and what was shown of them."""

    def __init__(self, store: FakeStore | None = None, username: str = "ann") -> None:
        self.store = FakeStore() if store is None else store
        self.shown: list[Preferences] = []
        self.storage = PreferenceStorage(self.store, self.shown.append)
        if username:
            self.storage.load(username)


def test_preferences_outlive_the_page() -> None:
    """They are this person's, and nobody else's on this browser."""
    stage = Stage()
    stage.storage.change(theme=Theme.DARK, sound=False)
    chosen = Preferences(theme=Theme.DARK, sound=False)
    assert stage.shown == [Preferences(), chosen]
    assert Stage(stage.store).storage.current == chosen
    assert Stage(stage.store, "ben").storage.current == Preferences()


def test_preferences_are_read_once_for_a_person() -> None:
    """Going from room to room shows nothing again."""
    stage = Stage()
    stage.storage.load("ann")
    assert stage.shown == [Preferences()]
    stage.storage.load("ben")
    assert stage.shown == [Preferences(), Preferences()]


def test_tabs_follow_each_other() -> None:
    """A tab takes over what another has chosen, and overwrites nothing of it."""
    one, other = (Stage(store) for store in [FakeStore()] * 2)
    one.storage.change(sound=False)
    other.storage.change(typing=False)
    one.storage.follow()
    both = Preferences(sound=False, typing=False)
    assert one.storage.current == other.storage.current == both
    one.storage.follow()
    assert one.shown == [Preferences(), Preferences(sound=False), both]


def test_nobody_has_preferences() -> None:
    """After a logout, and before a login, nothing is chosen or written."""
    stage = Stage()
    stage.storage.change(theme=Theme.DARK)
    stage.storage.unload()
    assert stage.storage.current == Preferences()
    kept = dict(stage.store)
    stage.storage.change(theme=Theme.LIGHT)
    stage.storage.follow()
    assert stage.store == kept
    assert stage.store[PREFERENCES_KEY + "ann"] == format_preferences(Preferences(theme=Theme.DARK))


def test_page_keeps_its_looks_when_nobody_is_signed_in() -> None:
    """The next page has them before anything is painted."""
    stage = Stage()
    stage.storage.change(theme=Theme.DARK)
    stage.storage.unload()
    assert stage.store[APPEARANCE_KEY] == "dark normal"
