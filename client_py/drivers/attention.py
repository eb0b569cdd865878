"""Has the conversations make themselves noticed, by one tab for all: notifications, a sound, a number at the icon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from client_py.core.attention import (
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
from client_py.core.conversation_list import ConversationRow
from client_py.core.preferences import Preferences
from client_py.drivers.retention import StoragePorts
from client_py.drivers.tasks import Tasks
from client_py.drivers.timers import Timers
from client_py.ports.attention import AppBadge, Notifications, Sound, SystemNotification
from client_py.ports.disposal import Dispose
from client_py.ports.storage import StorageFailed

FRONT_LOCK = "p2pchat.front:"
"""Held, with whose page it is after it, by the tab that its person looks at."""
FRONT_PATIENCE_SECONDS = 2.0
"""The tab that was in front before may not have heard yet that it is so no longer."""
ASKED_KEY = "p2pchat.notifications-asked"
"""There once somebody was asked in this browser whether they want notifications; nobody is asked twice."""


@dataclass(frozen=True, slots=True)
class AttentionPorts:
    """What makes itself noticed."""

    notifications: Notifications
    sound: Sound
    badge: AppBadge


class AttentionView(Protocol):
    """What the page has to do with it."""

    def show_unread_count(self, count: int) -> None:
        """Show at the page's own icon whether anything is unread."""
        ...

    def offer_notifications(self) -> None:
        """Ask in a quiet line whether the person wants notifications."""
        ...

    def word_notification(self, announcement: Announce) -> SystemNotification:
        """Say in words what a notification says."""
        ...


class AttentionDriver:
    """One tab's part in it, for one person after the other."""

    def __init__(
        self,
        ports: AttentionPorts,
        keeping: StoragePorts,
        tasks: Tasks,
        view: AttentionView,
        preferences: Callable[[], Preferences],
    ) -> None:
        self._ports = ports
        self._keeping = keeping
        self._tasks = tasks
        self._view = view
        self._preferences = preferences
        self._timers = Timers(keeping.clock)
        self._machine = Attention()
        self._username = ""
        self._rows: Sequence[ConversationRow] = ()
        self._is_seen = False
        self._let_go: Dispose | None = None
        """There while this tab is known to the others as the one in front."""

    @property
    def permission(self) -> Permission:
        """Whether the browser lets us show notifications."""
        return Permission(self._ports.notifications.permission)

    def list_changed(self, username: str, rows: Sequence[ConversationRow], *, announces: bool) -> None:
        """Note how the conversations of a person stand; of all their tabs, one announces what is new."""
        if username != self._username:
            self.end()
            self._username = username
        self._rows = rows
        self._perform(self._machine.list_changed(rows, announces=announces))

    def end(self) -> None:
        """Note that nobody is signed in any more."""
        self._timers.stop_all()
        self._perform(self._machine.list_changed((), announces=False))
        self._machine, self._username, self._rows = Attention(), "", ()
        self._fall_behind()

    def looked_at(self, *, seen: bool) -> None:
        """Note whether the person looks at this page now."""
        self._is_seen = seen
        if not seen:
            self._fall_behind()
        elif self._let_go is None and self._username and self._keeping.locks.supported:
            self._tasks.spawn(self._come_to_front())

    def took_part(self) -> None:
        """Note that the person has talked, or has several conversations: they may want to be told of them."""
        was_asked = self._keeping.store.get(ASKED_KEY) is not None
        if is_time_to_ask(self._preferences(), self.permission, was_asked=was_asked):
            self._keeping.store.put(ASKED_KEY, "yes")
            self._view.offer_notifications()

    # The tab in front

    async def _come_to_front(self) -> None:
        username = self._username
        try:
            let_go = await self._keeping.locks.claim(FRONT_LOCK + username, FRONT_PATIENCE_SECONDS)
        except StorageFailed:
            return  # the others cannot know of it
        if let_go is None:
            return
        if not self._is_seen or self._let_go is not None or username != self._username:
            let_go()
        else:
            self._let_go = let_go

    def _fall_behind(self) -> None:
        if self._let_go is not None:
            self._let_go()
            self._let_go = None

    async def _is_another_in_front(self) -> bool:
        if not self._keeping.locks.supported:
            return False
        try:
            let_go = await self._keeping.locks.claim(FRONT_LOCK + self._username, 0.0)
        except StorageFailed:
            return False
        if let_go is not None:
            let_go()
        return let_go is None

    # Effects

    async def _tell(self, username: str) -> None:
        in_front = self._is_seen or await self._is_another_in_front()
        if username == self._username:  # or somebody else is here by now
            is_shown = self.permission is Permission.GRANTED
            effects = self._machine.waited(
                self._rows, self._preferences(), self._timers.now(), is_shown=is_shown, in_front=in_front
            )
            self._perform(effects)

    def _perform(self, effects: Sequence[AttentionEffect]) -> None:
        for effect in effects:
            match effect:
                case Wait(seconds):
                    self._timers.start("wait", seconds, self._tell_soon)
                case Announce():
                    self._ports.notifications.show(self._view.word_notification(effect))
                case Withdraw(room):
                    self._ports.notifications.close(room)
                case PlaySound():
                    self._ports.sound.play()
                case ShowCount(count):
                    self._ports.badge.show(count)
                    self._view.show_unread_count(count)
                case _:
                    assert_never(effect)

    def _tell_soon(self) -> None:
        self._tasks.spawn(self._tell(self._username))
