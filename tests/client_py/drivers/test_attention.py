from __future__ import annotations

from client_py.core.attention import WAIT_SECONDS, Announce
from client_py.core.conversation_list import ConversationRow, LastLine
from client_py.core.preferences import Preferences
from client_py.drivers.attention import AttentionDriver, AttentionPorts
from client_py.drivers.retention import StoragePorts
from client_py.drivers.tasks import Tasks
from client_py.ports.attention import SystemNotification
from tests.fakes.ports import (
    FakeAppBadge,
    FakeClock,
    FakeDatabases,
    FakeLocks,
    FakeNotifications,
    FakeRandom,
    FakeSound,
    FakeStore,
    settle,
)

HELLO = LastLine("one", "hello", is_own=False, author="bob", at=10.0)
UNREAD = ConversationRow("den", unread=1, last=HELLO)
READ = ConversationRow("den")


class Tab:
    """A tab of a browser whose locks and store others share."""

    def __init__(self, locks: FakeLocks | None = None, permission: str = "granted") -> None:
        self.clock, self.store = FakeClock(), FakeStore()
        self.notifications, self.sound, self.badge = FakeNotifications(permission), FakeSound(), FakeAppBadge()
        keeping = StoragePorts(FakeDatabases(), locks or FakeLocks(), self.store, FakeStore(), self.clock, FakeRandom())
        ports = AttentionPorts(self.notifications, self.sound, self.badge)
        self.counts: list[int] = []
        self.offers = 0
        self.driver = AttentionDriver(ports, keeping, Tasks(_fail), self, Preferences)
        self.driver.list_changed("ada", [READ], announces=True)

    async def hear(self, username: str = "ada") -> None:
        """Hear of a message, and let a while pass."""
        self.driver.list_changed(username, [UNREAD], announces=True)
        await settle()
        self.clock.advance(WAIT_SECONDS)
        await settle()

    def show_unread_count(self, count: int) -> None:
        """Note it."""
        self.counts.append(count)

    def offer_notifications(self) -> None:
        """Note it."""
        self.offers += 1

    def word_notification(self, announcement: Announce) -> SystemNotification:
        """Say no more than which room."""
        room = announcement.room
        return SystemNotification(room, room, "", room, announcement.message_id, announcement.is_alert)


def _fail(error: BaseException) -> None:
    raise error


async def test_message_is_shown_heard_and_counted() -> None:
    """And nothing of it is left once it is read."""
    tab = Tab()
    await tab.hear()
    assert (list(tab.notifications.shown), tab.sound.played, tab.badge.count, tab.counts) == (["den"], 1, 1, [1])
    tab.driver.list_changed("ada", [READ], announces=True)
    assert (tab.notifications.shown, tab.badge.count, tab.counts) == ({}, 0, [1, 0])


async def test_notification_waits_for_permission() -> None:
    """The sound needs none."""
    tab = Tab(permission="denied")
    await tab.hear()
    assert (tab.notifications.shown, tab.sound.played) == ({}, 1)


async def test_person_who_looks_at_any_tab_has_no_notification() -> None:
    """The tab in front holds a lock, and lets go of it."""
    locks = FakeLocks()
    quiet, front = Tab(locks), Tab(locks)
    front.driver.looked_at(seen=True)
    await settle()
    await quiet.hear()
    assert (quiet.notifications.shown, quiet.sound.played) == ({}, 1)
    await front.hear()
    assert front.notifications.shown == {}
    front.driver.looked_at(seen=False)
    quiet.driver.list_changed("ada", [READ], announces=True)
    await quiet.hear()
    assert list(quiet.notifications.shown) == ["den"]
    assert locks.held == set()


async def test_tab_that_is_looked_at_for_a_moment_holds_nothing() -> None:
    """It was left before it had the lock, or somebody else is there by then, or it has it already."""
    locks = FakeLocks()
    tab = Tab(locks)
    tab.driver.looked_at(seen=True)
    tab.driver.looked_at(seen=False)
    await settle()
    assert locks.held == set()
    tab.driver.looked_at(seen=True)
    tab.driver.looked_at(seen=True)
    await settle()
    assert len(locks.held) == 1
    other = Tab(locks)
    other.driver.looked_at(seen=True)
    await settle()
    tab.driver.end()
    assert locks.held == set()
    tab.driver.looked_at(seen=True)
    await settle()
    assert locks.held == set(), "nobody is there"


async def test_browser_without_locks_knows_of_this_tab_alone() -> None:
    """Or one that refuses them."""
    for locks in (FakeLocks(supported=False), FakeLocks(refusing=True)):
        tab = Tab(locks)
        tab.driver.looked_at(seen=True)
        await settle()
        tab.driver.looked_at(seen=False)
        await tab.hear()
        assert list(tab.notifications.shown) == ["den"]


async def test_nothing_is_told_to_somebody_else() -> None:
    """What one was about to be told, another is not, nor what stands in their list already."""
    tab = Tab()
    tab.driver.list_changed("ada", [UNREAD], announces=True)
    await tab.hear("ben")
    assert tab.notifications.alerts == []
    tab.driver.list_changed("ben", [READ], announces=True)
    await tab.hear("ben")
    assert len(tab.notifications.alerts) == 1
    tab.driver.end()
    assert (tab.notifications.shown, tab.badge.count) == ({}, 0)


async def test_person_who_goes_while_others_are_asked_is_told_nothing() -> None:
    """To ask the other tabs takes a moment."""
    tab = Tab()
    tab.driver.list_changed("ada", [UNREAD], announces=True)
    tab.clock.advance(WAIT_SECONDS)
    tab.driver.end()
    await settle()
    assert (tab.notifications.alerts, tab.sound.played) == ([], 0)


def test_person_is_asked_once() -> None:
    """In this browser, whoever is signed in, and however often they talk."""
    tab = Tab(permission="default")
    for _ in range(2):
        tab.driver.took_part()
    assert tab.offers == 1
    denied = Tab(permission="denied")
    denied.driver.took_part()
    assert denied.offers == 0
